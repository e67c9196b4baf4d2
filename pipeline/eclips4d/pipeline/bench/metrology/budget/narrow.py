"""Facets of a few pixels, moved by fractions of a pixel: what registration's weights leave of their slope."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from eclips4d.core.results import Drift
from eclips4d.metrology.budget.resampling import mean_slope_error
from eclips4d.pipeline.bench.metrology.budget.measured import Spread
from eclips4d.pipeline.bench.metrology.budget.setting import PIXEL_NM, SIDE_PX, Setting
from eclips4d.pipeline.bench.metrology.budget.wall import Truth, Wall
from eclips4d.registration.resample import resample

WIDTHS_PX, MARGIN_PX, ANGLE_DEG = (4.0, 6.0, 8.0), 1.0, 20.0
_FRACTIONS = 12


def slope_errors_of_moved_facets() -> Iterator[tuple[float, Spread]]:
    """Spread of the mean slope over the one that is stated, for facets so many pixels wide."""
    for width in WIDTHS_PX:
        rise = float(np.tan(np.radians(ANGLE_DEG))) * width * PIXEL_NM
        setting = Setting(Wall(rise, ANGLE_DEG, 0.0), 1000.0, 1)
        errors = [_error(setting, width, place, part) for place in _parts() for part in _parts()]
        ratio = float(np.sqrt(np.mean(np.square(errors)))) / mean_slope_error(width, MARGIN_PX)
        yield width, Spread(ratio, ratio / np.sqrt(2.0 * len(errors)), float("nan"), len(errors))


def _parts() -> list[float]:
    return [(k + 0.5) / _FRACTIONS for k in range(_FRACTIONS)]


def _error(setting: Setting, width_px: float, place_px: float, part_px: float) -> float:
    """Relative change of the mean slope when the frame lies `part_px` aside and is moved back."""
    still = setting.invert(setting.frame(Truth(moved_nm=place_px * PIXEL_NM)))
    aside = setting.invert(setting.frame(Truth(moved_nm=place_px * PIXEL_NM, drift_px=(0.0, part_px))))
    back = resample(aside, Drift((0.0, part_px)))
    column = np.arange(SIDE_PX) - (SIDE_PX - 1) / 2.0 - place_px
    on, rows = np.abs(column) <= width_px / 2.0 - MARGIN_PX, slice(8, -8)
    before, after = (float(surface.slope[0, rows, on].mean()) for surface in (still, back))
    return (after - before) / setting.wall.slope
