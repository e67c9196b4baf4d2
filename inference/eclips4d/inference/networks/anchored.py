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
from scipy.ndimage import gaussian_filter, zoom

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
        np.add(slope[k], _stretched(total / weight, (rows, columns)), out=found[k])
    return found


def _stretched(blocks: F32, shape: tuple[int, int]) -> F32:
    """Values of blocks at pixels, linear between the blocks' middles."""
    wide = zoom(blocks, BLOCK, order=1, mode="nearest", grid_mode=True)
    return np.asarray(wide[: shape[0], : shape[1]], dtype=np.float32)


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
