"""How a filter swings back beside a hump, and which of its extremes are no more than that.

The filter is a Gaussian less one `AROUND` times as wide. Beside what it responds to it has the other sign.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")

AROUND = 3.0
"""Width of the Gaussian that is taken off, over that of the hump."""
LOBE_REACH = 8.0
"""Standard deviations of the filter within which it swings back beside a hump that is not wider than it."""
PLANE = 1.25
"""Beside a plane riser, up to five times as wide as the filter, it swings back so much more than beside a Gaussian."""
WIDEST_LOBE = 2.0 * float(np.exp(-1.5))
"""The most it swings back beside a Gaussian hump, see `lobe_of`."""


def lobe_of(sd: F64, width: float) -> tuple[F64, F64]:
    """How a filter of a width swings back beside humps.

    The response to a hump is the difference of two Gaussians of equal area, of the variances a² = sd² + width² and
    b² = sd² + (3 width)². With r = b/a it changes its sign at x² = 2 ln(r) b² / (r² - 1) and swings back most at
    sqrt(3) x, to -(r + 1) r^(-2 - 3 / (r² - 1)) of what it is in the hump's middle. This grows from 0.29 beside a
    narrow hump, r = 3, to 2 exp(-3/2) = 0.45 beside a wide one, r = 1.

    Parameters
    ----------
    sd : float64 [k]
        Standard deviations of the humps.
    width : float
        Of the filter.

    Returns
    -------
    float64 [k], [k]
        Distance from the middle at which the response changes its sign, in the unit of `sd`, and the most by which it
        swings back, over its response in the middle.
    """
    broad = sd**2 + (AROUND * width) ** 2
    square = broad / (sd**2 + width**2)
    turn = np.sqrt(np.log(square) * broad / (square - 1.0))
    return turn, (np.sqrt(square) + 1.0) * square ** (-1.0 - 1.5 / (square - 1.0))


_SDS = np.linspace(0.0, 20.0, 201)
_TURNS = lobe_of(_SDS, 1.0)[0]
"""Where responses turn, by the humps' standard deviations over the filter's: it grows with them."""


def in_lobes(at: NDArray[np.int64], response: F64, sure: F64, width: float) -> NDArray[np.bool_]:
    """Whether an extreme may be the swing back of the filter beside something stronger, [k].

    How wide that is tells the distance at which the response changes its sign.

    Parameters
    ----------
    at : int64 [k]
        Where the extremes are.
    response : float64 [n]
    sure : float64 [n]
        By how much a response must exceed the swing back to be more than noise on it.
    width : float
        Of the filter, samples.
    """
    return np.asarray(_explained(at, response, sure, width, _TURNS, _SDS), np.bool_)


@_compiled  # type: ignore[untyped-decorator]
def _explained(
    at: NDArray[np.int64], response: F64, sure: F64, width: float, turns: F64, sds: F64
) -> NDArray[np.bool_]:
    out = np.zeros(at.size, np.bool_)
    for strong in at:
        size, sign = abs(response[strong]), 1.0 if response[strong] > 0.0 else -1.0
        for side in (-1, 1):
            end = strong
            while 0 <= end < response.size and sign * response[end] > 0.0:
                end += side
            turn = float(abs(end - strong))
            if 0 <= end < response.size:
                turn -= response[end] / (response[end] - response[end - side])
            sd = width * np.interp(turn / width, turns, sds)
            for k in range(at.size):
                weak = at[k]
                away, other = side * (weak - strong), -sign * response[weak]
                if away > 0 and 0.0 < other < size:
                    # Noise moves extremes; as far as its own width the filter takes them for one.
                    lobe = PLANE * _swing(max(away - width, math.sqrt(3.0) * turn), sd, width)
                    out[k] |= other < lobe * size + sure[weak]
    return out


@_compiled  # type: ignore[untyped-decorator]
def _swing(away: float, sd: float, width: float) -> float:
    """How far the filter swings back at a distance from a hump, over its response in the hump's middle."""
    narrow, broad = math.hypot(sd, width), math.hypot(sd, AROUND * width)
    there = math.exp(-0.5 * (away / broad) ** 2) / broad - math.exp(-0.5 * (away / narrow) ** 2) / narrow
    return there / (1.0 / narrow - 1.0 / broad)
