"""Exactly where a map lies: least squares on the slopes of both, from a rough place on, from wide to narrow smoothing.

Slopes, because errors of integrated heights are waves as long as the image and those of slopes nearly white. Weights
fall off with the difference (Cauchy's), because what a microscope adds is one-sided: particles, streaks, missing lines,
and flanks wider than they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.normal import PLACE, RATIO, TERMS, Normal, normal, weights
from eclips4d.metrology.coregistration.slopes import MapSlopes, RunSlopes
from eclips4d.metrology.maps.height_map import HeightMap

F64 = NDArray[np.float64]

MOST_STEPS = 25
CLOSE = 0.01
"""Widths of the smoothing: a shorter step ends the search."""
FEWEST = 100
"""Pixels that both must have seen."""
HEIGHTS = 0.2, 5.0
"""Ratios of the heights that are taken seriously."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the fit stands: affine, a height by the run over one by the map, what the tip is off where it is fitted."""

    affine: Affine
    ratio: float
    tip: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Both at one resolution.

    Attributes
    ----------
    run : RunSlopes
    chart : MapSlopes
    blur_nm : float
        Width of the Gaussian by which both were smoothed.
    half_nm : float
        Half the run's longer side.
    """

    run: RunSlopes
    chart: MapSlopes
    blur_nm: float
    half_nm: float

    @classmethod
    def of(
        cls,
        height: F64,
        pixel_nm: tuple[float, float],
        chart: HeightMap,
        blur_nm: float,
        known: MapSlopes | None = None,
    ) -> Level:
        """From heights [y, x] of the run and the map; the map's slopes may be known from another such level."""
        half = max(height.shape[1] * pixel_nm[0], height.shape[0] * pixel_nm[1]) / 2
        slopes = known or MapSlopes.of(chart, blur_nm)
        return cls(RunSlopes.of(height, pixel_nm, blur_nm), slopes, blur_nm, half)

    def at(self, place: Place) -> Normal | None:
        """The step from there; None where they hardly overlap."""
        found = normal(self.run, self.chart, place.affine, place.ratio, self.half_nm, self._tip(place))
        return found if found.chart.shape[1] >= FEWEST else None

    def rest(self, place: Place) -> F64:
        """[2, n] by how much the slopes differ there, plane and bow taken off."""
        return normal(self.run, self.chart, place.affine, place.ratio, self.half_nm, self._tip(place)).levelled()

    def _tip(self, place: Place) -> F64 | None:
        return np.array(place.tip) if place.tip else None


def fitted(level: Level, start: Place, fixed_ratio: bool = False, most: int = MOST_STEPS) -> Place | None:
    """The place that fits best near another; None where both come apart."""
    place = start
    for _ in range(most):
        found = level.at(place)
        if found is None:
            return None
        weight, spread = weights(found.levelled(), found.run)
        step = found.solved(weight, (RATIO,) if fixed_ratio else (), spread)
        far = float(np.hypot(*step[:2]) + np.abs(step[2:PLACE]).max())
        # Further than both are smoothed the slopes say nothing.
        share = min(1.0, level.blur_nm / far) if far > 0 else 1.0
        place = moved(place, share * step, level.half_nm)
        if far < CLOSE * level.blur_nm:
            break
    return place


def moved(place: Place, step: F64, half_nm: float) -> Place:
    """After a step of `Normal.solved`."""
    affine = place.affine.moved(step[:2], step[2:PLACE].reshape(2, 2) / half_nm)
    ratio = place.ratio + float(step[RATIO])
    tip = step[TERMS:] + (np.array(place.tip) if place.tip else 0.0)
    return Place(
        affine, float(np.sign(place.ratio) * np.clip(ratio * np.sign(place.ratio), *HEIGHTS)), tuple(tip.tolist())
    )
