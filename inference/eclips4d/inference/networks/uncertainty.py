"""Height uncertainty after a network: its slope errors are no longer white.

Three things are left of a slope's noise. At long wavelengths the closed form's white noise stands as it was, since no
local average takes it away. At short ones it is filtered: how far the filter reaches follows from the variance that the
network says is left. Where it says that more is left (in shadows, at risers), that is an error with a patch of its own.
Heights take up slope errors at all wavelengths alike, so a network makes heights over long distances hardly better
than the closed form's, and over short ones much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from eclips4d.inference.height_noise import BLOCK, HeightNoise
from eclips4d.inference.networks.difference_noise import (
    Axis,
    blurred_away,
    even_difference_variance,
    white_difference_variance,
)

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")

_BLURS_PX = np.concatenate([[0.0], np.geomspace(0.05, 64.0, 200)])
"""Filters among which the one is sought that leaves a given variance."""


@dataclass(frozen=True, slots=True)
class ErrorSpectrum:
    """What a model card says of a network's slope errors; as it stands, they are the closed form's.

    Attributes
    ----------
    long_wave : float
        Their sd at long wavelengths over the closed form's.
    reach : float
        Width of the filter over the narrowest that leaves the variance which the network states.
    patch_px : float
        Gaussian width over which errors beyond noise are alike.
    """

    long_wave: float = 1.0
    reach: float = 1.0
    patch_px: float = 0.0

    @classmethod
    def of(cls, coverage: Mapping[str, float]) -> Self:
        """From the `coverage` table of a card; what it does not say is the closed form's."""
        return cls(**{f.name: float(coverage[f.name]) for f in fields(cls) if f.name in coverage})


@dataclass(frozen=True, slots=True)
class SlopeErrors:
    """A frame's slope errors as two sorts of filtered white noise.

    Attributes
    ----------
    closed_sd, slope_sd : float32 [y, x]
        Of either slope, in closed form and as the network states it.
    level : float
        Power at long wavelengths over the closed form's variance.
    blur_px, patch_px : float
        Gaussian filters that what is left of the noise, and what the network adds to it, have passed; pixels then
        correlate as the filter's square does.
    """

    closed_sd: F32
    slope_sd: F32
    level: float
    blur_px: float
    patch_px: float

    def sorts(self) -> tuple[tuple[F32, float], ...]:
        """Both, as (sd per pixel before the filter, float32 [y, x]; filter)."""
        white = np.square(self.closed_sd) * np.float32(self.level)
        more = np.square(self.slope_sd) - white * np.float32(left_of_variance(self.blur_px))
        patch = np.sqrt(np.maximum(more, np.float32(0.0)) / np.float32(left_of_variance(self.patch_px)))
        return (np.sqrt(white), self.blur_px), (patch, self.patch_px)

    @property
    def pixels_alike(self) -> float:
        """How many pixels share one slope error: the variance of a mean of M is theirs over M, times this."""
        before = [float(np.mean(np.square(sd, dtype=np.float64))) for sd, _ in self.sorts()]
        after = [power * left_of_variance(blur) for power, (_, blur) in zip(before, self.sorts(), strict=True)]
        return sum(before) / max(sum(after), 1e-30)


def left_of_variance(blur_px: float) -> float:
    """Variance of white noise of variance 1 behind a Gaussian filter of this width."""
    return 1.0 if blur_px <= 0.0 else float((erf(np.pi * blur_px) / (2.0 * np.sqrt(np.pi) * blur_px)) ** 2)


_LEFT = np.array([left_of_variance(float(blur)) for blur in _BLURS_PX])


def slope_errors(
    closed_sd: F32, slope_sd: F32, spectrum: ErrorSpectrum, noise_correlation_px: float = 1.0
) -> SlopeErrors:
    """What the errors of one frame are made of.

    Parameters
    ----------
    closed_sd, slope_sd
        Of either slope, [y, x]: in closed form, and as the network states it.
    noise_correlation_px
        Of the closed form's noise along x: the lag of an amplifier lifts what long waves hold of it.
    """
    level = spectrum.long_wave**2 * max(noise_correlation_px, 1.0)
    white = np.maximum(np.square(closed_sd[::4, ::4]) * np.float32(level), np.float32(1e-30))
    left = float(np.median(np.square(slope_sd[::4, ::4]) / white))
    blur = spectrum.reach * float(np.interp(-min(left, 1.0), -_LEFT, _BLURS_PX))
    return SlopeErrors(closed_sd, slope_sd, level, blur, spectrum.patch_px)


def height_sd(errors: SlopeErrors, noise: HeightNoise, pixel_size_xy_nm: tuple[float, float]) -> F32:
    """Standard deviation of the height integrated from slopes with these errors, float32 [y, x], nm.

    Parameters
    ----------
    noise
        Of images of this shape.
    """
    rows, columns = errors.slope_sd.shape
    blocks = -(-rows // BLOCK), -(-columns // BLOCK)
    white, patch = np.zeros(blocks, np.float32), np.zeros(blocks, np.float32)
    kept = np.float32(left_of_variance(errors.blur_px))
    _block_variances(errors.closed_sd, errors.slope_sd, np.float32(errors.level), kept, white, patch)
    patch /= np.float32(left_of_variance(errors.patch_px))
    white, patch = noise.around(white), noise.around(patch)
    lost = white * np.float32(blurred_away(pixel_size_xy_nm, errors.blur_px))
    lost += patch * np.float32(blurred_away(pixel_size_xy_nm, errors.patch_px))
    out = np.empty_like(errors.slope_sd)
    _height_sd(noise.factor, white + patch, lost, out)
    return out


def difference_sd(errors: SlopeErrors, pixel_size_xy_nm: tuple[float, float], distance_px: int, axis: Axis) -> F32:
    """Standard deviation of `height[y, x + distance] − height[y, x]` (`axis` x; likewise y), nm.

    Parameters
    ----------
    distance_px
        At least 1 and less than the image along `axis`.

    Returns
    -------
    float32 [y, x − distance] or [y − distance, x]
    """
    shape = errors.slope_sd.shape[0], errors.slope_sd.shape[1]
    variance = np.zeros(1)
    for sd, blur in errors.sorts():
        if sd.any():
            white = white_difference_variance(sd, pixel_size_xy_nm, distance_px, axis)
            variance = variance + white * kept_by_filter(shape, pixel_size_xy_nm, blur, distance_px, axis)
    return np.asarray(np.sqrt(variance), dtype=np.float32)


def kept_by_filter(
    shape: tuple[int, int], pixel_size_xy_nm: tuple[float, float], blur_px: float, distance_px: int, axis: Axis
) -> F64:
    """Share of a height difference's variance that a Gaussian filter of the slopes leaves, for every pair of an image.

    Returns
    -------
    float64 [y, x − distance] or [y − distance, x]
    """
    even = even_difference_variance(shape, pixel_size_xy_nm, distance_px, axis)
    return np.maximum(1.0 - blurred_away(pixel_size_xy_nm, blur_px, distance_px, axis) / even, 0.0)


@_compiled  # type: ignore[untyped-decorator]
def _block_variances(
    closed_sd: F32, slope_sd: F32, level: np.float32, kept: np.float32, white: F32, patch: F32
) -> None:
    """Means in blocks, the last ones smaller: of the noise before its filter, and of what the network adds to it."""
    rows, columns = slope_sd.shape
    first, second = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for by in range(white.shape[0]):
        first[:], second[:] = np.float32(0.0), np.float32(0.0)
        bottom = min((by + 1) * BLOCK, rows)
        for y in range(by * BLOCK, bottom):
            before, after = closed_sd[y], slope_sd[y]
            for x in range(columns):
                noise = before[x] * before[x] * level
                first[x] += noise
                second[x] += max(after[x] * after[x] - noise * kept, np.float32(0.0))
        for bx in range(white.shape[1]):
            left, right = bx * BLOCK, min((bx + 1) * BLOCK, columns)
            count = np.float32((bottom - by * BLOCK) * (right - left))
            white[by, bx] = first[left:right].sum() / count
            patch[by, bx] = second[left:right].sum() / count


@_compiled  # type: ignore[untyped-decorator]
def _height_sd(factor: F32, variance: F32, lost: F32, out: F32) -> None:
    rows, columns = out.shape
    wide, less = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for y in range(rows):
        if y % BLOCK == 0:
            for bx in range(variance.shape[1]):
                wide[bx * BLOCK : (bx + 1) * BLOCK] = variance[y // BLOCK, bx]
                less[bx * BLOCK : (bx + 1) * BLOCK] = lost[y // BLOCK, bx]
        per, line = factor[y], out[y]
        for x in range(columns):
            line[x] = np.sqrt(max(per[x] * per[x] * wide[x] - less[x], np.float32(0.0)))
