"""Reads profiles off frames: where the pixels lie and what they weigh is worked out once for all frames of a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from eclips4d.core.results import FloatArray
from eclips4d.metrology.movie import Grid, SurfaceFrame
from eclips4d.metrology.noise import white_share
from eclips4d.metrology.profiles.interpolate import SparseArray, Taps, taps
from eclips4d.metrology.profiles.path import Path
from eclips4d.metrology.profiles.profile import PointSpread, Profile

F64 = NDArray[np.float64]
LEAST_SHARE = 0.5
"""Of the width that must have been seen for a sample to count."""
PER_PIXEL = 8
"""Steps per pixel in which `PointSpread` is kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Sampler:
    """A path on a grid, ready to be read off frame after frame.

    Attributes
    ----------
    path : Path
    grid : Grid
    shape : (int, int)
        Rows and columns of the frames.
    pixels : int64 [p]
        Which pixels of the flattened frame are read.
    mean, along_x, along_y : sparse float64 [n, p]
        Weights of the mean over a sample's places, and the same times the direction's components.
    each : sparse float64 [n m, p]
        Weights of every place by itself, for frames with holes.
    seen : bool [n, m]
        Which places lie on the image.
    spread : PointSpread
    """

    path: Path
    grid: Grid
    shape: tuple[int, int]
    pixels: NDArray[np.int64]
    mean: SparseArray
    along_x: SparseArray
    along_y: SparseArray
    each: SparseArray
    seen: NDArray[np.bool_]
    spread: PointSpread

    def __call__(self, frame: SurfaceFrame) -> Profile:
        """The profile of one frame."""
        path = self.path
        p, q, height = (_picked(plane, self.pixels) for plane in (*frame.slope, frame.height))
        whole = bool(np.isfinite(p.sum() + q.sum() + height.sum()))
        read = self._whole(p, q, height) if whole else self._holes(p, q, height)
        ends = path.points_nm.mean(axis=1)
        return Profile(
            distance_nm=path.distance_nm,
            height_nm=read[0],
            slope_along=read[1],
            slope_across=read[2],
            slope_sd=np.where(np.isnan(read[1]), np.nan, self._sd(frame) / np.sqrt(read[3])),
            row_time_s=np.where(self._partly, self.mean @ frame.row_time_s[self.pixels // self.shape[1]], np.nan),
            spacing_nm=path.spacing_nm,
            width_nm=path.width_nm,
            direction=_direction(path),
            points_nm=ends,
            spread=self.spread,
        )

    @property
    def _partly(self) -> NDArray[np.bool_]:
        return np.asarray(self.seen.mean(axis=1) >= LEAST_SHARE, np.bool_)

    def _whole(self, p: F64, q: F64, height: F64) -> tuple[F64, F64, F64, F64]:
        found = self.mean @ height, self.along_x @ p + self.along_y @ q, self.along_x @ q - self.along_y @ p
        share = self.seen.mean(axis=1)
        read = (np.where(share >= LEAST_SHARE, values, np.nan) for values in found)
        return (*read, np.maximum(share, LEAST_SHARE))

    def _holes(self, p: F64, q: F64, height: F64) -> tuple[F64, F64, F64, F64]:
        missing = ~np.isfinite(p + q + height)
        there = self.seen & ((abs(self.each) @ missing.astype(np.float64)).reshape(self.seen.shape) == 0.0)
        share = there.mean(axis=1)
        x, y = self.path.along[..., 0], self.path.along[..., 1]
        p, q, height = ((self.each @ np.where(missing, 0.0, v)).reshape(there.shape) for v in (p, q, height))
        count = np.where(share >= LEAST_SHARE, there.sum(axis=1), np.nan)
        read = ((np.where(there, v, 0.0)).sum(axis=1) / count for v in (height, x * p + y * q, x * q - y * p))
        return (*read, np.maximum(share, LEAST_SHARE))

    def _sd(self, frame: SurfaceFrame) -> F64:
        # A sample's variance and its covariances with all others: what it adds to the variance of a sum.
        sd = (
            _picked(frame.slope_sd, self.pixels) / white_share(frame.drift, self.shape[0])[self.pixels // self.shape[1]]
        )
        variance = np.where(np.isfinite(sd), sd, np.nanmedian(sd) if np.isfinite(sd).any() else np.nan) ** 2
        shared = self.mean @ (variance * self.mean.sum(axis=0)) * max(self.grid.noise_correlation_px, 1.0)
        return np.asarray(np.sqrt(np.maximum(shared, 0.0)), np.float64)


def sampler(path: Path, grid: Grid, shape: tuple[int, int]) -> Sampler:
    """Work out where a path's places lie between the pixels.

    Parameters
    ----------
    path : Path
    grid : Grid
    shape : (int, int)
        Rows and columns of the frames.
    """
    (dx, dy), (x0, y0) = grid.pixel_size_nm, grid.origin_nm
    n, m = path.points_nm.shape[:2]
    x, y = (path.points_nm[..., k].ravel() for k in (0, 1))
    found = taps(_snapped((y - y0) / dy), _snapped((x - x0) / dx), shape)
    seen = found.seen.reshape(n, m)
    part = (seen / np.maximum(seen.sum(axis=1, keepdims=True), 1)).ravel()
    along = path.along.reshape(-1, 2)
    mean, along_x, along_y = (_summed(n, m, part * w) @ found.matrix for w in (1.0, along[:, 0], along[:, 1]))
    spread = _point_spread(path, found, grid, shape, part)
    return Sampler(path, grid, shape, found.pixels, mean, along_x, along_y, found.matrix, seen, spread)


def _picked(plane: FloatArray, pixels: NDArray[np.int64]) -> F64:
    return np.ravel(plane)[pixels].astype(np.float64)


def _snapped(place: F64) -> F64:
    # A place on a pixel must be that pixel, although its coordinates were multiplied and divided by lengths.
    whole = np.rint(place)
    return np.where(np.abs(place - whole) < 1e-6, whole, place)


def _summed(n: int, m: int, weight: F64) -> SparseArray:
    """Matrix that sums weighted places into samples."""
    return csr_array((weight, np.arange(n * m), np.arange(0, n * m + 1, m)), shape=(n, n * m))


def _direction(path: Path) -> tuple[float, float]:
    bent = np.ptp(path.along[0], axis=0).max() > 1e-9
    x, y = (path.points_nm[-1] - path.points_nm[0]).mean(axis=0)
    length = float(np.hypot(x, y))
    return (float("nan"), float("nan")) if bent or length == 0.0 else (float(x) / length, float(y) / length)


def _point_spread(path: Path, found: Taps, grid: Grid, shape: tuple[int, int], part: F64) -> PointSpread:
    n, m = path.points_nm.shape[:2]
    entries = found.matrix.tocoo()
    place, pixel = entries.coords[0], found.pixels[entries.coords[1]]
    (dx, dy), (x0, y0) = grid.pixel_size_nm, grid.origin_nm
    along, at = path.along.reshape(-1, 2)[place], path.points_nm.reshape(-1, 2)[place]
    x, y = pixel % shape[1] * dx + x0 - at[:, 0], pixel // shape[1] * dy + y0 - at[:, 1]
    bin_nm = min(dx, dy) / PER_PIXEL
    offset = (x * along[:, 0] + y * along[:, 1]) / bin_nm
    reach = int(np.ceil(np.abs(offset).max(initial=1.0))) + 1
    # Shared among the three nearest bins, so that the mean offset and its square are kept.
    near = np.rint(offset).astype(np.int64)
    f = offset - near
    weight = np.zeros((n, 2 * reach + 1))
    value = entries.data * part[place]
    for k, share in ((-1, 0.5 * f * (f - 1.0)), (0, 1.0 - f**2), (1, 0.5 * f * (f + 1.0))):
        np.add.at(weight, (place // m, near + k + reach), value * share)
    mean = np.sqrt((path.along.reshape(-1, 2) ** 2).mean(axis=0))
    offsets = np.asarray(np.arange(-reach, reach + 1) * bin_nm, np.float64)
    return PointSpread(offsets, weight, (float(mean[0]) * dx, float(mean[1]) * dy))
