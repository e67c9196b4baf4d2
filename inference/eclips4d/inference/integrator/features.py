"""What the integrator's network sees: border slopes and their curl in units of the noise that the curl itself shows.

The curl of a surface is zero, so what there is of it is noise, walls that the slopes missed, and outliers. Its size
over squares of several pixels is the unit of everything: twice the slopes are the same planes, whatever the instrument.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.engines.channels_last import exact_blocks, room_for_rows, rounded_blocks, to_blocks, words_of
from eclips4d.inference.engines.network import Blocks
from eclips4d.inference.integrator.means import begin_means, compressed_rows, means_around, room_for_means
from eclips4d.inference.integrator.median import median
from eclips4d.inference.integrator.twice import for_both

F32 = NDArray[np.float32]

VERSION: Final = "integrator-1"
"""Changes whenever a plane changes its meaning: weights belong to one version."""
PLANES: Final = (
    "slope at the border to the right, above the mean of 5 × 5",
    "slope at the border below, above the mean of 5 × 5",
    "mean of 5 × 5 above that of 25 × 25, along x",
    "mean of 5 × 5 above that of 25 × 25, along y",
    "mean of 25 × 25 along x, compressed",
    "mean of 25 × 25 along y, compressed",
    "curl around the pixel's lower right corner",
    "variance of the slope over the median's, (v − 1)/(v + 1)",
    "1 where measured, 0 elsewhere",
)
MULTIPLE: Final = 32
"""Sides of the planes are multiples of this: what a network halves to has whole pixels."""
LOOP: Final = 8
"""Side of the squares, pixels, around which the unit is measured."""
_CURL = np.float32(12.0)

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True)
class Features:
    """Input of the integrator's network.

    Attributes
    ----------
    planes : float32 [len(PLANES), Y, X], or blocks of them
        Sides padded to multiples of `MULTIPLE`, mirrored at the far edges.
    near, far : float32 [2, y, x]
        Weighted means of the border slopes over 5 × 5 and 25 × 25.
    unit : float
        Slope that counts as 1.
    """

    planes: Any
    near: F32
    far: F32
    unit: float


def padded(shape: tuple[int, int]) -> tuple[int, int]:
    """Sides of the planes of images of that shape (y, x)."""
    rows, columns = (-(-side // MULTIPLE) * MULTIPLE for side in shape)
    return rows, columns


class Workspace:
    """Buffers for images of one size: fresh memory costs as much as what is written to it.

    Parameters
    ----------
    shape
        (y, x).
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self.padded = padded(shape)
        self.border, self.weight, self.near, self.far = np.zeros((4, 2, *shape), np.float32)

    @cached_property
    def planes(self) -> F32:
        """For networks that take planes, [len(PLANES), Y, X] with the padding."""
        return np.zeros((len(PLANES), *self.padded), np.float32)


def features(
    border: F32,
    weight: F32,
    variance: F32,
    measured: Any,
    pixel_size_xy_nm: tuple[float, float],
    space: Workspace,
    blocks: Blocks | None = None,
) -> Features:
    """Planes of one image; they stand until `space` is used again.

    Parameters
    ----------
    border, weight
        Slopes at the borders and their weights, [2, y, x].
    variance
        Of the slopes over the median's, [y, x].
    measured
        bool [y, x], or None where everything was measured.
    blocks
        An engine's own memory for images of the padded shape, which is filled in place of planes.
    """
    rows, columns = variance.shape
    dx, dy = pixel_size_xy_nm
    aspect = np.array([dx, dy], dtype=np.float32) / np.float32(np.sqrt(dx * dy))
    unit = noise_unit(border, aspect)
    fits = blocks is not None and space.padded == (rows, columns)
    side, words, short = 1, np.empty((0, 0, 0), np.uint64), blocks is not None and blocks.values.dtype == np.uint16
    planes = np.empty((len(PLANES), 0, 0), np.float32) if fits else space.planes
    if blocks is not None and fits:
        side, words = blocks.side, words_of(blocks.values, blocks.side)
    inverse = np.float32(1.0 / unit)

    def half(k: int) -> None:
        first, last = (part * (rows // side) // 2 * side if part < 2 else rows for part in (k, k + 1))
        _rows(
            border, weight, variance, measured, inverse, aspect,
            side, short, first, last, space.near, space.far, planes, words,
        )  # fmt: skip

    for_both(half, variance.size)
    if not fits and space.padded != (rows, columns):
        _mirror(planes, rows, columns)
    if blocks is not None and not fits:
        to_blocks(planes, blocks.side, blocks.values)
    return Features(planes if blocks is None else blocks, space.near, space.far, unit)


def noise_unit(border: F32, aspect: F32) -> float:
    """Slope noise per pixel as the circulation around squares of `LOOP` pixels shows it.

    Falls back on the slopes' own size where there is no circulation, and on 1 where there are no slopes either.
    """
    rows, columns = border.shape[1:]
    side = min(LOOP, rows - 1, columns - 1)
    if side >= 1:
        stride = max(side // 2, int(np.sqrt(rows * columns / 4096.0)))
        around = _circulations(border, aspect, side, stride)
        unit = median(around) / (0.6745 * 2.0 * float(np.sqrt(side)))
        if unit > 0.0:
            return unit
    size = float(np.sqrt(np.mean(np.square(border, dtype=np.float64))))
    return size if size > 0.0 else 1.0


@_compiled  # type: ignore[untyped-decorator]
def _circulations(border: F32, aspect: F32, side: int, stride: int) -> F32:
    """Size of the sum of the steps around squares, every `stride` pixels."""
    rows, columns = border.shape[1:]
    down, across = (rows - 1 - side) // stride + 1, (columns - 1 - side) // stride + 1
    out = np.empty(down * across, np.float32)
    for j in range(down):
        for i in range(across):
            y, x = j * stride, i * stride
            total = np.float32(0.0)
            for k in range(side):
                total += aspect[0] * (border[0, y, x + k] - border[0, y + side, x + k])
                total += aspect[1] * (border[1, y + k, x + side] - border[1, y + k, x])
            out[j * across + i] = abs(total)
    return out


@_compiled  # type: ignore[untyped-decorator]
def _rows(
    border: F32,
    weight: F32,
    variance: F32,
    measured: Any,
    inverse: np.float32,
    aspect: F32,
    side: int,
    short: bool,
    first: int,
    last: int,
    near: F32,
    far: F32,
    planes: F32,
    words: Any,
) -> None:
    """The rows `first` to `last` of all planes, or of blocks where there are `words`.

    For blocks planes are made for `side` rows only, and so stay in the cache.
    """
    direct, columns = words.size == 0, variance.shape[1]
    held = planes if direct else room_for_rows(planes.shape[0], side, columns)
    to_right, to_below = room_for_means(columns), room_for_means(columns)
    begin_means(to_right, first)
    begin_means(to_below, first)
    for y in range(first, last):
        at = y if direct else y % side
        means_around(border[0], weight[0], y, to_right, near[0, y], far[0, y])
        means_around(border[1], weight[1], y, to_below, near[1, y], far[1, y])
        for k in range(2):
            fine, middle, wide = held[k, at, :columns], held[2 + k, at, :columns], held[4 + k, at, :columns]
            compressed_rows(border[k, y], near[k, y], far[k, y], inverse, fine, middle, wide)
        _other_rows(border, variance, measured, inverse, aspect, y, held[6, at], held[7, at], held[8, at])
        if not direct and at == side - 1:
            block = y // side
            if short:
                rounded_blocks(held, words[block])
            else:
                exact_blocks(held, words[block])


@_compiled  # type: ignore[untyped-decorator]
def _other_rows(
    border: F32,
    variance: F32,
    measured: Any,
    inverse: np.float32,
    aspect: F32,
    y: int,
    curl_out: F32,
    variance_out: F32,
    measured_out: F32,
) -> None:
    rows, columns = variance.shape
    one, zero, per_curl = np.float32(1.0), np.float32(0.0), np.float32(1.0) / _CURL
    to_right, to_below = aspect[0] * inverse, aspect[1] * inverse
    given = variance[y]
    curl_out[:columns] = zero
    if y + 1 < rows:
        right, next_right, below = border[0, y], border[0, y + 1], border[1, y]
        for x in range(columns - 1):
            curl = (right[x] - next_right[x]) * to_right + (below[x + 1] - below[x]) * to_below
            curl_out[x] = curl / (one + abs(curl) * per_curl)
    for x in range(columns):
        variance_out[x] = (given[x] - one) / (given[x] + one)
    if measured is None:
        measured_out[:columns] = one
    else:
        for x in range(columns):
            measured_out[x] = one if measured[y, x] else zero


@_compiled  # type: ignore[untyped-decorator]
def _mirror(planes: F32, rows: int, columns: int) -> None:
    """Fill what lies beyond the image by its mirror image, over and over for images smaller than the padding."""
    count, padded_rows, padded_columns = planes.shape
    for c in range(count):
        for y in range(rows):
            for x in range(columns, padded_columns):
                planes[c, y, x] = planes[c, y, _reflected(x, columns)]
        for y in range(rows, padded_rows):
            planes[c, y] = planes[c, _reflected(y, rows)]


@_compiled  # type: ignore[untyped-decorator]
def _reflected(at: int, count: int) -> int:
    """Index of the mirror image, the edge pixel not repeated."""
    if count == 1:
        return 0
    period = 2 * (count - 1)
    at = at % period
    return at if at < count else period - at
