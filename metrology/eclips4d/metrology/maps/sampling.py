"""A map's heights on another grid, and two maps brought to one resolution.

Pixels are means over their area. Before the finer of two maps is sampled at the coarser's pixels it is smoothed by a
Gaussian with the variance of that mean, (w² - 1)/12 of its own pixels for a pixel w times as large.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, correlate1d, gaussian_filter1d, map_coordinates, spline_filter

from eclips4d.metrology.change import centred
from eclips4d.metrology.maps.height_map import HeightMap
from eclips4d.metrology.maps.placement import Placement

F64 = NDArray[np.float64]
NARROW = 0.7
"""Pixels: a Gaussian narrower than this, taken at whole pixels, spreads too little; three weights do it exactly."""
NEAR_HOLES = 2
"""Pixels around a hole that a spline spoils."""


def mean_sigma(times: float) -> float:
    """Width, in pixels, of the Gaussian that stands for a mean over `times` pixels; 0 for one pixel and less."""
    return float(np.sqrt(max(times**2 - 1.0, 0.0) / 12.0))


def smoothed(height: F64, sigma: tuple[float, float]) -> F64:
    """Smoothed along (y, x) by so many pixels; holes stay holes and spoil nothing."""
    if max(sigma) <= 0.0:
        return height
    known = np.isfinite(height)
    level = float(height[known].mean()) if known.any() else 0.0
    total = _spread(np.where(known, height - level, 0.0), sigma)
    if known.all():
        return total + level
    share = _spread(known.astype(np.float64), sigma)
    return np.where(known, total / np.maximum(share, 1e-6) + level, np.nan)


def _spread(image: F64, sigma: tuple[float, float]) -> F64:
    for axis, width in enumerate(sigma):
        if 0.0 < width < NARROW:
            share = width**2 / 2
            image = np.asarray(correlate1d(image, [share, 1 - 2 * share, share], axis, mode="nearest"), np.float64)
        elif width > 0.0:
            image = np.asarray(gaussian_filter1d(image, width, axis, mode="nearest"), np.float64)
    return image


@dataclass(frozen=True, slots=True, eq=False)
class Sampler:
    """A map ready to be read at any place by cubic splines.

    Attributes
    ----------
    coefficients : float64 [y, x]
        Of the spline.
    sound : float64 [y, x]
        1 where the spline is good, 0 near holes.
    pixel_nm : (float, float)
    """

    coefficients: F64
    sound: F64
    pixel_nm: tuple[float, float]

    @classmethod
    def of(cls, chart: HeightMap, pixel_nm: float = 0.0) -> Sampler:
        """Of a map whose heights are to be means over pixels of that size, where its own are smaller."""
        dx, dy = chart.pixel_size_nm
        height = smoothed(chart.height_nm, (mean_sigma(pixel_nm / dy), mean_sigma(pixel_nm / dx)))
        known = np.isfinite(height)
        filled = np.where(known, height, float(height[known].mean()))
        sound = known if known.all() else binary_erosion(known, iterations=NEAR_HOLES, border_value=1)
        return cls(spline_filter(filled, order=3, mode="mirror"), sound.astype(np.float64), (dx, dy))

    def at(self, x_nm: F64, y_nm: F64) -> F64:
        """Heights at places, nm from the map's middle; NaN beyond it and near its holes."""
        rows, columns = self.coefficients.shape
        row = y_nm / self.pixel_nm[1] + (rows - 1) / 2
        column = x_nm / self.pixel_nm[0] + (columns - 1) / 2
        inside = (row >= 0) & (row <= rows - 1) & (column >= 0) & (column <= columns - 1)
        where = np.array([row[inside], column[inside]])
        found = np.full(row.shape, np.nan)
        values = map_coordinates(self.coefficients, where, order=3, prefilter=False, mode="mirror")
        if not self.sound.all():
            values[map_coordinates(self.sound, where, order=1) < 0.999] = np.nan
        found[inside] = values
        return found

    def on_grid(self, placement: Placement, shape: tuple[int, int], pixel_nm: tuple[float, float]) -> F64:
        """Heights [y, x] on a run's grid."""
        y, x = centred(shape, pixel_nm)
        (a, b), (c, d) = np.linalg.inv(placement.matrix())
        east, south = x - placement.shift_nm[0] + 0 * y, y - placement.shift_nm[1] + 0 * x
        return self.at(a * east + b * south, c * east + d * south)
