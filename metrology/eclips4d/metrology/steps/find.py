"""Where steps seem to be on a profile: filters of several widths on its slope, the finest that tells them apart first.

The slope of a step is a hump. A filter that is a Gaussian less one three times as wide takes off the slope of the
terraces; a response counts where it exceeds what counting noise would do `false_steps` times per profile, and what
the texture of this profile's own terraces does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from eclips4d.metrology.steps.lobes import AROUND, LOBE_REACH, PLANE, WIDEST_LOBE, in_lobes
from eclips4d.metrology.steps.threshold import threshold

F64 = NDArray[np.float64]

FINEST, COARSER, BROADEST = 1.2, 1.5, 12.0
"""Standard deviations of the filters: of the narrowest, from one to the next, of the broadest; samples."""
APART = 2.0
"""A broader filter finds nothing new within so many of its standard deviations of what a finer one found."""
QUARTER, CUT = 0.3186, 3.5
"""A quarter of normal numbers is below this many standard deviations; beyond the second a sample is no texture."""
BROADER = 1.3
"""Of the finest filter's texture: so much a broader one's can be, where steps do not leave enough room to see it."""


@dataclass(frozen=True, slots=True)
class Seed:
    """Where a step seems to be: sample, slope of its hump, the hump's standard deviation in samples."""

    place: float
    slope: float
    sd: float
    significance: float


def find_seeds(
    slope: F64,
    sd: F64,
    explained: F64 | None = None,
    false_steps: float = 0.01,
    most_texture: list[tuple[float, float]] | None = None,
) -> list[Seed]:
    """Steps of a profile, in the order of their places, roughly.

    Parameters
    ----------
    slope : float64 [n]
        Along the profile, or what is left of it; NaN where nothing was seen.
    sd : float64 [n]
        Of its noise, samples taken as independent.
    explained : float64 [n], optional
        By how much the slope may be off besides, because something was taken off it.
    false_steps : float
        How many false steps per profile of noise are accepted.
    most_texture : list of (float, float), optional
        Widths of the filters and what texture can be at most on them, where that is known better than from here.
    """
    seen = np.isfinite(slope + sd)
    if seen.sum() < 8.0 * FINEST:
        return []
    at = np.arange(slope.size)
    slope, sd = (np.interp(at, at[seen], values[seen]) for values in (slope, sd))
    kernels = _kernels(slope.size)
    least = _least(slope.size, false_steps)
    found: list[Seed] = []
    finest = np.inf
    for k, (width, kernel) in enumerate(kernels):
        response = _filtered(slope, kernel)
        most = np.inf if most_texture is None else most_texture[k][1]
        texture = min(_texture(response[seen]), BROADER * finest, most)
        finest = min(finest, texture)
        counted = np.sqrt(_filtered(sd**2, kernel**2))
        noise = np.maximum(counted, texture)
        if explained is not None:
            noise = noise + _filtered(explained, np.abs(kernel))
        fresh = _peaks(response, response / noise, least * counted, least, width, seen)
        found = _joined(found, fresh, least)
    return sorted(found, key=lambda seed: seed.place)


def filters_of(samples: int) -> list[float]:
    """Standard deviations of the filters for a profile of so many samples."""
    return [width for width, _ in _kernels(samples)]


def texture_of(left: F64) -> list[tuple[float, float]]:
    """What the filters make of a profile without its steps: their widths in samples, and standard deviations."""
    seen = np.isfinite(left)
    at = np.arange(left.size)
    whole = np.interp(at, at[seen], left[seen])
    return [(width, 1.4826 * float(np.median(np.abs(_filtered(whole, k)[seen])))) for width, k in _kernels(left.size)]


def response_of(slope: float, sd: float, width: float) -> float:
    """What a filter of a width makes of a hump: its response in the middle of the hump."""
    narrow, broad = np.hypot(sd, width), np.hypot(sd, AROUND * width)
    return slope * float(sd / narrow - sd / broad)


def least_of(samples: int, false_steps: float) -> float:
    """Standard deviations that a response must reach on a profile of so many samples."""
    return _least(samples, false_steps)


@lru_cache(maxsize=16)
def _least(samples: int, false_steps: float) -> float:
    return threshold([kernel for _, kernel in _kernels(samples)], samples, false_steps)


@lru_cache(maxsize=16)
def _kernels(samples: int) -> list[tuple[float, F64]]:
    widths = [FINEST]
    while widths[-1] * COARSER <= min(BROADEST, samples / 8.0):
        widths.append(widths[-1] * COARSER)
    return [(width, _kernel(width)) for width in widths]


def _kernel(width: float) -> F64:
    reach = np.ceil(3.0 * AROUND * width)
    at = np.arange(-reach, reach + 1)
    narrow, broad = (np.exp(-0.5 * (at / w) ** 2) for w in (width, AROUND * width))
    return np.asarray(narrow / narrow.sum() - broad / broad.sum(), np.float64)


def _filtered(values: F64, kernel: F64) -> F64:
    reach = kernel.size // 2
    beyond = np.full(reach, values[0]), values, np.full(reach, values[-1])
    return np.asarray(np.convolve(np.concatenate(beyond), kernel, mode="valid"), np.float64)


def _texture(response: F64) -> float:
    """Standard deviation of the response where there is no step, from the quarter of samples with the weakest one."""
    kept = np.sort(np.abs(response))
    for _ in range(5):
        spread = float(kept[kept.size // 4]) / QUARTER
        inside = int(np.searchsorted(kept, CUT * spread))
        if inside == kept.size or inside < 8:
            break
        kept = kept[:inside]
    return spread


def _peaks(response: F64, strength: F64, sure: F64, least: float, width: float, seen: NDArray[np.bool_]) -> list[Seed]:
    # Two maxima are two steps only if the saddle between them is as sure as a step is.
    places = [find_peaks(sign * strength, height=least, prominence=least)[0] for sign in (1.0, -1.0)]
    at = np.concatenate(places)
    at = at[seen[at]]
    at = at[~in_lobes(at, response, sure, width)]
    return [Seed(float(k), float(response[k]), width, float(abs(strength[k]))) for k in at]


def _joined(before: list[Seed], seeds: list[Seed], least: float) -> list[Seed]:
    """What finer filters found, and what a broader one finds besides.

    Something weak that a finer filter found may be its swing back, with noise, beside a hump that only the broader one
    shows: to the finer one that hump was less than `least`.
    """
    if not (seeds and before):
        return before + seeds
    (place, slope, sd, sure), (place_0, slope_0, sd_0, sure_0) = (
        np.array([(seed.place, seed.slope, seed.sd, seed.significance) for seed in some]).T for some in (seeds, before)
    )
    distance, same = np.abs(place[:, None] - place_0), slope[:, None] * slope_0 > 0.0
    again = same & (distance < APART * sd[:, None] + sd_0)
    beside = ~same & (distance < LOBE_REACH * sd[:, None])
    weak = (sure_0 < sure[:, None]) & (sure_0 < (1.0 + PLANE * WIDEST_LOBE) * least)
    lobe = (beside & weak & ~again.any(axis=1)[:, None]).any(axis=0)
    known = ((again | beside) & ~lobe).any(axis=1)
    kept = [seed for seed, gone in zip(before, lobe, strict=True) if not gone]
    return kept + [seed for seed, old in zip(seeds, known, strict=True) if not old]
