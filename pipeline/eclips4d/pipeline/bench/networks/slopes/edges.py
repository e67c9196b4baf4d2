"""What a method makes of a straight riser, averaged along it: width, height, transfer, and whether a pair stays one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.networks.judge.risers import Risers
from eclips4d.pipeline.bench.networks.slopes.scores import inside

F64 = NDArray[np.float64]

BIN_PX, REACH_PX = 0.25, 9.0
_WINDOW_PX, _FLAT_PX = 7.0, 4.0
_FREQUENCIES = np.arange(0.0, 1.5, 0.01)
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Profile:
    """Slope along the way across, averaged along all risers of a frame and turned to rise.

    Attributes
    ----------
    at_px : float64 [bins]
        Distance from the riser's middle.
    slope : float64 [bins]
    """

    at_px: F64
    slope: F64


def profile(slope: NDArray[np.floating], risers: Risers) -> Profile:
    """Average slopes [2, y, x] over bins of a quarter pixel."""
    shape = (slope.shape[1], slope.shape[2])
    across, normal, counted = risers.across(shape), risers.normal_slope(slope), inside(shape)
    edges = np.arange(-REACH_PX, REACH_PX + BIN_PX / 2.0, BIN_PX)
    total, count = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
    for centre, sign in zip(risers.centre_px, risers.sign, strict=True):
        here = counted & (np.abs(across - centre) < REACH_PX)
        total += np.histogram(across[here] - centre, edges, weights=sign * normal[here])[0]
        count += np.histogram(across[here] - centre, edges)[0]
    return Profile((edges[1:] + edges[:-1]) / 2.0, total / np.maximum(count, 1.0))


def step_height(found: Profile) -> float:
    """Height of the step, pixels: the slope integrated from 6 px before to 6 px behind it."""
    return float(found.slope[np.abs(found.at_px) < 6.0].sum() * BIN_PX)


def width(found: Profile) -> float:
    """Distance, pixels, in which the integrated slope goes from 10 to 90 % of the step; from the middle outwards."""
    near = np.abs(found.at_px) < 6.0
    rise = np.cumsum(found.slope[near]) * BIN_PX
    border = found.at_px[near] + BIN_PX / 2.0
    share = rise / rise[-1]
    middle = int(np.argmin(np.abs(share - 0.5)))
    below = np.flatnonzero(share[: middle + 1] <= 0.1)
    above = np.flatnonzero(share[middle:] >= 0.9) + middle
    if not len(below) or not len(above):
        return float("nan")
    first, last = int(below[-1]), int(above[0])
    return _crossing(share, border, last - 1, 0.9) - _crossing(share, border, first, 0.1)


def _crossing(share: F64, at: F64, i: int, level: float) -> float:
    """Where the line from i to i + 1 meets a level."""
    step = share[i + 1] - share[i]
    return float(at[i] + (at[i + 1] - at[i]) * ((level - share[i]) / step if step else 0.0))


def transfer(found: Profile) -> F64:
    """Modulation transfer at frequencies 0, 0.01, … per pixel, pixel and riser included: transform of the slope."""
    fade = np.clip((_WINDOW_PX - np.abs(found.at_px)) / (_WINDOW_PX - _FLAT_PX), 0.0, 1.0)
    windowed = found.slope * np.sin(np.pi / 2.0 * fade) ** 2
    spectrum = np.abs(np.exp(-2j * np.pi * _FREQUENCIES[:, None] * found.at_px) @ windowed)
    return np.asarray(spectrum / spectrum[0])


def mtf50(found: Profile) -> float:
    """Frequency, 1/px, from which less than half of the modulation is left; the last one where that never happens."""
    below = np.flatnonzero(transfer(found) < HALF)
    if not len(below):
        return float(_FREQUENCIES[-1])
    modulation, k = transfer(found), int(below[0])
    part = (modulation[k - 1] - HALF) / (modulation[k - 1] - modulation[k])
    return float(_FREQUENCIES[k - 1] + part * (_FREQUENCIES[k] - _FREQUENCIES[k - 1]))


def dip(found: Profile, apart_px: float) -> float:
    """Least slope between the two steps of a pair over the lower one of their peaks; 1 or more: they are one."""
    half = apart_px / 2.0
    peaks = [found.slope[np.abs(found.at_px - side) <= half / 2.0].max() for side in (-half, half)]
    between = found.slope[np.abs(found.at_px) <= half / 2.0].min()
    return float(between / min(peaks)) if min(peaks) > 0.0 else float("inf")
