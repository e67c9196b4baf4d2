"""Octaves of an image: each level is the last one smoothed and halved, and grows back to it [Burt & Adelson 1983].

Noise and structure differ by their size; in a pyramid whoever knows which is which can keep one and leave the other,
octave by octave, and a smooth image stays cheap.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

LEVELS: Final = 5
"""The image itself and four halvings: the last has passed a Gaussian of 9 pixels."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def levels(image: F32) -> list[F32]:
    """The image and its halvings, finest first; sides are multiples of `2**(LEVELS − 1)`."""
    found = [image]
    for _ in range(LEVELS - 1):
        rows, columns = found[-1].shape
        half = np.empty((rows // 2, columns // 2), np.float32)
        _halve(found[-1], half)
        found.append(half)
    return found


@_compiled  # type: ignore[untyped-decorator]
def _halve(image: F32, out: F32) -> None:
    """Every second pixel behind the binomial filter 1 4 6 4 1 along both axes; edges repeat."""
    rows, columns = image.shape
    line = np.empty(columns + 4, np.float32)
    six, four, share = np.float32(6.0), np.float32(4.0), np.float32(1.0 / 256.0)
    for i in range(out.shape[0]):
        y = 2 * i
        a, b, c = image[max(y - 2, 0)], image[max(y - 1, 0)], image[y]
        d, e = image[min(y + 1, rows - 1)], image[min(y + 2, rows - 1)]
        for x in range(columns):
            line[x + 2] = (a[x] + e[x]) + four * (b[x] + d[x]) + six * c[x]
        line[0] = line[1] = line[2]
        line[columns + 2] = line[columns + 3] = line[columns + 1]
        for j in range(out.shape[1]):
            x = 2 * j
            out[i, j] = share * ((line[x] + line[x + 4]) + four * (line[x + 1] + line[x + 3]) + six * line[x + 2])


@_compiled  # type: ignore[untyped-decorator]
def grown_row(half: F32, y: int, between: F32, out: F32) -> None:
    """Row y of an image at twice the size, smooth; edges repeat.

    Parameters
    ----------
    between
        Room for a row of `half` and one value on either side.
    """
    rows, columns = half.shape
    i = y // 2
    eighth, six, middle = np.float32(0.125), np.float32(6.0), np.float32(0.5)
    here, below = half[i], half[min(i + 1, rows - 1)]
    if y % 2:
        for x in range(columns):
            between[x + 1] = middle * (here[x] + below[x])
    else:
        above = half[max(i - 1, 0)]
        for x in range(columns):
            between[x + 1] = eighth * (above[x] + six * here[x] + below[x])
    between[0], between[columns + 1] = between[1], between[columns]
    for x in range(columns):
        out[2 * x] = eighth * (between[x] + six * between[x + 1] + between[x + 2])
        out[2 * x + 1] = middle * (between[x + 1] + between[x + 2])
