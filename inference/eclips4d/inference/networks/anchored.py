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


def anchored(slope: F32, closed_slope: F32, closed_sd: F32) -> F32:
    """Slopes whose long-range means are those of the closed form.

    Parameters
    ----------
    slope, closed_slope
        Of the network and in closed form, [2, y, x].
    closed_sd
        Noise of the latter, [y, x].

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
    found = np.empty_like(slope)
    for k, total in enumerate(mean):
        _add_stretched(slope[k], total / weight, found[k])
    return found


@_compiled  # type: ignore[untyped-decorator]
def _add_stretched(slope: F32, blocks: F32, out: F32) -> None:
    """Slopes and the values of blocks: linear between the blocks' middles, beyond the outermost as there."""
    rows, columns = slope.shape
    last = blocks.shape[1] - 1
    across = np.empty(blocks.shape[1] + 1, np.float32)
    before, share = np.empty(columns, np.int64), np.empty(columns, np.float32)
    for x in range(columns):
        before[x], share[x] = _between(x, last)
    for y in range(rows):
        above, down = _between(y, blocks.shape[0] - 1)
        below = min(above + 1, blocks.shape[0] - 1)
        for a in range(blocks.shape[1]):
            across[a] = blocks[above, a] + down * (blocks[below, a] - blocks[above, a])
        across[last + 1] = across[last]
        for x in range(columns):
            left = across[before[x]]
            out[y, x] = slope[y, x] + (left + share[x] * (across[before[x] + 1] - left))


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
    fall = one / (most - least)
    for b in range(sums.shape[1]):
        for a in range(sums.shape[2]):
            total = total_x = total_y = np.float32(0.0)
            count = beyond = 0
            for y in range(b * BLOCK, min((b + 1) * BLOCK, rows)):
                for x in range(a * BLOCK, min((a + 1) * BLOCK, columns)):
                    per_variance = one / max(sd[y, x] * sd[y, x], np.float32(1e-12))
                    d_x, d_y = closed[0, y, x] - slope[0, y, x], closed[1, y, x] - slope[1, y, x]
                    square = half * (d_x * d_x + d_y * d_y) * per_variance
                    count += 1
                    beyond += square > suspect
                    if square < most:
                        doubted = square > least
                        share = (most - square) * fall if doubted else one
                        # One Newton step of the M-estimate: over the slope of the influence, not over the weights.
                        total += per_variance * ((most - two * square) * fall if doubted else one)
                        total_x += per_variance * share * d_x
                        total_y += per_variance * share * d_y
            sure = max(one - np.float32(beyond) / (np.float32(MOST_SUSPECT) * np.float32(count)), np.float32(0.0))
            sums[0, b, a], sums[1, b, a], sums[2, b, a] = sure * total, sure * total_x, sure * total_y
