"""The map on the run's grid, levelled as the run is, what is left between both, and the ratio of their heights."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.change import centred
from eclips4d.metrology.coregistration.fit import Place
from eclips4d.metrology.maps.correlated import covariance
from eclips4d.metrology.maps.height_map import HeightMap
from eclips4d.metrology.maps.ratio import Ratio, ratio_of
from eclips4d.metrology.maps.sampling import Sampler

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

OUTLYING = 5.0
"""Robust standard deviations beyond which a difference is a particle's or a streak's."""
ROUNDS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Heights:
    """Both heights, nm, on the run's grid.

    Attributes
    ----------
    map_nm : float64 [y, x]
        The map in its place, its plane and bow replaced by the run's, its own height scale kept; NaN beyond it.
    residual_nm : float64 [y, x]
        Run, dilated by the tip, less ratio times map; NaN where not both are known.
    counted : bool [y, x]
        Where the residual is none of a particle or a streak.
    rms_nm : float
        Of the residual there.
    ratio : Ratio
        A height by the run over the same height by the map, from heights that are levelled alike.
    correlation_length_nm : float
        Of the residual.
    """

    map_nm: F64
    residual_nm: F64
    counted: Mask
    rms_nm: float
    ratio: Ratio
    correlation_length_nm: float

    def with_tip(self, sharper: Ratio, blunter: Ratio) -> Heights:
        """The same with what the ratio owes to a tip that is not known better than from one of these to the other."""
        apart = abs(blunter.value.value - sharper.value.value) / 2.0
        if not np.isfinite(apart):
            return self
        value = self.ratio.value
        systematic = float(np.hypot(value.systematic_u, apart))
        return replace(self, ratio=replace(self.ratio, value=replace(value, systematic_u=systematic)))


def heights(run: F64, pixel_nm: tuple[float, float], chart: HeightMap, place: Place) -> Heights:
    """Compare both in the place that was fitted.

    Parameters
    ----------
    run : float64 [y, x]
        Dilated by the tip.
    """
    y, x = centred(run.shape, pixel_nm)
    placed = Sampler.of(chart, max(pixel_nm)).at(*place.affine.to_map(x + 0 * y, y + 0 * x))
    both = np.isfinite(run) & np.isfinite(placed)
    design = _second_order(run.shape)
    counted, ratio = both, place.ratio
    for _ in range(ROUNDS):
        rest = run - ratio * placed
        bow = design @ np.linalg.lstsq(design[counted], rest[counted], rcond=None)[0]
        rest = rest - bow
        middle = float(np.median(rest[both]))
        far = OUTLYING * 1.4826 * float(np.median(np.abs(rest[both] - middle)))
        counted = both & (np.abs(np.nan_to_num(rest) - middle) <= far)
        levelled, other = (_levelled(image, design, counted) for image in (run, placed))
        found = ratio_of(levelled, other, counted, None)
        # Heights that do not go together have no ratio; the slopes' stands in, and the unknown one is said.
        ratio = found.value.value if np.isfinite(found.value.value) else place.ratio
    residual = np.where(both, rest, np.nan)
    rms = float(np.sqrt(np.mean(residual[counted] ** 2)))
    length = covariance(np.where(counted, residual, 0.0), counted).length_px * max(pixel_nm)
    return Heights(placed + bow / ratio, residual, counted, rms, found, length)


def _second_order(shape: tuple[int, ...]) -> F64:
    """[y, x, 6] constant, plane and bow."""
    y, x = (np.linspace(-1.0, 1.0, n) for n in shape)
    down, right = np.meshgrid(y, x, indexing="ij")
    return np.stack([np.ones(shape), right, down, right**2, right * down, down**2], axis=-1)


def _levelled(image: F64, design: F64, counted: Mask) -> F64:
    return np.asarray(image - design @ np.linalg.lstsq(design[counted], image[counted], rcond=None)[0], np.float64)
