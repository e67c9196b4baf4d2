"""From every place of a riser uphill and downhill to the terraces at either end, and how high these are there.

Compiled: a few hundred thousand short walks per frame.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")

REJECTED, OUTSIDE, FOUND = 0, 1, 2
"""Both ends are reached but tell no step; one way leaves what was seen; both terraces are found."""
TAIL = 1.0
"""A terrace is read this far behind a riser's foot, in units of the riser's width, as a riser fades out slowly."""
_MOST, _USUAL_STEPS = 254, 4


@_compiled  # type: ignore[untyped-decorator]
def walk(
    height: NDArray[np.float32],
    label: NDArray[np.int32],
    places: NDArray[np.int32],
    direction: NDArray[np.float32],
    reach: int,
    radius: int,
    least_step: float,
    ends: NDArray[np.float32],
    found_label: NDArray[np.int32],
    state: NDArray[np.uint8],
) -> None:
    """Heights of the terraces below and above each place.

    Parameters
    ----------
    height : float32 [y, x]
        Levelled.
    label : int32 [y, x]
        Terraces from 1; 0 on risers, -1 where nothing was seen.
    places : int32 [n, 2]
        Row and column.
    direction : float32 [n, 2]
        Uphill (y, x), one pixel long.
    reach, radius
        Longest way, and radius of the disc of terrace over which its height is averaged, px.
    least_step
        Smaller height differences are no steps, nm.
    ends : float32 [n, 3]
        Out: height below and above, and distance from one to the other, px.
    found_label : int32 [n, 2]
        Out: terraces below and above.
    state : uint8 [n]
        Out: `REJECTED`, `OUTSIDE` or `FOUND`.
    """
    # A rim around the image, outside of everything, spares looking for its borders.
    rim = radius + 1
    columns = label.shape[1] + 2 * rim
    around = _rimmed(label, rim, -1)
    labels, means = around.ravel(), _disc_means(_rimmed(height, rim, 0.0), around, radius).ravel()
    clear = _clearance(places, rim, columns, labels.size)
    for k in range(places.shape[0]):
        row, column = _fixed(places[k, 0] + rim + 0.5), _fixed(places[k, 1] + rim + 0.5)
        down, along = _fixed(direction[k, 0]), _fixed(direction[k, 1])
        low = _landing(clear, columns, row, column, -down, -along, reach)
        high = _landing(clear, columns, row, column, down, along, reach)
        foot, head = _pixel(columns, row, column, -down, -along, low), _pixel(columns, row, column, down, along, high)
        below, above = labels[foot], labels[head]
        most = max(int(TAIL * (low + high)), radius)
        # The disc lies beyond the landing, unless the terrace ends before its middle.
        into_low = _depth(around, row, column, -down, -along, low, below, most, radius)
        into_high = _depth(around, row, column, down, along, high, above, most, radius)
        lower = _pixel(columns, row, column, -down, -along, low + into_low)
        upper = _pixel(columns, row, column, down, along, high + into_high)
        ends[k, 0] = means[lower if labels[lower] == below else foot]
        ends[k, 1] = means[upper if labels[upper] == above else head]
        ends[k, 2] = low + into_low + high + into_high
        found_label[k, 0], found_label[k, 1] = max(below, 0), max(above, 0)
        state[k] = _told(below, above, ends[k, 1] - ends[k, 0] >= least_step)


@_compiled  # type: ignore[untyped-decorator]
def _told(below: int, above: int, is_step: bool) -> int:
    """The state of a place: a way that passed all terraces by tells no more than a step that is none."""
    if below > 0 and above > 0:
        return FOUND if is_step else REJECTED
    return OUTSIDE if below != 0 and above != 0 else REJECTED


@_compiled  # type: ignore[untyped-decorator]
def _rimmed(image: NDArray[Any], rim: int, value: float) -> NDArray[Any]:
    rows, columns = image.shape
    out = np.full((rows + 2 * rim, columns + 2 * rim), value, image.dtype)
    out[rim : rim + rows, rim : rim + columns] = image
    return out


@_compiled  # type: ignore[untyped-decorator]
def _clearance(places: NDArray[np.int32], rim: int, columns: int, size: int) -> NDArray[np.uint8]:
    """For every place how far away, in rows or columns, the nearest pixel is that is none; 0 elsewhere.

    So many steps can be taken at once: nothing that ends the way is nearer. Places come row by row.
    """
    out = np.zeros(size, np.uint8)
    for k in range(places.shape[0]):
        at = (places[k, 0] + rim) * columns + places[k, 1] + rim
        near = min(min(out[at - 1], out[at - columns]), min(out[at - columns - 1], out[at - columns + 1]))
        out[at] = min(near, _MOST - 1) + 1
    for k in range(places.shape[0] - 1, -1, -1):
        at = (places[k, 0] + rim) * columns + places[k, 1] + rim
        near = min(min(out[at + 1], out[at + columns]), min(out[at + columns - 1], out[at + columns + 1]))
        out[at] = min(np.int64(out[at]), np.int64(near) + 1)
    return out


@_compiled  # type: ignore[untyped-decorator]
def _fixed(value: float) -> int:
    """In units of 2^-32: whole numbers find their pixel several times faster than floating ones."""
    return int(value * 4294967296.0)


@_compiled  # type: ignore[untyped-decorator]
def _pixel(columns: int, row: int, column: int, down: int, along: int, far: int) -> np.uint32:
    # Without a sign nobody asks whether it counts from the end.
    return np.uint32(((row + far * down) >> 32) * columns + ((column + far * along) >> 32))


@_compiled  # type: ignore[untyped-decorator]
def _landing(clear: NDArray[np.uint8], columns: int, row: int, column: int, down: int, along: int, reach: int) -> int:
    """Steps to the first place on the way that is no riser, or none."""
    far = np.int64(0)
    # Most ways have come to their end by then; where they have, the next step has no length.
    for _ in range(_USUAL_STEPS):
        far += clear[_pixel(columns, row, column, down, along, far)]
    ahead = np.int64(clear[_pixel(columns, row, column, down, along, far)])
    while ahead and far <= reach:
        far += ahead
        ahead = np.int64(clear[_pixel(columns, row, column, down, along, far)])
    return int(far) if far <= reach else 0


@_compiled  # type: ignore[untyped-decorator]
def _depth(
    label: NDArray[np.int32],
    row: int,
    column: int,
    down: int,
    along: int,
    far: int,
    own: int,
    most: int,
    least: int,
) -> int:
    """How far behind its landing a way reads a terrace: at most, or where as much of it lies ahead as behind."""
    depth = most
    while depth > least and not _is(label, row, column, down, along, far + 2 * depth, own):
        depth //= 2
    return max(depth, least)


@_compiled  # type: ignore[untyped-decorator]
def _is(label: NDArray[np.int32], row: int, column: int, down: int, along: int, far: int, own: int) -> bool:
    # Without a sign what lies before the first row lies behind the last.
    y, x = np.uint32((row + far * down) >> 32), np.uint32((column + far * along) >> 32)
    return bool(y < np.uint32(label.shape[0]) and x < np.uint32(label.shape[1]) and label[y, x] == own)


@_compiled  # type: ignore[untyped-decorator]
def _disc_means(heights: NDArray[np.float32], labels: NDArray[np.int32], radius: int) -> NDArray[np.float32]:
    """For every pixel, but for the rim, the mean over those pixels of a disc around it that have its label.

    Row by row, shifted against each other: of every pixel it takes less time than of those that are asked for.
    """
    rows, columns = labels.shape[0], labels.shape[1] - 2 * radius
    out = np.zeros(labels.shape, np.float32)
    total, count = np.empty(columns), np.empty(columns, np.float32)
    for y in range(radius, rows - radius):
        own, means = labels[y, radius : radius + columns], out[y, radius : radius + columns]
        total[:], count[:] = 0.0, 0.0
        for down in range(-radius, radius + 1):
            reach = int(np.sqrt(radius * radius - down * down))
            for first in range(radius - reach, radius + reach + 1):
                near = slice(first, first + columns)
                _add_alike(total, count, own, labels[y + down, near], heights[y + down, near])
        for x in range(columns):
            means[x] = total[x] / count[x]
    return out


@_compiled  # type: ignore[untyped-decorator]
def _add_alike(
    total: NDArray[np.float64],
    count: NDArray[np.float32],
    own: NDArray[np.int32],
    label: NDArray[np.int32],
    height: NDArray[np.float32],
) -> None:
    for x in range(total.size):
        alike = label[x] == own[x]
        total[x] += np.float64(height[x]) if alike else 0.0
        count[x] += np.float32(1.0) if alike else np.float32(0.0)
