"""Paint the arrays of a picture with its scales: pure, and done beside the window's thread."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eclips4d.core.frame import RawArray
from eclips4d.core.results import FloatArray
from eclips4d.viewer.colours import Image8, height_colours, slope_colours, to_index
from eclips4d.viewer.levels import SAMPLES, rim_angle, robust_levels
from eclips4d.viewer.picture import Levels, Painted, Picture, RawImage, Scales, SurfaceImage, why_empty


def paint(raw: RawImage | None, surface: SurfaceImage | None, scales: Scales, last: Picture) -> tuple[Scales, Painted]:
    """Find the scales that are missing, then paint what `last` has not painted alike already."""
    scales = complete(scales, raw, surface)
    painted = Painted()
    if raw is not None:
        same = raw is last.raw and scales.raw == last.scales.raw
        painted = replace(painted, raw=last.painted.raw if same else _paint_raw(raw.data, scales.raw))
    height = None if surface is None or why_empty("height", surface.height) else surface.height
    if height is not None and scales.height is not None:
        if surface is last.surface and scales.height == last.scales.height:
            painted = replace(painted, height=last.painted.height, height_outside=last.painted.height_outside)
        else:
            outside = share_outside(height, scales.height)
            painted = replace(painted, height=height_colours(height, scales.height), height_outside=outside)
    slope = None if surface is None or why_empty("slope", surface.slope) else surface.slope
    if slope is not None and scales.slope_deg is not None:
        same = surface is last.surface and scales.slope_deg == last.scales.slope_deg
        painted = replace(painted, slope=last.painted.slope if same else slope_colours(slope, scales.slope_deg))
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


def _paint_raw(data: RawArray, levels: tuple[Levels, ...]) -> tuple[Image8, ...]:
    return tuple(to_index(segment, of) for segment, of in zip(data, levels, strict=True))
