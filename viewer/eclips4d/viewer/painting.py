"""Paint the arrays of a picture with its scales: pure, and done beside the window's thread."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from eclips4d.core.frame import RawArray
from eclips4d.core.results import FloatArray
from eclips4d.viewer.colours import Image8, height_colours, slope_colours, to_index
from eclips4d.viewer.frame_memory import FrameMemory
from eclips4d.viewer.levels import SAMPLES, rim_angle, robust_levels
from eclips4d.viewer.picture import Detail, Levels, Painted, RawImage, Scales, SurfaceImage, why_empty
from eclips4d.viewer.shrinking import shrunk


def paint(
    raw: RawImage | None, surface: SurfaceImage | None, scales: Scales, detail: Detail, memory: FrameMemory
) -> tuple[Scales, Painted]:
    """Find the scales that are missing, then paint what `memory` does not hold already.

    Parameters
    ----------
    raw, surface
        What there is of the frame.
    scales : Scales
    detail : Detail
        How small the surface's images may be; a raw image comes as small as it is to be.
    memory : FrameMemory
        Of the same run.
    """
    scales = complete(scales, raw, surface)
    painted = Painted()
    if raw is not None:
        tiles_key = ("raw painted", raw.sequence, raw.halved, scales.raw)
        tiles = memory.recall(tiles_key, partial(_paint_raw, raw.data, scales.raw), _bytes_of_all)
        painted = replace(painted, raw=tiles)
    if surface is None:
        return scales, painted
    key = (*surface.key, detail.surface)
    if surface.height is not None and scales.height is not None and not why_empty("height", surface.height):
        how = partial(_paint_height, surface.height, scales.height, detail.surface)
        height, outside = memory.recall(("height painted", scales.height, *key), how, lambda made: made[0].nbytes)
        painted = replace(painted, height=height, height_outside=outside)
    if surface.slope is not None and scales.slope_deg is not None and not why_empty("slope", surface.slope):
        how_slope = partial(_paint_slope, surface.slope, scales.slope_deg, detail.surface)
        slope = memory.recall(("slope painted", scales.slope_deg, *key), how_slope, lambda made: made.nbytes)
        painted = replace(painted, slope=slope)
    return scales, painted


def complete(scales: Scales, raw: RawImage | None, surface: SurfaceImage | None) -> Scales:
    """The same scales, the missing ones found from these images."""
    if not scales.raw and raw is not None:
        scales = replace(scales, raw=tuple(robust_levels(segment) or (0.0, 1.0) for segment in raw.data))
    if surface is None:
        return scales
    if scales.height is None and surface.height is not None:
        scales = replace(scales, height=robust_levels(surface.height))
    if scales.slope_deg is None and surface.slope is not None:
        scales = replace(scales, slope_deg=rim_angle(surface.slope))
    return scales


def share_outside(height: FloatArray, levels: Levels) -> float:
    """Share of the finite pixels of an even sample that lie beyond the levels."""
    stride = max(1, int(np.sqrt(height.size / SAMPLES)))
    values = height[::stride, ::stride]
    finite = np.count_nonzero(np.isfinite(values))
    return float(np.count_nonzero((values < levels[0]) | (values > levels[1])) / finite) if finite else 0.0


def _paint_raw(data: RawArray | FloatArray, levels: tuple[Levels, ...]) -> tuple[Image8, ...]:
    return tuple(to_index(segment, of) for segment, of in zip(data, levels, strict=True))


def _paint_height(height: FloatArray, levels: Levels, halved: int) -> tuple[Image8, float]:
    return height_colours(shrunk(height, halved), levels), share_outside(height, levels)


def _paint_slope(slope: FloatArray, rim_deg: float, halved: int) -> Image8:
    return slope_colours(shrunk(slope, halved), rim_deg)


def _bytes_of_all(images: tuple[Image8, ...]) -> int:
    return sum(image.nbytes for image in images)
