"""Of what kind pixels are: those are that are equally steep, and around which slopes change as much."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

_TILTS: Final = (np.float32(0.03), np.float32(0.1))
"""Of (1 − cos tilt)/2: 20 and 37 degrees, between kinds."""
_GRADES, _ROUGH, _FINER = 12, np.float32(0.03), np.float32(0.7)
"""Kinds of roughness; up to which change of slope a pixel is smooth; over that of the next rougher."""
KINDS: Final = _GRADES * (len(_TILTS) + 1)

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


@_compiled  # type: ignore[untyped-decorator]
def kinds_row(lowered: F32, above: F32, middle: F32, below: F32, kind: U8) -> None:
    """Of a row of pixels [x].

    Parameters
    ----------
    lowered
        (1 − cos tilt)/2, [x].
    above, middle, below
        From `change_row`, of the row before, its own and the next, with 0 on either side, [x + 2]: the largest
        change within a square of three counts.
    """
    most = np.empty_like(middle)
    grade, moderate, steep = np.float32(_GRADES), _TILTS[0], _TILTS[1]
    one, nought = np.float32(1.0), np.float32(0.0)
    for x in range(most.size):
        most[x] = max(max(above[x], middle[x]), below[x])
    rough = np.empty(kind.size, np.float32)
    for x in range(kind.size):
        rough[x] = max(max(most[x], most[x + 2]), most[x + 1])
    count = np.empty(kind.size, np.float32)
    for x in range(kind.size):
        count[x] = grade * ((one if lowered[x] > moderate else nought) + (one if lowered[x] > steep else nought))
    limit = _ROUGH
    for _ in range(_GRADES - 1):
        for x in range(kind.size):
            count[x] += one if rough[x] > limit else nought
        limit /= _FINER
    for x in range(kind.size):
        kind[x] = np.uint8(count[x])


@_compiled  # type: ignore[untyped-decorator]
def change_row(slope: F32, y: int, change: F32) -> None:
    """Of slopes [2, y, x] from pixel to pixel in row y, into `change` [x + 2]; none at the image's edge and beyond."""
    rows, columns = slope.shape[1:]
    change[:] = np.float32(0.0)
    if not 0 < y < rows - 1:
        return
    p, q, above_p, above_q, below_p, below_q = (
        slope[0, y], slope[1, y], slope[0, y - 1], slope[1, y - 1], slope[0, y + 1], slope[1, y + 1],
    )  # fmt: skip
    for x in range(columns - 2):
        bend = abs(p[x + 2] - p[x]) + abs(below_q[x + 1] - above_q[x + 1])
        twist = abs(below_p[x + 1] - above_p[x + 1]) + abs(q[x + 2] - q[x])
        change[x + 2] = max(bend, twist)
