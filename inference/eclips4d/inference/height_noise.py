"""Standard deviation of a height integrated from noisy slopes, in closed form.

In the cosine basis least squares is diagonal, so the variance at a place is a sum over modes of (noise per mode) ·
(mode at that place)². A squared cosine is half a constant plus half a cosine of twice the argument, so the whole map is
one cosine transform of the spectrum. Corners and edges, with fewer neighbours, come out larger, as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from eclips4d.inference.integrate import INNER, OUTER

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

BLOCK = 8
"""Noise that varies over the image is followed in blocks of this many pixels."""


@dataclass(frozen=True, slots=True)
class HeightNoise:
    """What turns a map of slope sd into one of height sd, for one image shape.

    Attributes
    ----------
    factor : float32 [y, x]
        Height sd over slope sd, nm, for slope noise alike everywhere.
    locality : float32 [y/8, x/8]
        Cosine spectrum of the weight with which slope variances elsewhere count.
    """

    factor: F32
    locality: F32

    def of(self, slope_sd: F32) -> F32:
        """Height sd, float32 [y, x], nm: the factor times an rms of `slope_sd` weighted by `locality`.

        A place at distance r counts as the squared gradient of the integration's point response, 1/r²: half of a
        height's variance comes from nearby, half from afar.
        """
        scale = np.sqrt(self.around(_block_mean(slope_sd)))
        rows, columns = slope_sd.shape
        spread = np.repeat(np.repeat(scale, BLOCK, axis=0), BLOCK, axis=1)[:rows, :columns]
        return np.asarray(self.factor * spread, dtype=np.float32)

    def around(self, variance: F32) -> F32:
        """Slope variance weighted by `locality`, from its means in blocks; both float32 [y/8, x/8]."""
        spectrum = scipy.fft.dctn(variance, type=2, norm="ortho")
        spectrum *= self.locality
        smooth = scipy.fft.idctn(spectrum, type=2, norm="ortho", overwrite_x=True)
        return np.asarray(np.maximum(smooth, variance.min()), dtype=np.float32)


def height_noise(shape: tuple[int, int], pixel_size_xy_nm: tuple[float, float]) -> HeightNoise:
    """Prepare `HeightNoise` for images of `shape` (y, x)."""
    variance = _squared_modes(_squared_modes(_noise_spectrum(shape, pixel_size_xy_nm)).T).T
    blocks = (-(-shape[0] // BLOCK), -(-shape[1] // BLOCK))
    # In rows: two transpositions leave columns, and whoever goes along rows then takes ten times as long.
    factor = np.ascontiguousarray(np.sqrt(variance), dtype=np.float32)
    return HeightNoise(factor, _locality(blocks, pixel_size_xy_nm))


def _noise_spectrum(shape: tuple[int, int], pixel_size_xy_nm: tuple[float, float]) -> F64:
    """Height variance per cosine mode for unit slope variance: (step · border mean)² over the squared eigenvalue."""
    (rows, columns), (dx, dy) = shape, pixel_size_xy_nm
    step_y, border_y = _step_and_border(rows, dy)
    step_x, border_x = _step_and_border(columns, dx)
    eigenvalue = step_y[:, None] + step_x
    eigenvalue[0, 0] = np.inf
    return np.asarray(((step_y * border_y)[:, None] + step_x * border_x) / eigenvalue**2)


def _step_and_border(count: int, pixel: float) -> tuple[F64, F64]:
    half = np.pi * np.arange(count) / (2.0 * count)
    border = 2.0 * (INNER * np.cos(half) + OUTER * np.cos(3.0 * half))
    return 4.0 / pixel**2 * np.sin(half) ** 2, border**2


def _squared_modes(weight: F64) -> F64:
    """Sum over k of `weight[…, k]` · (orthonormal cosine mode k)².

    That square is (1 + cos(2πk(x + ½)/N))/N, and 1/N for k = 0: index 2k of a type 3
    transform, which beyond N folds back with the other sign.
    """
    count = weight.shape[-1]
    doubled = np.zeros_like(weight)
    for k in range(1, count):
        index, sign = (2 * k, 0.5) if 2 * k < count else (2 * (count - k), -0.5)
        if 2 * k != count:
            doubled[..., index] += sign * weight[..., k]
    doubled[..., 0] = weight.sum(axis=-1)
    return np.asarray(scipy.fft.dct(doubled, type=3, axis=-1) / count)


def _locality(blocks: tuple[int, int], pixel_size_xy_nm: tuple[float, float]) -> F32:
    """Cosine spectrum of the weights 1/(4π²r²); a block itself holds ln(its radius)/2π and the core."""
    dx, dy = pixel_size_xy_nm
    unit = np.sqrt(dx * dy)
    square = (np.arange(blocks[0])[:, None] * dy / unit) ** 2 + (np.arange(blocks[1]) * dx / unit) ** 2
    square[0, 0] = 1.0
    weight = 1.0 / (4.0 * np.pi**2 * square)
    weight[0, 0] = 0.14 + np.log(BLOCK / np.sqrt(np.pi)) / (2.0 * np.pi)
    along_y, along_x = (_even_cosines(count) for count in blocks)
    # einsum, not a matrix product, which may round differently with another number of threads.
    spectrum = np.einsum("lx,kx->lk", np.einsum("ly,yx->lx", along_y, weight), along_x)
    return np.asarray(spectrum / spectrum[0, 0], dtype=np.float32)


def _even_cosines(count: int) -> F64:
    cosines = 2.0 * np.cos(np.pi / count * np.outer(np.arange(count), np.arange(count)))
    cosines[:, 0] = 1.0
    return np.asarray(cosines)


def _block_mean(slope_sd: F32) -> F32:
    """Mean square in blocks of 8 × 8, the last ones smaller."""
    rows, columns = (np.arange(0, count, BLOCK) for count in slope_sd.shape)
    total = np.add.reduceat(np.add.reduceat(slope_sd * slope_sd, rows, axis=0), columns, axis=1)
    sizes = (np.diff(np.append(start, count)) for start, count in zip((rows, columns), slope_sd.shape, strict=True))
    tall, wide = sizes
    return np.asarray(total / (tall[:, None] * wide), dtype=np.float32)
