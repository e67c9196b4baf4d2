"""Segment images in closed form: Lambert emission, no occlusion, no noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.detector import SegmentResponse


def render(
    slope: NDArray[np.floating], response: SegmentResponse, yield_: float | NDArray[np.floating] = 1.0
) -> NDArray[np.float32]:
    """Share of the beam electrons that each segment counts.

    `yield_·(flat − contrast·slope)/sqrt(1 + |slope|²)`: the root is the length of the unnormalised surface normal.
    Segments behind the spot's own horizon count nothing.

    Parameters
    ----------
    slope
        dh/dx, dh/dy along the array axes, [2, y, x].
    response
        From `segment_response`.
    yield_
        Backscattered electrons per beam electron, one value or [y, x].

    Returns
    -------
    float32 [n, y, x]
    """
    p, q = np.asarray(slope, dtype=np.float32)
    u = (yield_ / np.sqrt(1.0 + p * p + q * q)).astype(np.float32)
    flat = response.flat.astype(np.float32)[:, None, None]
    along_x, along_y = response.contrast.astype(np.float32).T[:, :, None, None]
    segments: NDArray[np.float32] = np.maximum(u * (flat - along_x * p - along_y * q), np.float32(0.0))
    return segments
