"""Height uncertainty after a network: its slope errors are no longer white.

Three things are left of a slope's noise. At long wavelengths the closed form's white noise stands as it was, since no
local average takes it away. At short ones it is filtered: how far the filter reaches follows from the variance that the
network says is left. Where it says that more is left (in shadows, at risers), that is an error with a patch of its own,
which over longer distances averages out: there slopes are anchored to the closed form. Heights take up slope errors at
all wavelengths alike, so a network makes heights over long distances hardly better than the closed form's, and over
short ones much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.height_noise import BLOCK, HeightNoise
from eclips4d.inference.networks.bands import Band, left_of_variance, narrowest_blur
from eclips4d.inference.networks.difference_noise import Axis, white_difference_variance

F32 = NDArray[np.float32]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True)
class ErrorSpectrum:
    """What a model card says of a network's slope errors; as it stands, they are the closed form's.

    Attributes
    ----------
    long_wave : float
        Their sd at long wavelengths over the closed form's.
    reach : float
        Width of the filter over the narrowest that leaves the variance which the network states.
    beyond : float
        Sd of errors beyond noise over what the network states of them.
    patch_px : float
        Gaussian width over which they are alike.
    held_px : float
        Gaussian width over which they average out.
    """

    long_wave: float = 1.0
    reach: float = 1.0
    beyond: float = 1.0
    patch_px: float = 0.0
    held_px: float = np.inf

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
    noise, patches : Band
        What is left of the noise, and of what the network adds to it; pixels correlate as the square of a band's
        filter does.
    beyond : float
        Sd of the latter over what the network states.
    """

    closed_sd: F32
    slope_sd: F32
    level: float
    noise: Band
    patches: Band
    beyond: float = 1.0

    @property
    def patch_power(self) -> float:
        """Of patches before their filter, over the variance that the network adds."""
        return self.beyond**2 / left_of_variance(self.patches.blur_px)

    def sorts(self) -> tuple[tuple[F32, Band], ...]:
        """Both, as (sd per pixel before the filter, float32 [y, x]; what is left of it)."""
        white = np.square(self.closed_sd) * np.float32(self.level)
        more = np.square(self.slope_sd) - white * np.float32(left_of_variance(self.noise.blur_px))
        patch = np.sqrt(np.maximum(more, np.float32(0.0)) * np.float32(self.patch_power))
        return (np.sqrt(white), self.noise), (patch, self.patches)

    @property
    def pixels_alike(self) -> float:
        """How many pixels share one slope error: the variance of a mean of M is theirs over M, times this.

        As if patches did not average out: a mean may be over fewer pixels than they take for it. What heights take up
        of them, `beyond`, is no matter of slopes.
        """
        (noise, _), (patch, _) = self.sorts()
        before = [float(np.mean(np.square(sd, dtype=np.float64))) for sd in (noise, patch / np.float32(self.beyond))]
        after = float(np.mean(np.square(self.slope_sd, dtype=np.float64)))
        return sum(before) / max(after, 1e-30)


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
    level, left = spectrum.long_wave**2, left_of_noise(closed_sd, slope_sd, noise_correlation_px)
    noise = Band(spectrum.reach * float(narrowest_blur(np.array(left / level))))
    patches = Band(spectrum.patch_px, spectrum.held_px)
    return SlopeErrors(closed_sd, slope_sd, level * max(noise_correlation_px, 1.0), noise, patches, spectrum.beyond)


def left_of_noise(closed_sd: F32, slope_sd: F32, noise_correlation_px: float = 1.0) -> float:
    """Median over a frame of the variance that the network states, over the closed form's at long waves."""
    white = np.square(closed_sd[::4, ::4]) * np.float32(max(noise_correlation_px, 1.0))
    return float(np.median(np.square(slope_sd[::4, ::4]) / np.maximum(white, np.float32(1e-30))))


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
    kept = np.float32(left_of_variance(errors.noise.blur_px))
    _block_variances(errors.closed_sd, errors.slope_sd, np.float32(errors.level), kept, white, patch)
    patch *= np.float32(errors.patch_power)
    wide, lost = np.zeros(blocks, np.float32), np.zeros(blocks, np.float32)
    for variance, band in ((noise.around(white), errors.noise), (noise.around(patch), errors.patches)):
        share, too_much = band.height_lost(pixel_size_xy_nm)
        wide += variance * np.float32(share)
        lost += variance * np.float32(too_much)
    out = np.empty_like(errors.slope_sd)
    _height_sd(noise.factor, wide, lost, out)
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
    for sd, band in errors.sorts():
        if sd.any():
            white = white_difference_variance(sd, pixel_size_xy_nm, distance_px, axis)
            variance = variance + white * band.kept(shape, pixel_size_xy_nm, distance_px, axis)
    return np.asarray(np.sqrt(variance), dtype=np.float32)


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
