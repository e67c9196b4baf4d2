"""The error spectrum with which stated and found height differences agree best.

Quantile losses [Koenker & Bassett 1978] of the logarithm of the errors at 68 and 95 %, as for the sd of slopes: shares
within the sd are what is promised, and errors have longer tails than a normal law.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from eclips4d.inference.networks.bands import Band, left_of_variance, narrowest_blur
from eclips4d.inference.networks.difference_noise import (
    Axis,
    blurred_away,
    even_difference_variance,
    white_difference_variance,
)
from eclips4d.inference.networks.height_coverage import TWO_SD, JudgedHeight
from eclips4d.inference.networks.uncertainty import ErrorSpectrum, left_of_noise, slope_errors

F64 = NDArray[np.float64]

DISTANCES_PX = (10, 32, 100, 200)
"""At which a fit compares; those beyond two thirds of a frame are left out."""
PAIRS = 400
"""Drawn of every frame and distance."""
_SHARES = ((0.6827, 1.0), (0.95, TWO_SD))
"""Of normal errors within so many standard deviations."""
_START, _LEAST, _MOST = np.log(
    [[1.0, 1.5, 1.3, 0.6, 8.0], [0.9, 0.5, 0.3, 0.2, 1.0], [1.5, 6.0, 5.0, 24.0, 200.0]],
)
"""Of `ErrorSpectrum`'s numbers, in their order; slopes are anchored, so nothing makes long waves less noisy."""
_STEP, _EVALUATIONS, _ROUNDS = 0.3, 300, 2
_BLURS_PX = np.geomspace(0.02, 300.0, 160)
_SMALL_NM = 1e-9


def fit_height_coverage(frames: Sequence[JudgedHeight], seed: int = 0) -> ErrorSpectrum:
    """The spectrum with the least quantile losses, all frames and distances alike.

    Where patches are depends on how far the filter of the noise reaches; it is kept while the spectrum is sought, and
    found again with the result.

    Parameters
    ----------
    frames
        Like those the network is trained for, never those it is judged on.
    seed
        Of the pairs that are drawn.
    """
    found = ErrorSpectrum(*(float(value) for value in np.exp(_START)))
    for _ in range(_ROUNDS):
        found = _sought(_drawn(frames, found, np.random.default_rng(seed)), found)
    return replace(found, **{name: float(f"{value:.4g}") for name, value in asdict(found).items()})


def coverage_table(frames: Sequence[JudgedHeight]) -> dict[str, float]:
    """What a card's `coverage` table says of heights: the fitted spectrum, and how many pixels share a slope error.

    Parameters
    ----------
    frames
        As for `fit_height_coverage`.
    """
    spectrum = fit_height_coverage(frames)
    # Without the lag's share, which a store takes from the calibration.
    alike = [slope_errors(frame.closed_sd, frame.slope_sd, spectrum).pixels_alike for frame in frames]
    return asdict(spectrum) | {"pixels_alike": float(f"{np.exp(np.mean(np.log(alike))):.3g}")}


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Height differences of some frames over one distance along one axis, with what no spectrum changes.

    Attributes
    ----------
    error : float64 [frame, m]
        nm.
    even, noise, more : float64 [frame, m]
        Variance of a difference by white noise of sd 1 everywhere, nm²; variances of slopes that multiply it: of the
        closed form's noise, and of what the network states beyond.
    left : float64 [frame, 1]
        Of the noise's variance, as the network states it.
    lost : float64 [n]
        Of `even` behind each of `_BLURS_PX`.
    """

    error: F64
    even: F64
    noise: F64
    more: F64
    left: F64
    lost: F64

    def losses(self, spectrum: ErrorSpectrum) -> float:
        """Their mean."""
        over = np.log(np.abs(self.error) + _SMALL_NM) - 0.5 * np.log(self._variance(spectrum))
        each = (over - np.log(times) for _, times in _SHARES)
        return float(sum(np.maximum(s * o, (s - 1.0) * o).mean() for (s, _), o in zip(_SHARES, each, strict=True)))

    def _variance(self, spectrum: ErrorSpectrum) -> F64:
        level, patches = spectrum.long_wave**2, Band(spectrum.patch_px, spectrum.held_px)
        noise = self.even - self._lost(spectrum.reach * narrowest_blur(self.left / level))
        more = np.minimum(self._lost(patches.outer_px), self.even) - self._lost(patches.blur_px)
        power = spectrum.beyond**2 / left_of_variance(patches.blur_px)
        return np.asarray(np.maximum(level * self.noise * noise + power * self.more * more, _SMALL_NM**2))

    def _lost(self, blur_px: F64 | float) -> F64:
        return np.asarray(np.interp(blur_px, _BLURS_PX, self.lost))


def _drawn(frames: Sequence[JudgedHeight], spectrum: ErrorSpectrum, random: np.random.Generator) -> list[_Pairs]:
    """Pairs of all frames; the axes in turn, as both of every frame tell hardly more."""
    found: dict[tuple[object, ...], list[_Pairs]] = {}
    for k, frame in enumerate(frames):
        axis: Axis = "x" if k % 2 == 0 else "y"
        for r in (r for r in DISTANCES_PX if 3 * r <= 2 * min(frame.error.shape)):
            alike = (r, axis, frame.pixel_size_xy_nm, frame.error.shape)
            found.setdefault(alike, []).append(_pairs(frame, r, axis, spectrum, random))
    rows = ("error", "even", "noise", "more", "left")
    return [
        _Pairs(**{name: np.stack([getattr(one, name) for one in of]) for name in rows}, lost=of[0].lost)
        for of in found.values()
    ]


def _pairs(
    frame: JudgedHeight, distance_px: int, axis: Axis, spectrum: ErrorSpectrum, random: np.random.Generator
) -> _Pairs:
    """Of one frame, without the dimension of frames."""
    r, error, pixel = distance_px, frame.error.astype(np.float64), frame.pixel_size_xy_nm
    found = error[:, r:] - error[:, :-r] if axis == "x" else error[r:] - error[:-r]
    chosen = random.choice(found.size, min(PAIRS, found.size), replace=False)
    errors = slope_errors(frame.closed_sd, frame.slope_sd, spectrum, frame.noise_correlation_px)
    (noise_sd, _), (patch_sd, _) = errors.sorts()
    even = np.broadcast_to(even_difference_variance(_shape(frame), pixel, r, axis), found.shape).ravel()[chosen]
    noise, patch = (np.ravel(white_difference_variance(sd, pixel, r, axis))[chosen] for sd in (noise_sd, patch_sd))
    return _Pairs(
        error=found.ravel()[chosen],
        even=even,
        noise=noise / even / spectrum.long_wave**2,
        more=patch / even / errors.patch_power,
        left=np.array([left_of_noise(frame.closed_sd, frame.slope_sd, frame.noise_correlation_px)]),
        lost=_lost_behind(pixel, r, axis),
    )


def _sought(drawn: Sequence[_Pairs], start: ErrorSpectrum) -> ErrorSpectrum:
    def misfit(logarithms: F64) -> float:
        held = np.clip(logarithms, _LEAST, _MOST)
        spectrum = ErrorSpectrum(*(float(value) for value in np.exp(held)))
        each = np.array([pairs.losses(spectrum) for pairs in drawn])
        return float(np.average(each, weights=weights) + np.square(logarithms - held).sum())

    weights = [pairs.error.size for pairs in drawn]
    begin = np.log(list(asdict(start).values()))
    simplex = np.vstack([begin, begin + _STEP * np.eye(len(begin))])
    settings = {"maxfev": _EVALUATIONS, "xatol": 0.005, "fatol": 1e-7, "initial_simplex": simplex}
    best = np.clip(minimize(misfit, begin, method="Nelder-Mead", options=settings).x, _LEAST, _MOST)
    return ErrorSpectrum(*(float(value) for value in np.exp(best)))


@lru_cache(maxsize=64)
def _lost_behind(pixel_size_xy_nm: tuple[float, float], distance_px: int, axis: Axis) -> F64:
    return np.array([blurred_away(pixel_size_xy_nm, float(blur), distance_px, axis) for blur in _BLURS_PX])


def _shape(frame: JudgedHeight) -> tuple[int, int]:
    return frame.error.shape[0], frame.error.shape[1]
