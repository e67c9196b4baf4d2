"""Slopes and yield to the counts of four quadrants: Lambert's contrast, Poisson's noise, gain 1, no dark level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import FrameHeader

F64 = NDArray[np.float64]

SEGMENTS = 4
_AZIMUTH = 2 * np.pi * (np.arange(SEGMENTS) + 0.5) / SEGMENTS
CONTRAST = np.column_stack([np.cos(_AZIMUTH), -np.sin(_AZIMUTH)])
"""Change of each segment with dh/dx and dh/dy; rows run downwards, so upward-looking segments have a minus."""
_DARKEST = 0.02
_INTERVAL_S = 5.0

CALIBRATION = Calibration(
    gain=(1.0,) * SEGMENTS,
    offset_adu=(0.0,) * SEGMENTS,
    noise_slope_adu=(1.0,) * SEGMENTS,
    noise_floor_adu2=(0.0,) * SEGMENTS,
    flat=(1.0,) * SEGMENTS,
    contrast=tuple((float(x), float(y)) for x, y in CONTRAST),
)
"""What the frames were exposed with: nothing is left to be estimated but the drift."""


def signal(planes: F64) -> F64:
    """Segments over their mean on a flat specimen, [4, y, x].

    Parameters
    ----------
    planes
        dh/dx, dh/dy and change of yield, [3, y, x].
    """
    return np.asarray(1.0 + change(planes))


def change(planes: F64) -> F64:
    """What the planes add to each segment: linear, so it holds for their derivatives as well."""
    return np.asarray(planes[2] - np.tensordot(CONTRAST, planes[:2], 1))


def exposed(bright: F64, dose: float, random: np.random.Generator) -> NDArray[np.uint16]:
    """Counted electrons; `dose` is their mean number per segment and pixel."""
    counts = random.poisson(dose * np.maximum(bright, _DARKEST))
    return np.minimum(counts, np.iinfo(np.uint16).max).astype(np.uint16)


def header(sequence: int, shape: tuple[int, ...], line_time_s: float = 0.0) -> FrameHeader:
    """Of one frame of a run; without a line time the frame counts as taken in one instant."""
    start = _INTERVAL_S * sequence
    return FrameHeader(
        run_id="bench",
        sequence=sequence,
        frame_id=sequence,
        start_s=start,
        end_s=start + line_time_s * shape[1],
        line_time_s=line_time_s,
        segments=tuple("ABCD"[: shape[0]]),
        dtype="uint16",
        shape=(shape[0], shape[1], shape[2]),
        pixel_size_nm=(4.0, 4.0),
        rotation_deg=0.0,
        instrument="bench",
    )
