"""Over long distances slopes stay as measured: a network may take noise out, it may not tilt a terrace.

Averaged over a thousand pixels the closed form has hardly any noise left, and it has no prior. So what the network's
corrections come to over such distances is its own bias (a habit of its training, brightness taken for slope) and is
taken out again, except where the closed form itself is contradicted: in shadows and at risers its error is many times
its noise, and the network is there to mend it.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

F32 = NDArray[np.float32]

BLOCK: Final = 8
REACH_PX: Final = 12.0
"""Standard deviation of the average: 4π·12² ≈ 1800 pixels."""
DOUBTED: Final = (5.0, 12.0)
"""Mean square of a correction over the closed form's variance from which it counts less, and from which not at all.

Noise reaches the first in 0.7 % of pixels [Hampel's redescending estimate, 1974]: what is only noise is averaged as a
plain mean would.
"""
SUSPECT_SD: Final = 2.2
MOST_SUSPECT: Final = 0.15
"""Share of corrections beyond `SUSPECT_SD`, 0.8 % if all is noise, from which a block says nothing."""
BLOCK_SD: Final = 5.0
"""A block whose mean correction is so many of its own sd is contradicted as well: a faint shadow."""
_FEW: Final = 1e-6

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def anchored(slope: F32, closed_slope: F32, closed_sd: F32, out: F32 | None = None) -> F32:
    """Slopes whose long-range means are those of the closed form.

    Parameters
    ----------
    slope, closed_slope
        Of the network and in closed form, [2, y, x].
    closed_sd
        Noise of the latter, [y, x].
    out
        Where to put the result, the place of `slope` perhaps; new memory when absent.

    Returns
    -------
    float32 [2, y, x]
    """
    rows, columns = closed_sd.shape
    blocks = (-(-rows // BLOCK), -(-columns // BLOCK))
    sums = np.zeros((3, *blocks), np.float32)
    _sum_blocks(slope, closed_slope, closed_sd, sums)
    reach = REACH_PX / BLOCK
    weight, *mean = (gaussian_filter(part, reach, mode="reflect", truncate=3.5) for part in sums)
    weight = np.maximum(weight, np.float32(_FEW * max(float(weight.max()), 1e-30)))
    found = np.empty_like(slope) if out is None else out
    for k, total in enumerate(mean):
        _add_stretched(slope[k], total / weight, found[k])
    return found


@_compiled  # type: ignore[untyped-decorator]
def _add_stretched(slope: F32, blocks: F32, out: F32) -> None:
    """Slopes and the values of blocks: linear between the blocks' middles, beyond the outermost as there."""
    rows, columns = slope.shape
    wide = np.empty((blocks.shape[0], columns), np.float32)
    for b in range(blocks.shape[0]):
        _stretch(blocks[b], wide[b])
    for y in range(rows):
        before, down = _between(y, blocks.shape[0] - 1)
        above, below = wide[before], wide[min(before + 1, blocks.shape[0] - 1)]
        line, found = slope[y], out[y]
        for x in range(columns):
            found[x] = line[x] + (above[x] + down * (below[x] - above[x]))


@_compiled  # type: ignore[untyped-decorator]
def _stretch(blocks: F32, out: F32) -> None:
    """From the middle of each block to that of the next, into `out` [x]."""
    last, per = blocks.size - 1, np.float32(1.0 / BLOCK)
    for a in range(-1, last + 1):
        left, right = blocks[max(a, 0)], blocks[min(a + 1, last)]
        start, rise = a * BLOCK + BLOCK // 2, (right - left) * per
        for x in range(max(start, 0), min(start + BLOCK, out.size)):
            out[x] = left + (np.float32(x - start) + np.float32(0.5)) * rise


@_compiled  # type: ignore[untyped-decorator]
def _between(pixel: int, last: int) -> tuple[int, np.float32]:
    """The block whose middle lies before the pixel, and how far it is from there to the next one's."""
    place = min(max((pixel + 0.5) / BLOCK - 0.5, 0.0), float(last))
    return int(place), np.float32(place - int(place))


@_compiled  # type: ignore[untyped-decorator]
def _sum_blocks(slope: F32, closed: F32, sd: F32, sums: F32) -> None:
    """Per block: slope and influence of the M-estimate of closed form minus network, along x and y."""
    rows, columns = sd.shape
    one, half, two = np.float32(1.0), np.float32(0.5), np.float32(2.0)
    least, most, suspect = np.float32(DOUBTED[0]), np.float32(DOUBTED[1]), np.float32(SUSPECT_SD**2)
    fall, nought, tiny = one / (most - least), np.float32(0.0), np.float32(1e-12)
    total, beyond = np.empty(columns, np.float32), np.empty(columns, np.float32)
    total_x, total_y = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for b in range(sums.shape[1]):
        total[:], beyond[:], total_x[:], total_y[:] = nought, nought, nought, nought
        bottom = min((b + 1) * BLOCK, rows)
        for y in range(b * BLOCK, bottom):
            noise, p, q, measured_p, measured_q = sd[y], slope[0, y], slope[1, y], closed[0, y], closed[1, y]
            for x in range(columns):
                per_variance = one / max(noise[x] * noise[x], tiny)
                d_x, d_y = measured_p[x] - p[x], measured_q[x] - q[x]
                square = half * (d_x * d_x + d_y * d_y) * per_variance
                beyond[x] += one if square > suspect else nought
                counts, doubted = square < most, square > least
                share = per_variance * ((most - square) * fall if doubted else one)
                # One Newton step of the M-estimate: over the slope of the influence, not over the weights.
                total[x] += per_variance * ((most - two * square) * fall if doubted else one) if counts else nought
                total_x[x] += share * d_x if counts else nought
                total_y[x] += share * d_y if counts else nought
        for a in range(sums.shape[2]):
            left, right = a * BLOCK, min((a + 1) * BLOCK, columns)
            count = np.float32((bottom - b * BLOCK) * (right - left))
            sure = max(one - beyond[left:right].sum() / (np.float32(MOST_SUSPECT) * count), nought)
            sums[0, b, a], sums[1, b, a] = sure * total[left:right].sum(), sure * total_x[left:right].sum()
            sums[2, b, a] = sure * total_y[left:right].sum()
