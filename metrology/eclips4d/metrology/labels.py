"""Label maps: sizes and boxes of labels, and labels numbered anew; in runs along the rows."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int32]
Numbers = NDArray[np.int64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def sizes_of(labels: Labels, count: int) -> Numbers:
    """Pixels of each label from 0 to `count`, [label]."""
    sizes = np.zeros(count + 1, np.int64)
    _count(labels, sizes)
    return sizes


def without_small(labels: Labels, count: int, least: int) -> tuple[Labels, int]:
    """Labels numbered anew, the largest first, those below `least` pixels dropped; how many are left."""
    new, kept = by_size(sizes_of(labels, count), least)
    return replaced(labels, new), kept


def replaced(labels: Labels, table: NDArray[Any]) -> NDArray[Any]:
    """What a table [label] has for every pixel's label."""
    out = np.empty(labels.shape, table.dtype)
    _look_up(labels, table, out)
    return out


def boxes_of(labels: Labels, count: int) -> Numbers:
    """Bounding boxes of labels 0 to `count`: first row and column, and those behind the last, [label, 4]."""
    boxes = np.zeros((count + 1, 4), np.int64)
    boxes[:, :2] = labels.shape
    _bound(labels, boxes)
    return boxes


def by_size(sizes: Numbers, least: float) -> tuple[Labels, int]:
    """New numbers by old ones, the largest first, from sizes by old numbers; 0 is no label and stays so."""
    sizes[0] = 0
    large = np.flatnonzero(sizes >= max(least, 1))
    kept = large[np.argsort(-sizes[large], kind="stable")]
    new = np.zeros(len(sizes), np.int32)
    new[kept] = np.arange(1, len(kept) + 1)
    return new, len(kept)


@_compiled  # type: ignore[untyped-decorator]
def _count(labels: Labels, sizes: Numbers) -> None:
    rows, columns = labels.shape
    for y in range(rows):
        row, start = labels[y], 0
        for x in range(1, columns + 1):
            if x == columns or row[x] != row[start]:
                sizes[row[start]] += x - start
                start = x


@_compiled  # type: ignore[untyped-decorator]
def _bound(labels: Labels, boxes: Numbers) -> None:
    rows, columns = labels.shape
    for y in range(rows):
        start = 0
        for x in range(1, columns + 1):
            if x == columns or labels[y, x] != labels[y, start]:
                box = boxes[labels[y, start]]
                box[0], box[1] = min(box[0], y), min(box[1], start)
                box[2], box[3] = y + 1, max(box[3], x)
                start = x


@_compiled  # type: ignore[untyped-decorator]
def _look_up(labels: Labels, table: NDArray[Any], out: NDArray[Any]) -> None:
    for y in range(labels.shape[0]):
        row, found = labels[y], out[y]
        for x in range(row.size):
            found[x] = table[row[x]]
