"""The sd that is stated of a slope: what the network says of it, corrected by what its slopes look like around.

A network says how far it errs from what it has seen; the slopes that came of it tell more. Where they are smooth over
twenty pixels hardly an error is left, less than it dares to say; where they have structure of the size of its sd, it
is the structure that is uncertain. A small table, fitted on frames with known slopes, turns a few numbers of every
block of 4 × 4 pixels into a factor on the sd of its pixels, which is drawn out smoothly between blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.inference.elementary import exponentials, logarithms
from eclips4d.inference.networks.card import SdTable
from eclips4d.inference.networks.heads import USUAL_UNIT

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

BLOCK: Final = 4
"""Side of a block, pixels."""
NUMBERS: Final = (
    "sd over the noise unit",
    "noise unit",
    "slope",
    "scatter of the slopes in a block, over the sd",
    "scatter of 3 × 3 blocks, over the sd",
    "scatter of 7 × 7 blocks, over the sd",
    "what the amplifiers carry over from pixel to pixel",
)
"""What a table is asked with; all but the last as logarithms."""
VERSION: Final = "surroundings-1"
"""Changes whenever a number changes its meaning: tables belong to one version."""
FURTHEST: Final = 4.0
"""Numbers are held within so many of their spreads around their mean: a table says nothing of what is beyond."""
FACTORS: Final = (0.05, 4.0)
"""Range of the factor."""
_NEAR, _WIDE = 1, 3
"""Blocks to every side of which scatter is taken."""
_FAINT, _LEVEL = 0.01, 1e-4
"""Added to squares before their logarithm: scatter over the sd, and slopes."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A table ready to be asked: one hidden layer of rectified sums.

    Attributes
    ----------
    centre, per_spread : float32 [n]
        By which numbers are levelled.
    weight : float32 [h, n + 1]
        Of the levelled numbers in every sum, then its constant.
    share : float32 [h + 1]
        Of the sums in the factor's logarithm, then its constant.
    """

    centre: F32
    per_spread: F32
    weight: F32
    share: F32

    @classmethod
    def of(cls, table: SdTable) -> Self:
        """As a card holds it.

        Raises
        ------
        InputError
            Its numbers are not those of a table of this version.
        """
        count = len(NUMBERS)
        shapes = {len(table.centre), len(table.spread), *(len(row) - 1 for row in table.weight)}
        if table.version != VERSION or shapes != {count} or len(table.share) != len(table.weight) + 1:
            cure = "fit it again: eclips4d train coverage"
            raise InputError(f"holds a table {table.version!r} of the slopes' sd that is not {VERSION!r}", cure=cure)
        spread = np.array(table.spread, np.float32)
        centre, weight, share = (np.array(v, np.float32) for v in (table.centre, table.weight, table.share))
        return cls(centre, np.float32(1.0) / spread, weight, share)

    def stated(self, slope: F32, slope_sd: F32, noise_unit: float, lag_memory: float) -> F32:
        """The sd of slopes, float32 [y, x].

        Parameters
        ----------
        slope
            As they are given out, [2, y, x].
        slope_sd
            As the network says it, [y, x]; kept where there is no number around.
        noise_unit
            Slope that the network counts as 1.
        lag_memory
            Of the calibration: taking a lag back lifts noise, and leaves what no table of other frames knows.
        """
        asked = numbers_of(slope, slope_sd, noise_unit, lag_memory)
        factor = np.empty(asked.shape[1:], np.float32)
        _factors(asked, self.centre, self.per_spread, self.weight, self.share, factor)
        out = np.empty_like(slope_sd)
        _drawn_out(factor, slope_sd, out)
        return out


def numbers_of(slope: F32, slope_sd: F32, noise_unit: float, lag_memory: float) -> F32:
    """`NUMBERS` of every block, float32 [n, y/BLOCK, x/BLOCK] with the last ones smaller; parameters as `stated`."""
    rows, columns = slope_sd.shape
    blocks = -(-rows // BLOCK), -(-columns // BLOCK)
    means, inside = np.empty((2, *blocks), np.float32), np.empty((2, *blocks), np.float32)
    _blocks(slope, slope_sd, means, inside)
    asked = np.empty((len(NUMBERS), *blocks), np.float32)
    asked[1] = np.log(noise_unit / USUAL_UNIT)
    asked[6] = lag_memory
    _asked(means, inside, np.float32(1.0 / noise_unit**2), asked)
    return asked


@_compiled  # type: ignore[untyped-decorator]
def _blocks(slope: F32, slope_sd: F32, means: F32, inside: F32) -> None:
    """Mean slopes of blocks; their scatter in it, summed over both components, and the mean variance."""
    rows, columns = slope_sd.shape
    down, across = means.shape[1:]
    first = np.empty((2, columns), np.float32)
    sums = np.empty((4, columns), np.float32)
    p_sum, q_sum, squares, variances = sums[0], sums[1], sums[2], sums[3]
    for by in range(down):
        top, bottom = by * BLOCK, min((by + 1) * BLOCK, rows)
        # Over the slope of a pixel of its own: on a steep face rounding would else pass for scatter.
        for bx in range(across):
            left, right = bx * BLOCK, min((bx + 1) * BLOCK, columns)
            first[0, left:right] = _finite(slope[0, top, left])
            first[1, left:right] = _finite(slope[1, top, left])
        sums[:] = np.float32(0.0)
        for y in range(top, bottom):
            p, q, sd, p0, q0 = slope[0, y], slope[1, y], slope_sd[y], first[0], first[1]
            for x in range(columns):
                dp, dq = _finite(p[x] - p0[x]), _finite(q[x] - q0[x])
                p_sum[x] += dp
                q_sum[x] += dq
                squares[x] += dp * dp + dq * dq
                variances[x] += _finite(sd[x] * sd[x])
        for bx in range(across):
            left, right = bx * BLOCK, min((bx + 1) * BLOCK, columns)
            share = np.float32(1.0 / ((bottom - top) * (right - left)))
            a = b = c = d = np.float32(0.0)
            for x in range(left, right):
                a, b, c, d = a + p_sum[x], b + q_sum[x], c + squares[x], d + variances[x]
            a, b = a * share, b * share
            means[0, by, bx], means[1, by, bx] = first[0, left] + a, first[1, left] + b
            inside[0, by, bx], inside[1, by, bx] = max(c * share - a * a - b * b, np.float32(0.0)), d * share


@_compiled  # type: ignore[untyped-decorator]
def _asked(means: F32, inside: F32, per_unit: np.float32, out: F32) -> None:
    """All but what is one number for the frame."""
    down, across = means.shape[1:]
    faint, level, half, tiny = np.float32(_FAINT), np.float32(_LEVEL), np.float32(0.5), np.float32(1e-30)
    found, room = np.empty((5, across), np.float32), np.empty(across, np.int32)
    sums, held = np.empty((3, across + 2 * _WIDE)), np.empty(across, np.float32)
    near, wide = found[3], found[4]
    for by in range(down):
        _scatter(means, by, _NEAR, sums, near)
        _scatter(means, by, _WIDE, sums, wide)
        variance, scatter, p, q = inside[1, by], inside[0, by], means[0, by], means[1, by]
        for x in range(across):
            held[x] = max(variance[x], tiny)
            found[0, x] = held[x] * per_unit
            found[1, x] = p[x] * p[x] + q[x] * q[x] + level
        for x in range(across):
            per = np.float32(1.0) / held[x]
            found[2, x] = scatter[x] * per + faint
            near[x] = near[x] * per + faint
            wide[x] = wide[x] * per + faint
        for k in range(5):
            target = out[k + 1 if k else 0, by]
            logarithms(found[k], room, target)
            for x in range(across):
                target[x] *= half


@_compiled  # type: ignore[untyped-decorator]
def _scatter(means: F32, by: int, reach: int, sums: F64, out: F32) -> None:
    """Variance of mean slopes over blocks `reach` to every side, both components; those at the edge repeat.

    In double precision: it is what is left of squares as large as slopes.
    """
    down, across = means.shape[1:]
    width = 2 * reach + 1
    inner = sums[:, reach : reach + across]
    inner[:] = 0.0
    for j in range(by - reach, by + reach + 1):
        row = min(max(j, 0), down - 1)
        first, second = means[0, row], means[1, row]
        for x in range(across):
            p, q = np.float64(first[x]), np.float64(second[x])
            inner[0, x] += p
            inner[1, x] += q
            inner[2, x] += p * p + q * q
    for k in range(3):
        sums[k, :reach], sums[k, reach + across : across + 2 * reach] = inner[k, 0], inner[k, across - 1]
    wider, share = np.zeros((3, across)), 1.0 / width**2
    for k in range(3):
        for i in range(width):
            shifted, total = sums[k, i : i + across], wider[k]
            for x in range(across):
                total[x] += shifted[x]
    a, b, c = wider[0], wider[1], wider[2]
    for x in range(across):
        out[x] = np.float32(max(c[x] * share - (a[x] * a[x] + b[x] * b[x]) * (share * share), 0.0))


@_compiled  # type: ignore[untyped-decorator]
def _finite(value: np.float32) -> np.float32:
    """0 for what is no number: a pixel without one tells nothing of its surroundings."""
    return value if abs(value) < np.float32(np.inf) else np.float32(0.0)


@_compiled  # type: ignore[untyped-decorator]
def _factors(asked: F32, centre: F32, per_spread: F32, weight: F32, share: F32, out: F32) -> None:
    """What the table says of every block."""
    count, down, across = asked.shape
    furthest, zero = np.float32(FURTHEST), np.float32(0.0)
    least, most = np.float32(np.log(FACTORS[0])), np.float32(np.log(FACTORS[1]))
    levelled = np.empty((count, across), np.float32)
    total, room = np.empty(across, np.float32), np.empty(across, np.int32)
    one = np.empty(across, np.float32)
    for by in range(down):
        for k in range(count):
            given, line = asked[k, by], levelled[k]
            for x in range(across):
                line[x] = min(max((given[x] - centre[k]) * per_spread[k], -furthest), furthest)
        total[:] = share[share.size - 1]
        for h in range(weight.shape[0]):
            one[:] = weight[h, count]
            for k in range(count):
                line, w = levelled[k], weight[h, k]
                for x in range(across):
                    one[x] += w * line[x]
            s = share[h]
            for x in range(across):
                total[x] += s * max(one[x], zero)
        for x in range(across):
            total[x] = min(max(total[x], least), most)
        exponentials(total, room, out[by])


@_compiled  # type: ignore[untyped-decorator]
def _drawn_out(factor: F32, slope_sd: F32, out: F32) -> None:
    """The sd times the factor, linear between the middles of blocks."""
    rows, columns = slope_sd.shape
    down, across = factor.shape
    line, grown = np.empty(across + 2, np.float32), np.empty((across + 1) * BLOCK, np.float32)
    for y in range(rows):
        place = y + BLOCK // 2
        above, below = min(max(place // BLOCK - 1, 0), down - 1), min(place // BLOCK, down - 1)
        part = np.float32((place % BLOCK + 0.5) / BLOCK)
        for x in range(across):
            line[x + 1] = factor[above, x] + part * (factor[below, x] - factor[above, x])
        line[0], line[across + 1] = line[1], line[across]
        for i in range(BLOCK):
            to_right = np.float32((i + 0.5) / BLOCK)
            for x in range(across + 1):
                grown[x * BLOCK + i] = line[x] + to_right * (line[x + 1] - line[x])
        source, target, shifted = slope_sd[y], out[y], grown[BLOCK // 2 :]
        for x in range(columns):
            target[x] = source[x] * shifted[x]
