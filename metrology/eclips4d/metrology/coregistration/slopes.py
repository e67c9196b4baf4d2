"""Slopes of both maps at one resolution: the run's at its own pixels, the map's and how they change at any place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, gaussian_filter, map_coordinates, spline_filter

from eclips4d.metrology.change import centred
from eclips4d.metrology.maps.height_map import HeightMap

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

THINNED = 1.25
"""A pixel in so many widths of the Gaussian tells nearly all."""
DIFFERENCE, MEAN = 1.0 / 3.0, 1.0 / 12.0
"""Variance, pixels squared, by which central differences and means over pixels smooth besides."""
LEAST_WIDTH = 0.3
REACH = 2.0
"""Widths of the Gaussian within which a hole or a border spoils what is made of it."""


def blurred(height: F64, sigma_px: tuple[float, float]) -> tuple[F64, Mask]:
    """Smoothed along (y, x), holes bridged; and where neither holes nor borders are near."""
    known = np.isfinite(height)
    level = float(height[known].mean())
    total = gaussian_filter(np.where(known, height - level, 0.0), sigma_px, mode="nearest", truncate=3.0)
    share = gaussian_filter(known.astype(np.float64), sigma_px, mode="nearest", truncate=3.0)
    sound = known
    if not known.all():
        total = total / np.maximum(share, 1e-3)
        sound = known & (share > 0.9)
    border = [round(REACH * s) for s in sigma_px]
    inner = np.zeros(height.shape, np.bool_)
    inner[border[0] : height.shape[0] - border[0], border[1] : height.shape[1] - border[1]] = True
    return np.asarray(total), np.asarray(sound & inner, np.bool_)


def widths_px(blur_nm: float, pixel_nm: tuple[float, float], besides: float) -> tuple[float, float]:
    """Of the Gaussian along (y, x), so that both together smooth by `blur_nm`: else the coarser one looks blunter."""
    across, along = (max((blur_nm / pixel) ** 2 - besides, LEAST_WIDTH**2) ** 0.5 for pixel in pixel_nm)
    return along, across


@dataclass(frozen=True, slots=True, eq=False)
class RunSlopes:
    """The run's slopes at some of its pixels.

    Attributes
    ----------
    slope : float64 [2, n]
        Along x and y.
    x, y : float64 [n]
        Places, nm from the grid's middle.
    index : int64 [n]
        Of the pixel.
    by_tip : float64 [2, n, k]
        How they change with what is not known of the tip; k is 0 where that is not asked.
    tip_expected, tip_sd : float64 [k]
        What is known of that beforehand, from the tip by which the run is dilated.
    """

    slope: F64
    x: F64
    y: F64
    index: NDArray[np.int64]
    by_tip: F64
    tip_expected: F64
    tip_sd: F64

    @classmethod
    def of(cls, height: F64, pixel_nm: tuple[float, float], blur_nm: float) -> RunSlopes:
        """Smoothed by a Gaussian; at every pixel, or as many as the smoothing leaves independent."""
        dx, dy = pixel_nm
        slope, sound = _slopes(height, pixel_nm, blur_nm)
        every = tuple(max(1, round(blur_nm / size / THINNED)) for size in (dy, dx))
        thinned = np.zeros(height.shape, np.bool_)
        thinned[every[0] // 2 :: every[0], every[1] // 2 :: every[1]] = True
        index = np.flatnonzero(sound & thinned)
        y, x = centred(height.shape, pixel_nm)
        places = (np.broadcast_to(axis, height.shape).ravel()[index] for axis in (x, y))
        east, south = places
        return cls(
            slope.reshape(2, -1)[:, index], east, south, index, np.zeros((2, index.size, 0)), np.zeros(0), np.zeros(0)
        )

    def told(
        self, changes: list[F64], expected: F64, sd: F64, pixel_nm: tuple[float, float], blur_nm: float
    ) -> RunSlopes:
        """With how heights [y, x] change with what is not known of the tip, and what is expected of that."""
        each = [_slopes(change, pixel_nm, blur_nm)[0].reshape(2, -1)[:, self.index] for change in changes]
        return replace(self, by_tip=np.stack(each, axis=-1), tip_expected=expected, tip_sd=sd)


def _slopes(height: F64, pixel_nm: tuple[float, float], blur_nm: float) -> tuple[F64, Mask]:
    """Of smoothed heights, [2, y, x] along x and y, and where they are sound."""
    dx, dy = pixel_nm
    # Dilated heights are means of means.
    smooth, sound = blurred(height, widths_px(blur_nm, pixel_nm, DIFFERENCE + 2.0 * MEAN))
    down, right = np.gradient(smooth, dy, dx)
    return np.stack([right, down]), sound


@dataclass(frozen=True, slots=True, eq=False)
class MapSlopes:
    """The map's slopes, ready to be read anywhere on it.

    Attributes
    ----------
    slope : float64 [2, y, x]
        Along x and y, as coefficients of cubic splines.
    curvature : float64 [3, y, x]
        d²h/dx², d²h/dxdy, d²h/dy².
    sound : float64 [y, x]
        1 where neither holes nor borders are near.
    pixel_nm : (float, float)
    """

    slope: F64
    curvature: F64
    sound: F64
    pixel_nm: tuple[float, float]

    @classmethod
    def of(cls, chart: HeightMap, blur_nm: float) -> MapSlopes:
        """Smoothed by a Gaussian."""
        dx, dy = chart.pixel_size_nm
        smooth, sound = blurred(chart.height_nm, widths_px(blur_nm, chart.pixel_size_nm, DIFFERENCE))
        down, right = np.gradient(smooth, dy, dx)
        mixed, straight = np.gradient(right, dy, dx)
        curvature = np.stack([straight, mixed, np.gradient(down, dy, axis=0)])
        slope = np.stack([spline_filter(one, order=3, mode="mirror") for one in (right, down)])
        return cls(slope, curvature, binary_erosion(sound, border_value=0).astype(np.float64), (dx, dy))

    def at(self, x_nm: F64, y_nm: F64) -> tuple[F64, F64, Mask]:
        """Slopes [2, n], curvatures [3, n] and whether they are known, at places in nm from the map's middle."""
        rows, columns = self.sound.shape
        place = np.stack([y_nm / self.pixel_nm[1] + (rows - 1) / 2, x_nm / self.pixel_nm[0] + (columns - 1) / 2])
        known = map_coordinates(self.sound, place, order=1, mode="constant") > 0.999
        here = place[:, known]
        slope, curvature = np.zeros((2, x_nm.size)), np.zeros((3, x_nm.size))
        for axis in range(2):
            slope[axis, known] = map_coordinates(self.slope[axis], here, order=3, prefilter=False, mode="mirror")
        for axis in range(3):
            curvature[axis, known] = map_coordinates(self.curvature[axis], here, order=1, mode="nearest")
        return slope, curvature, np.asarray(known, np.bool_)
