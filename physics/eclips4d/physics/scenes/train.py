"""A train of bunched steps across the flow, tabulated over one period."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

FloatArray = NDArray[np.float64]

RISER_HALF_WIDTH_NM = 13.0
"""Of a bunch: its profile is a hyperbolic tangent, so that it is as steep as its height over twice this."""
ELEMENTARY_NM = 0.2087
"""Single steps on the terraces between the bunches: Cu {111}."""
ELEMENTARY_SD_NM = 2.5
_ELEMENTARY_APART_NM = 48.0

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


class Train(NamedTuple):
    """Bunched steps that come again after a period.

    Attributes
    ----------
    bunches : float64 [N, 2]
        Position along the flow and height, nm, in order.
    period_nm
        A whole number.
    table : float64 [period, 4]
        Height about the mean plane and its slope at every nm; position and number of the nearest bunch.
    """

    bunches: FloatArray
    period_nm: int
    table: FloatArray


def bunched_train(spacing_nm: int, height_nm: float, count: int, random: np.random.Generator) -> Train:
    """Bunches of uneven distance and height, with evenly spaced elementary steps in between."""
    period = spacing_nm * count
    position = (np.arange(count) + 0.5) * spacing_nm + random.uniform(-0.18, 0.18, count) * spacing_nm
    bunches = np.column_stack([position, height_nm * random.uniform(0.75, 1.1, count)])
    q = np.arange(period, dtype=np.float64)
    height, slope = bunched_profile(q, bunches, period)
    around = np.concatenate([position[-1:] - period, position, position[:1] + period])
    nearest = np.abs(q[:, None] - around).argmin(axis=1)
    return Train(bunches, period, np.column_stack([height, slope, around[nearest], nearest - 1.0]))


def bunched_profile(q: FloatArray, bunches: FloatArray, period: float) -> tuple[FloatArray, FloatArray]:
    """Height about the mean plane and slope of the descending train at distances `q` from 0 to the period."""
    elementary = round(period / _ELEMENTARY_APART_NM)
    apart = period / elementary
    at = np.concatenate([bunches[-6:, 0] - period, bunches[:, 0], bunches[:6, 0] + period])
    rise = np.concatenate([bunches[-6:, 1], bunches[:, 1], bunches[:6, 1]])
    mean = (bunches[:, 1].sum() + elementary * ELEMENTARY_NM) / period
    height, slope = mean * q + bunches[-6:, 1].sum(), np.full(len(q), mean)
    for place, step in zip(at, rise, strict=True):
        t = np.tanh((q - place) / RISER_HALF_WIDTH_NM)
        height = height - step * 0.5 * (1.0 + t)
        slope = slope - step * 0.5 * (1.0 - t * t) / RISER_HALF_WIDTH_NM
    whole = np.rint(q / apart)
    off = (q - whole * apart) / (np.sqrt(2.0) * ELEMENTARY_SD_NM)
    height = height - ELEMENTARY_NM * (whole + 0.5 * erf(off))
    slope = slope - ELEMENTARY_NM * np.exp(-off * off) / (np.sqrt(2.0 * np.pi) * ELEMENTARY_SD_NM)
    return height, slope


@_compiled  # type: ignore[untyped-decorator]
def train_height(q: float, table: FloatArray, count: int) -> tuple[float, float, float]:
    """Height, number of the nearest bunch and distance from it, at any distance along the flow.

    Hermite's cubic between the table's heights and slopes.
    """
    n = table.shape[0]
    periods = math.floor(q / n)
    q -= periods * n
    i = min(int(q), n - 1)
    f = q - i
    e = 1.0 - f
    k = i + 1 if i + 1 < n else 0
    here = e * e * ((1.0 + 2.0 * f) * table[i, 0] + f * table[i, 1])
    there = f * f * ((1.0 + 2.0 * e) * table[k, 0] - e * table[k, 1])
    return here + there, periods * count + table[i, 3], q - table[i, 2]
