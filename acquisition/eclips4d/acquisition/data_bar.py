"""The strip with scale and settings that microscopes draw under their images, found by its looks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ONE_GREY = 0.4
"""Share of a bar's row that has one and the same grey at least; the rest is writing."""
_OF_AN_IMAGE = 0.3
"""A row of an image, which is noisy, has less than this of one grey."""
_LEAST, _MOST = 0.015, 0.25
"""Height over that of the file."""
_FEWEST_ROWS = 8
_WRITTEN = 0.8
"""Share of a bar's rows that must look like one; rules fill the others."""


def rows_above_bar(planes: NDArray[np.generic]) -> int | None:
    """Rows of specimen above the bar; None where there is no bar that is beyond doubt.

    A bar is there when the lowest rows of every segment are mostly one grey, the same in all of them, and the row above
    is an image's. Where the specimen itself is black or saturated down to the last row, nothing is lost with it.

    Parameters
    ----------
    planes
        [segment, row, column], one whole scan.
    """
    rows = planes.shape[1]
    edges = {_rows_above(plane) for plane in planes}
    if len(edges) != 1:
        return None
    above = edges.pop()
    bar = rows - above
    if not max(_FEWEST_ROWS, _LEAST * rows) <= bar <= _MOST * rows:
        return None
    return above


def _rows_above(plane: NDArray[np.generic]) -> int:
    """The row below which all look like a bar of one grey."""
    rows, columns = plane.shape
    shares = np.zeros(rows)
    greys = np.zeros(rows, dtype=np.int64)
    lowest = rows - int(_MOST * rows) - 1
    for row in range(max(0, lowest), rows):
        found, counts = np.unique(plane[row], return_counts=True)
        greys[row], shares[row] = found[counts.argmax()], counts.max() / columns
    like_image = np.flatnonzero(shares < _OF_AN_IMAGE)
    above = int(like_image[-1]) + 1 if like_image.size else rows
    inside = slice(above, rows)
    if above == rows:
        return int(rows)
    found, counts = np.unique(greys[inside], return_counts=True)
    grey = found[counts.argmax()]
    alike = (greys[inside] == grey) & (shares[inside] > _ONE_GREY)
    looks_like_one = float(alike.mean()) >= _WRITTEN
    return above if looks_like_one else int(rows)
