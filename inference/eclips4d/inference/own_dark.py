"""The dark level that a frame brings along: what the detector said while the beam was blanked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import FrameHeader, RawArray
from eclips4d.inference.gas import in_gas

DARK_PREFIX = "dark_"
"""Of the side values, one for every segment: `dark_A`, …, adu."""
_EVERY = 4
"""Rows of which one tells the mean signal."""


def own_dark(side: Mapping[str, float], segments: Sequence[str], data: RawArray) -> NDArray[np.float64] | None:
    """Dark level of every segment [n], adu; None where one is missing or is none, being as bright as the frame.

    Parameters
    ----------
    side
        Side values of the frame.
    segments
        Names of its segments.
    data
        The frame [n, y, x].
    """
    dark = np.array([side.get(DARK_PREFIX + name, np.nan) for name in segments], dtype=float)
    if not len(dark) or not np.isfinite(dark).all():
        return None
    return dark if (dark < data[:, ::_EVERY].mean(axis=(1, 2))).all() else None


def with_own_dark(calibration: Calibration, header: FrameHeader, data: RawArray) -> Calibration:
    """The calibration with the frame's own dark level; the same one where the frame brings none.

    Noise is counted from the dark level, so it stays.
    """
    dark = own_dark(header.side, header.segments, data)
    if dark is None:
        return calibration
    return msgspec.structs.replace(calibration, offset_adu=tuple(dark.tolist()))


def calibration_of_frame(calibration: Calibration, header: FrameHeader, data: RawArray) -> Calibration:
    """The calibration with which to invert this frame: of its own dark level and in its own gas."""
    return in_gas(with_own_dark(calibration, header, data), header.side, data)
