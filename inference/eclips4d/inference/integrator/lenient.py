"""How far measured slopes count over long distances: less where steps of a wall already exceed them.

What `one_sided` and `readings` do in many rounds of small kernels, once and in one pass. Where slopes stand out of
those three pixels before and behind, and the height steps more than was read, what was read is too low.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.integrator.twice import for_both

F32 = NDArray[np.float32]

REACH: Final = 3
"""Pixels to what a wall stands out of."""
SD: Final = 2.0
"""By how many standard deviations it does."""
FORGIVEN: Final = 0.1
"""Excess, in standard deviations, from which it counts less."""
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def counted(border: F32, weight: F32, height: F32, unit: float, per: tuple[np.float32, np.float32]) -> F32:
    """From 0, where nothing was read, to 1, [2, y, x].

    Parameters
    ----------
    border, weight
        As read, [2, y, x]; one over the variance, which is `unit`² for 1.
    height
        [y, x], nm.
    per
        1/dx, 1/dy.
    """
    out = np.empty_like(border)
    rows = height.shape[0]
    sign = np.float32(1.0 / (SD * unit) ** 2)
    limit = np.float32((FORGIVEN * unit) ** 2)

    def half(part: int) -> None:
        first, last = part * rows // 2, (part + 1) * rows // 2
        _along(border[0], weight[0], height, per[0], sign, limit, first, last, out[0])
        _down(border[1], weight[1], height, per[1], sign, limit, first, last, out[1])

    for_both(half, height.size)
    return out


@_compiled  # type: ignore[untyped-decorator]
def _along(
    border: F32,
    weight: F32,
    height: F32,
    per: np.float32,
    sign: np.float32,
    limit: np.float32,
    first: int,
    last: int,
    out: F32,
) -> None:
    columns = height.shape[1]
    slope = np.empty(columns + 2 * REACH, np.float32)
    lines = np.zeros((3, columns + 2), np.float32)  # slope, what stands out, misfit; one pixel more on either side
    for y in range(first, last):
        g, h = border[y], height[y]
        slope[:REACH] = g[0]
        slope[REACH : columns + REACH] = g
        slope[columns + REACH :] = g[columns - 1]
        lines[0, 1 : columns + 1] = g
        for x in range(columns):
            lines[1, x + 1] = _standing_out(slope[x], slope[x + REACH], slope[x + 2 * REACH])
        for x in range(columns - 1):
            lines[2, x + 1] = (h[x + 1] - h[x]) * per - g[x]
        lines[2, columns] = np.float32(0.0)
        for k in range(3):
            lines[k, 0], lines[k, columns + 1] = lines[k, 1], lines[k, columns]
        w, line, s, e, m = weight[y], out[y], lines[0], lines[1], lines[2]
        for x in range(columns):
            line[x] = _leniency(
                _mean(s[x], s[x + 1], s[x + 2]),
                _mean(e[x], e[x + 1], e[x + 2]),
                _mean(m[x], m[x + 1], m[x + 2]),
                w[x],
                sign,
                limit,
            )


@_compiled  # type: ignore[untyped-decorator]
def _down(
    border: F32,
    weight: F32,
    height: F32,
    per: np.float32,
    sign: np.float32,
    limit: np.float32,
    first: int,
    last: int,
    out: F32,
) -> None:
    rows, columns = height.shape
    standing, misfit = np.empty((3, columns), np.float32), np.empty((3, columns), np.float32)
    known = max(first - 1, 0)
    for y in range(first, last):
        while known <= min(y + 1, rows - 1):
            g, above, below = border[known], border[max(known - REACH, 0)], border[min(known + REACH, rows - 1)]
            e, m, h, under = standing[known % 3], misfit[known % 3], height[known], height[min(known + 1, rows - 1)]
            inside = np.float32(1.0 if known + 1 < rows else 0.0)
            for x in range(columns):
                e[x] = _standing_out(above[x], g[x], below[x])
                m[x] = inside * ((under[x] - h[x]) * per - g[x])
            known += 1
        before, behind = max(y - 1, 0), min(y + 1, rows - 1)
        s0, s1, s2 = border[before], border[y], border[behind]
        e0, e1, e2 = standing[before % 3], standing[y % 3], standing[behind % 3]
        m0, m1, m2 = misfit[before % 3], misfit[y % 3], misfit[behind % 3]
        w, line = weight[y], out[y]
        for x in range(columns):
            line[x] = _leniency(
                _mean(s0[x], s1[x], s2[x]),
                _mean(e0[x], e1[x], e2[x]),
                _mean(m0[x], m1[x], m2[x]),
                w[x],
                sign,
                limit,
            )


@_compiled  # type: ignore[untyped-decorator]
def _mean(before: np.float32, here: np.float32, behind: np.float32) -> np.float32:
    """A riser within one pixel shows in both borders of it."""
    return np.float32(0.25) * (before + behind) + np.float32(0.5) * here


@_compiled  # type: ignore[untyped-decorator]
def _standing_out(before: np.float32, here: np.float32, behind: np.float32) -> np.float32:
    """By how much a slope is steeper than both others in its direction."""
    zero, turn = np.float32(0.0), np.float32(1.0) if here >= np.float32(0.0) else np.float32(-1.0)
    return max(turn * here - max(max(turn * before, turn * behind), zero), zero)


@_compiled  # type: ignore[untyped-decorator]
def _leniency(
    slope: np.float32, standing: np.float32, misfit: np.float32, weight: np.float32, sign: np.float32, limit: np.float32
) -> np.float32:
    """See `one_sided.OneSided.leniency`; squares are in units of the slope's variance."""
    zero, one = np.float32(0.0), np.float32(1.0)
    over = max(misfit if slope > zero else -misfit, zero)
    wall = one - one / (one + standing * standing * weight * sign)
    forgiven = limit / max(over * over * weight, limit)
    return one - wall * (one - forgiven) if weight > zero else zero
