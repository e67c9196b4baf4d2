"""How the terraces lie: the slope that most of them share, and how much single places differ from it.

Heights are known up to a plane, so flat is what most of the surface calls flat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray
from eclips4d.metrology.gaussian import gaussian_means
from eclips4d.metrology.seen import finite, mean_square
from eclips4d.metrology.terraces.spread import clipped
from eclips4d.registration.blur import blurred

_compiled: Any = numba.njit(cache=True, nogil=True)

LEAST_SMOOTHING_PX, MOST_SMOOTHING_PX, SMOOTHING_PER_SD = 1.0, 2.5, 30.0
CLIP_SD, ROUNDS, SAMPLES = 3.0, 6, 16384
_TRUNCATED = 1.0 - 0.5 * CLIP_SD**2 * np.exp(-0.5 * CLIP_SD**2) / (1.0 - np.exp(-0.5 * CLIP_SD**2))
"""Mean square of one normal component where both together stay within the clip, over its variance."""


@dataclass(frozen=True, slots=True, eq=False)
class Attitude:
    """Slopes seen against the terraces.

    Attributes
    ----------
    slope : (float, float)
        dh/dx, dh/dy that terraces share.
    slope_noise : float
        Root mean square of the slopes' standard deviation, per component and pixel.
    sd : float
        Spread of the smoothed slopes of terraces about it, per component: noise and roughness.
    noise_sd : float
        The part of it that noise alone would make.
    smoothing_px : float
        Standard deviation of the Gaussian in px.
    excess : float32 [2, y, x]
        Smoothed slopes without the shared one; NaN where nothing was seen.
    """

    slope: tuple[float, float]
    slope_noise: float
    sd: float
    noise_sd: float
    smoothing_px: float
    excess: FloatArray


def attitude(
    slope: FloatArray, slope_sd: FloatArray, correlation_px: float = 1.0, smoothing_px: float | None = None
) -> Attitude:
    """Find the slope of the terraces.

    The densest cell of the slopes' histogram begins, a clipped mean in a few rounds refines. Right as long as terraces
    that lie alike are the commonest kind of surface; risers may cover most of it as long as they differ.

    Parameters
    ----------
    slope : float32 [2, y, x]
        NaN where nothing was seen.
    slope_sd : float32 [y, x]
    correlation_px : float
        Pixels that share one value of the noise.
    smoothing_px : float, optional
        From the noise when not given: 1 to 2.5 px.
    """
    seen = finite(slope[0], slope[1])
    noise = float(np.sqrt(mean_square(slope_sd, seen)))
    if smoothing_px is None:
        smoothing_px = float(np.clip(SMOOTHING_PER_SD * noise, LEAST_SMOOTHING_PX, MOST_SMOOTHING_PX))
    smoothed = gaussian_means(slope, seen, smoothing_px)[0]
    # White noise after a Gaussian: 1/(4 pi s²) of its variance, but never more than a pixel has.
    shared = min(1.0, max(correlation_px, 1.0) / (4.0 * np.pi * smoothing_px**2))
    noise_sd = noise * float(np.sqrt(shared))
    stride = max(int(np.sqrt(seen.size / SAMPLES)), 1)
    there = seen[::stride, ::stride]
    common, sd = _clipped(smoothed[:, ::stride, ::stride][:, there].astype(np.float64), noise_sd)
    return Attitude(common, noise, sd, noise_sd, smoothing_px, _less(smoothed, seen, common))


def _clipped(slopes: NDArray[np.float64], noise_sd: float) -> tuple[tuple[float, float], float]:
    """Slope that most of the slopes [2, n] share, and their spread about it."""
    p, q = slopes
    if not p.size:
        return (0.0, 0.0), noise_sd
    centre = _densest(p, q, max(2.0 * noise_sd, 1e-4))
    # A quarter of all places lie nearer than this, and of a Rayleigh distribution those within 0.7585 sd.
    sd = max(float(np.quantile(np.hypot(p - centre[0], q - centre[1]), 0.25)) / 0.7585, 1e-12)
    for _ in range(ROUNDS):
        inside, mean_p, mean_q, spread = clipped(p, q, *centre, CLIP_SD * sd)
        if not inside:
            break
        centre = (mean_p, mean_q)
        sd = max(float(np.sqrt(max(spread, 0.0) / 2.0 / _TRUNCATED)), 1e-12)
    return centre, sd


def _densest(p: NDArray[np.float64], q: NDArray[np.float64], cell: float) -> tuple[float, float]:
    """Middle of the histogram's fullest cell, neighbours counted in."""
    low, high = (tuple(map(float, ends)) for ends in np.quantile([p, q], (0.02, 0.98), axis=1))
    cell = max(cell, (high[0] - low[0]) / 200.0, (high[1] - low[1]) / 200.0)
    shape = tuple(int((top - bottom) / cell) + 3 for bottom, top in zip(low, high, strict=True))
    column, row = (
        np.clip(((v - bottom) / cell).astype(np.int64) + 1, 0, n - 1)
        for v, bottom, n in zip((p, q), low, shape, strict=True)
    )
    counts = np.bincount(column * shape[1] + row, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float32)
    counts[[0, -1]], counts[:, [0, -1]] = 0.0, 0.0  # what lies beyond the quantiles
    peak = np.unravel_index(int(np.argmax(blurred(counts[None], 1.0, continued=True))), shape)
    return (low[0] + (peak[0] - 0.5) * cell, low[1] + (peak[1] - 0.5) * cell)


def _less(vector: FloatArray, seen: NDArray[np.bool_], shared: tuple[float, float]) -> FloatArray:
    """A vector field without what all share; NaN where nothing was seen."""
    out = np.empty_like(vector)
    _subtract(vector, seen, np.asarray(shared, np.float32), out)
    return out


@_compiled  # type: ignore[untyped-decorator]
def _subtract(vector: FloatArray, seen: NDArray[np.bool_], shared: FloatArray, out: FloatArray) -> None:
    for c in range(2):
        for y in range(seen.shape[0]):
            row, there, made = vector[c, y], seen[y], out[c, y]
            for x in range(row.size):
                made[x] = row[x] - shared[c] if there[x] else np.float32(np.nan)
