"""What a detector makes of a riser that few pixels resolve: the slopes that a profile's samples should show.

A pixel does not show its mean slope. Every part of it sends electrons in proportion to its own brightness, and signals
add; the slope that is inverted from the sum is a mean weighted by brightness. A facet of slope t is seen under
cos(tilt) of its area and backscatters more the more it is tilted (Arnal 1969):

    b = c·((1 + c)/2)^(-9/sqrt(Z)),   c = cos(tilt) = 1/sqrt(1 + t²).

For copper b is 0.98 at 20 degrees, 0.92 at 45, 0.81 at 60: by so much too low is a riser much narrower than a pixel.

A facet steeper than the detector's lowest rays hides part of the detector from itself, and from the terrace below it:
at a distance d from the foot of a riser h high and w wide the horizon's tangent is h/(w + d). What a horizon takes from
the signals is in the tables of `detector`. The inversion undoes a facet's own horizon pixel by pixel: right for
a pixel that is all riser, of little help to one that is half of it. So signals are averaged first, and undone then.
"""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.metrology.profiles.detector import FACET, FACET_SIGNAL, STEEPEST, STEP, TERRACE, TERRACE_SIGNAL, UNDONE
from eclips4d.metrology.profiles.optics import Optics

F64 = NDArray[np.float64]
_SQRT2 = math.sqrt(2.0)
_ROUNDED_REACH = 0.85
_LOWEST = 1e-9


class Shape(IntEnum):
    """How a riser rises: evenly, as a plane facet does, or as an error function, as a bunch of steps does."""

    PLANE = 0
    ROUNDED = 1


@njit(cache=True, nogil=True, error_model="numpy")
def brightness(slope: float, yield_power: float) -> float:
    """Signal of a facet per image area, over that of a flat one, before horizons."""
    c = 1.0 / math.sqrt(1.0 + slope * slope)
    return float(c * (0.5 * (1.0 + c)) ** -yield_power)


@njit(cache=True, nogil=True, error_model="numpy")
def shown_slopes(optics: Optics, theta: F64, shape: int) -> F64:
    """Slopes that samples should show, [n].

    Parameters
    ----------
    optics : Optics
        How the samples see the surface.
    theta : [5]
        Slope of the terraces, height (positive where it rises along the path), middle, width, and by how much the
        detector's tangents are larger than told.
    shape : int
        A `Shape`.
    """
    tilt, height, middle, width = theta[0], theta[1], theta[2], theta[3]
    q, cell = optics.window.size // 2, optics.cell_nm
    # Only where it is not flat; elsewhere the terraces' own slope is shown.
    reach = (0.5 if shape == 0 else _ROUNDED_REACH) * width + (q + 2) * cell
    clear = optics.clear * theta[4] / optics.oblique
    shaded = max(abs(height) / max(clear - abs(tilt), _LOWEST) - width, 0.0)
    left = middle - reach - (shaded if height > 0.0 else 0.0) - optics.origin_nm
    right = middle + reach + (shaded if height < 0.0 else 0.0) - optics.origin_nm
    first, last = int(max(left / cell, 0.0)), int(min(right / cell + 1.0, optics.cells - 1.0))
    out = np.full(optics.first.size, tilt)
    if last <= first:
        return out
    excess = _shown(optics, first, last + 1 - first, theta, shape)
    excess -= tilt
    for j in range(out.size):
        begin = optics.first[j]
        low, high = max(first, begin), min(last + 1, begin + optics.weight.shape[1])
        total = 0.0
        for i in range(low, high):
            total += optics.weight[j, i - begin] * excess[i - first]
        out[j] += total
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _shown(optics: Optics, first: int, count: int, theta: F64, shape: int) -> F64:
    """Slopes that pixels show whose middles lie on `count` cells from `first` on."""
    window = optics.window
    q = window.size // 2
    bright, signal = np.empty(count + 2 * q), np.empty(count + 2 * q)
    start = optics.origin_nm + (first - q) * optics.cell_nm - theta[2]
    if shape == 0:
        _lay_plane(optics, start, theta, bright, signal)
    else:
        _lay_rounded(optics, start, theta, bright, signal)
    above, below = np.zeros(count), np.zeros(count)
    for c in range(window.size):
        share = window[c]
        for i in range(count):
            above[i] += share * signal[i + c]
            below[i] += share * bright[i + c]
    back = theta[4] / optics.oblique
    for i in range(count):
        read = above[i] / below[i]
        above[i] = back * (_look(optics.sight, read, UNDONE) if abs(read) > optics.clear else read)
    return above


@njit(cache=True, nogil=True, error_model="numpy")
def _look(sight: F64, tangent: float, column: np.int64) -> float:
    place = min(max((tangent + STEEPEST) / STEP, 0.0), sight.shape[0] - 1.001)
    i = int(place)
    f = place - i
    return float(sight[i, column] * (1.0 - f) + sight[i + 1, column] * f)


@njit(cache=True, nogil=True, error_model="numpy")
def _sent(optics: Optics, slope: float, horizon: float, stretch: float) -> tuple[float, float]:
    """Brightness, and brightness times the slope that is read, of a facet below a horizon, both along the path."""
    turned = optics.oblique / stretch
    seen, hidden = slope * turned, horizon * turned
    own = brightness(slope * optics.oblique, optics.yield_power)
    if abs(hidden) <= optics.clear:
        return own, own * seen
    sight, share = optics.sight, seen / hidden
    bright = _look(sight, hidden, TERRACE) * (1.0 - share) + _look(sight, hidden, FACET) * share
    signal = _look(sight, hidden, TERRACE_SIGNAL) * (1.0 - share) + _look(sight, hidden, FACET_SIGNAL) * share
    return own * bright, own * signal


@njit(cache=True, nogil=True, error_model="numpy")
def _lay_plane(optics: Optics, start: float, theta: F64, bright: F64, signal: F64) -> None:
    """Brightness of cells at `start`, `start + cell` … from the riser's middle, and what they add to the signal."""
    tilt, height, width, cell = theta[0], theta[1], theta[3], optics.cell_nm
    steep, foot, sign = tilt + height / width, 0.5 * width, 1.0 if height > 0.0 else -1.0
    flat, facet = _sent(optics, tilt, tilt, theta[4]), _sent(optics, steep, steep, theta[4])
    clear = optics.clear * theta[4] / optics.oblique
    low = min(max((start - 0.5 * cell) / width + 0.5, 0.0), 1.0)
    for i in range(bright.size):
        place = start + i * cell
        high = min(max((place + 0.5 * cell) / width + 0.5, 0.0), 1.0)
        # A cell on the riser's end: part of it is riser, the rest terrace.
        share = (high - low) * width / cell
        low = high
        below = -sign * place - foot
        terrace = flat
        if below > -cell:
            horizon = tilt + height / (width + max(below, 0.0))
            if abs(horizon) > clear:
                terrace = _sent(optics, tilt, horizon, theta[4])
        bright[i] = terrace[0] * (1.0 - share) + facet[0] * share
        signal[i] = terrace[1] * (1.0 - share) + facet[1] * share


@njit(cache=True, nogil=True, error_model="numpy")
def _lay_rounded(optics: Optics, start: float, theta: F64, bright: F64, signal: F64) -> None:
    """As `_lay_plane`; every cell's horizon is the steepest line to a higher one."""
    tilt, height, width, cell = theta[0], theta[1], theta[3], optics.cell_nm
    n = bright.size
    slope, level = np.empty(n), np.empty(n)
    low = _risen(start - 0.5 * cell, width)
    for i in range(n):
        high = _risen(start + (i + 0.5) * cell, width)
        slope[i] = tilt + height * (high - low) / cell
        level[i] = tilt * i * cell + 0.5 * height * (high + low)
        low = high
    horizon = slope.copy()
    if (tilt + height * 6.0 / (width * math.sqrt(2.0 * math.pi))) ** 2 > (
        optics.clear * theta[4] / optics.oblique
    ) ** 2:
        _add_horizons(level, cell, 1 if height > 0.0 else -1, horizon)
    for i in range(n):
        bright[i], signal[i] = _sent(optics, slope[i], horizon[i], theta[4])


@njit(cache=True, nogil=True, error_model="numpy")
def _risen(x: float, width: float) -> float:
    """Share of the height of a rounded riser that is reached at x from its middle; `width` is six sd."""
    return 0.5 * (1.0 + math.erf(6.0 * x / (width * _SQRT2)))


@njit(cache=True, nogil=True, error_model="numpy")
def _add_horizons(level: F64, cell: float, way: int, horizon: F64) -> None:
    """Tangents of the lines to what rises steepest uphill, where they are steeper than the surface itself.

    From the upper end down, those that can still be the steepest are kept: the corners of the hull over what was seen.
    """
    n = level.size
    corners, count = np.empty(n, np.int64), 0
    for k in range(n):
        i = n - 1 - k if way > 0 else k
        while count > 1:
            near, next_ = corners[count - 1], corners[count - 2]
            if (level[near] - level[i]) * abs(next_ - i) > (level[next_] - level[i]) * abs(near - i):
                break
            count -= 1
        if count > 0:
            near = corners[count - 1]
            rise = way * (level[near] - level[i]) / (abs(near - i) * cell)
            horizon[i] = max(horizon[i], rise) if way > 0 else min(horizon[i], rise)
        corners[count] = i
        count += 1
