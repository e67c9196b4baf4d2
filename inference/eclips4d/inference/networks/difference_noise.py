"""Standard deviation of height differences over a distance, from slope noise that varies over the image.

A height is a linear function of all slopes, so the variance of a difference is the sum over slope variances times the
squared difference of two point responses of the integration: one convolution for all pairs of an axis. What the image's
free edges add is taken from the exact sum over cosine modes for noise alike everywhere.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from eclips4d.inference.integrate import INNER, OUTER

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Axis = Literal["x", "y"]

_MODES = 160
"""Wave numbers per axis for what a blur takes away; smooth sums, so few are enough."""


def white_difference_variance(
    slope_sd: F32, pixel_size_xy_nm: tuple[float, float], distance_px: int, axis: Axis
) -> F64:
    """Variance of `height[y, x + distance] − height[y, x]` (`axis` x; likewise y) for white slope noise.

    Parameters
    ----------
    slope_sd
        Of either slope, [y, x], independent from pixel to pixel.
    distance_px
        At least 1 and less than the image along `axis`.

    Returns
    -------
    float64 [y, x − distance] or [y − distance, x]
        nm². Far from the edges and for noise s alike everywhere about `s²·d²·(ln r + 0.85)/π`: a constant below the
        1.617 of slopes that are measured at the borders, since carrying pixel means there halves the shortest waves.
    """
    if axis == "y":
        flipped = pixel_size_xy_nm[1], pixel_size_xy_nm[0]
        turned = white_difference_variance(np.ascontiguousarray(slope_sd.T), flipped, distance_px, "x")
        return np.ascontiguousarray(turned.T)
    shape = (slope_sd.shape[0], slope_sd.shape[1])
    weights, total = _pair_weights(shape, pixel_size_xy_nm, distance_px)
    square = np.pad(np.square(slope_sd, dtype=np.float32), ((0, shape[0]), (0, shape[1])), mode="symmetric")
    local = scipy.fft.irfft2(scipy.fft.rfft2(square) * weights, s=square.shape)[: shape[0], : shape[1] - distance_px]
    # The convolution's rounding must not make a variance negative beside very noisy places.
    local = np.maximum(local / total, square.min())
    return np.asarray(local * _even_noise(shape, pixel_size_xy_nm, distance_px))


def even_difference_variance(
    shape: tuple[int, int], pixel_size_xy_nm: tuple[float, float], distance_px: int, axis: Axis
) -> F64:
    """The same for white slope noise of sd 1 everywhere in an image of `shape` (y, x); exact."""
    if axis == "y":
        return _even_noise(shape[::-1], pixel_size_xy_nm[::-1], distance_px).T
    return _even_noise(shape, pixel_size_xy_nm, distance_px)


@lru_cache(maxsize=256)
def blurred_away(
    pixel_size_xy_nm: tuple[float, float], blur_px: float, distance_px: int = 0, axis: Axis = "x"
) -> float:
    """Height variance that white slope noise of sd 1 loses when a Gaussian of `blur_px` filters it, nm².

    Of a single height, or of the difference of two at `distance_px`. The same everywhere, since only short waves go.
    """
    if blur_px <= 0.0:
        return 0.0
    dx, dy = pixel_size_xy_nm
    count = max(_MODES, 4 * distance_px) if axis == "x" else _MODES
    other = max(_MODES, 4 * distance_px) if axis == "y" else _MODES
    kx, ky = (np.pi * (np.arange(n) + 0.5) / n for n in (count, other))
    lost = -np.expm1(-(blur_px**2) * (kx**2 + ky[:, None] ** 2)) * _height_power(kx, ky[:, None], dx, dy)
    if distance_px:
        along = kx if axis == "x" else ky[:, None]
        lost = lost * 2.0 * (1.0 - np.cos(along * distance_px))
    return float(lost.mean())


def _height_power(kx: F64, ky: F64, dx: float, dy: float) -> F64:
    """Height power per unit power of both slopes, at wave numbers in rad/px; nm²."""
    step_x, step_y = (4.0 / d**2 * np.sin(k / 2.0) ** 2 for k, d in ((kx, dx), (ky, dy)))
    return np.asarray((step_x * _border(kx) ** 2 + step_y * _border(ky) ** 2) / (step_x + step_y) ** 2)


def _border(k: F64) -> F64:
    """What carrying pixel means to the borders does to a wave."""
    return np.asarray(2.0 * (INNER * np.cos(k / 2.0) + OUTER * np.cos(1.5 * k)))


@lru_cache(maxsize=16)
def _pair_weights(
    shape: tuple[int, int], pixel_size_xy_nm: tuple[float, float], distance_px: int
) -> tuple[NDArray[np.complex64], float]:
    """Transform of the weights with which slope variances around a pair count, on twice the image; their sum.

    Twice, because variances are continued by their mirror image, as the integration continues slopes.
    """
    (rows, columns), (dx, dy) = (2 * shape[0], 2 * shape[1]), pixel_size_xy_nm
    kx, ky = 2.0 * np.pi * scipy.fft.rfftfreq(columns), 2.0 * np.pi * scipy.fft.fftfreq(rows)[:, None]
    step = 4.0 / dx**2 * np.sin(kx / 2.0) ** 2 + 4.0 / dy**2 * np.sin(ky / 2.0) ** 2
    step[0, 0] = np.inf
    pair = (np.exp(-1j * kx * distance_px) - 1.0) / step
    squares = np.zeros((rows, columns))
    for k, d in ((kx, dx), (ky, dy)):
        response = 2j * np.sin(k / 2.0) * _border(k) / d * pair
        squares += scipy.fft.irfft2(response, s=(rows, columns)) ** 2
    return np.conj(scipy.fft.rfft2(squares)).astype(np.complex64), float(squares.sum())


@lru_cache(maxsize=16)
def _even_noise(shape: tuple[int, int], pixel_size_xy_nm: tuple[float, float], distance_px: int) -> F64:
    """Variance of every pair along x for white slope noise of sd 1 everywhere, edges included, nm²."""
    rows, columns = shape
    kx, ky = np.pi * np.arange(columns) / columns, np.pi * np.arange(rows)[:, None] / rows
    with np.errstate(invalid="ignore"):
        power = _height_power(kx, ky, *pixel_size_xy_nm)
    power[0, 0] = 0.0
    across, along = _modes(rows), _modes(columns)
    pairs = (along[:, distance_px:] - along[:, :-distance_px]) ** 2
    return np.asarray((across**2).T @ power @ pairs)


def _modes(count: int) -> F64:
    """Orthonormal cosine modes, [mode, place]."""
    return np.asarray(scipy.fft.idct(np.eye(count), type=2, norm="ortho", axis=-1))
