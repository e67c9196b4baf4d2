"""Slopes of planes from seven neighbours, without any transform, for structure that stands out of the noise.

A fit is unbiased whatever it is weighted with. The least noisy weight of each frequency asks for the frame's spectrum;
but where structure stands out of the noise up to high frequencies, what is left of moving steps matters more than
noise, and as these are broad, a slope that sees all frequencies up to where sharp edges are aliased is the better one.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.registration.rows import NEXT, At, join_eight

Plane = NDArray[np.float32]
REACH = 3
HALF, FLANK = 0.295, 0.25
"""Cycles per pixel at which the transfer falls to a half, and the share of that over which it falls on either side."""
FREQUENCIES = 101
CLEAR = 0.17
"""Structure that is above the noise up to here, cycles per pixel, stands out of it."""


def _taps() -> tuple[Plane, Plane]:
    """Weights of pixels -3 … 4 (the last has none) whose transfer is nearest to that of the low pass, and its slope.

    All frequencies count alike in that, so low ones, of which there are few, keep less of their slope: that is welcome.
    """
    f, k = np.linspace(0.0, 0.5, FREQUENCIES), np.arange(REACH + 1)
    flank = (f / HALF - 1.0 + FLANK) / (2.0 * FLANK)
    wanted = 0.5 + 0.5 * np.cos(np.pi * np.clip(flank, 0.0, 1.0))
    waves = 2 * np.pi * np.outer(f, k)
    even = np.linalg.lstsq(np.where(k > 0, 2.0, 1.0) * np.cos(waves), wanted, rcond=None)[0]
    odd = np.linalg.lstsq(2.0 * np.sin(waves[:, 1:]), 2 * np.pi * f * wanted, rcond=None)[0]
    return np.array([*even[:0:-1], *even, 0.0], np.float32), np.array([*-odd[::-1], 0.0, *odd, 0.0], np.float32)


VALUE, SLOPE = _taps()


def near_slopes(planes: Plane) -> Plane:
    """Slopes of planes [c, y, x] along rows and columns, float32 [2, c, y, x]."""
    out = np.empty((2, *planes.shape), np.float32)
    _slopes(planes, VALUE, SLOPE, out)
    return out


def stands_out(planes: Plane, weight: Plane) -> bool:
    """Whether planes [c, y, x] of unit noise show structure clear of it where `weight` [y, x] is not zero.

    Structure whose likeness to itself falls like a Gaussian has a spectrum that does, too: its width is told by the
    likeness of neighbours, and so is the frequency at which it meets the noise.
    """
    power, near = _likeness(planes, weight)
    if not 0.0 < near < power:
        return False
    square = 1.0 / (4.0 * math.log(power / near))
    over_noise = 4.0 * math.pi * square * power
    return over_noise > 1.0 and math.log(over_noise) > square * (2.0 * math.pi * CLEAR) ** 2


@njit(cache=True, nogil=True)
def _likeness(planes: Plane, weight: Plane) -> tuple[float, float]:
    """Power above unit noise, and mean product of neighbours, over every fourth row."""
    channels, rows, columns = planes.shape
    total, power, near = 0.0, 0.0, 0.0
    for c in range(channels):
        for y in range(0, rows - 1, 4):
            for x in range(columns - 1):
                w = weight[y, x]
                if w > 0.0:
                    here = planes[c, y, x]
                    total += w
                    power += w * here * here
                    near += 0.5 * w * here * (planes[c, y, x + 1] + planes[c, y + 1, x])
    if total == 0.0:
        return 0.0, 0.0
    return power / total - 1.0, near / total


@njit(cache=True, nogil=True)
def _slopes(planes: Plane, value: Plane, slope: Plane, out: Plane) -> None:
    """Beyond the borders everything is as on them."""
    channels, rows, columns = planes.shape
    width, first = columns + 2 * REACH + 1, At(0)
    around, lines = np.empty(((rows + 2 * REACH + 1) * width), np.float32), np.empty(2 * width, np.float32)
    flat, long, count = out.reshape(-1), At(width), At(columns)
    for c in range(channels):
        _with_borders(planes[c], around.reshape(-1, width))
        for y in range(rows):
            at, to = At(y * width), At((c * rows + y) * columns)
            join_eight(around, at, long, slope, first, lines, first, long)
            join_eight(around, at, long, value, first, lines, long, long)
            join_eight(lines, first, NEXT, value, first, flat, to, count)
            join_eight(lines, long, NEXT, slope, first, flat, to + At(planes.size), count)


@njit(cache=True, nogil=True)
def _with_borders(plane: Plane, out: Plane) -> None:
    """The plane with its border values around it."""
    rows, columns = plane.shape
    for y in range(out.shape[0]):
        source = min(max(y - REACH, 0), rows - 1)
        for x in range(out.shape[1]):
            out[y, x] = plane[source, min(max(x - REACH, 0), columns - 1)]
