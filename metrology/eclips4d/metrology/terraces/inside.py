"""The slope that terraces share, seen well inside of them.

Risers of a staircase all fall one way, and their feet with them: they pull the slope that is the commonest towards the
mean plane, and a step read over some distance loses that distance times what the slope is wrong by.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")

INSET_PX = 4
"""Inside is what has terrace so far above, below, left and right."""
_LEAST_SHARE = 0.02
"""Where less of the terraces is inside, their feet are all there is."""


def slope_inside(terrace: NDArray[np.int32], excess: FloatArray) -> tuple[float, float]:
    """Mean slope inside terraces, over the slope they seemed to share.

    Parameters
    ----------
    terrace : int32 [y, x]
        From 1; others are none.
    excess : float32 [2, y, x]
        Slopes without the shared one.

    Returns
    -------
    (float, float)
        Along x and y; zero where nearly nothing lies inside.
    """
    inside, everywhere, along, down = _sums(terrace, excess, INSET_PX)
    if inside <= _LEAST_SHARE * everywhere:
        return 0.0, 0.0
    return along / inside, down / inside


@_compiled  # type: ignore[untyped-decorator]
def _sums(terrace: NDArray[np.int32], excess: FloatArray, inset: int) -> tuple[int, int, float, float]:
    inside, everywhere, along, down = 0, 0, 0.0, 0.0
    rows, columns = terrace.shape
    for y in range(rows):
        row, above, below = terrace[y], terrace[max(y - inset, 0)], terrace[min(y + inset, rows - 1)]
        for x in range(columns):
            if row[x] > 0:
                everywhere += 1
                if y < inset or y >= rows - inset or x < inset or x >= columns - inset:
                    continue
                if above[x] > 0 and below[x] > 0 and row[x - inset] > 0 and row[x + inset] > 0:
                    inside += 1
                    along += excess[0, y, x]
                    down += excess[1, y, x]
    return inside, everywhere, along, down
