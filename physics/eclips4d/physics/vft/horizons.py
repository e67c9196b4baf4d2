"""Horizons of whole rows: gathered along all ways, attended to where they may hide anything."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.vft.attention import LANES, Attention, Scratch, attend, scratch
from eclips4d.physics.vft.gather import gather
from eclips4d.physics.vft.ways import Ways

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

ROOM: Final = np.float32(1.05)
"""By how much a horizon may lie above the largest tangent: crests between steps."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "nsz", "contract"})


@_compiled  # type: ignore[untyped-decorator]
def fill_horizons(
    height: F32, slope: F32, ways: Ways, steps: I64, toward: F32, floor: F32, attention: Attention, top: int, out: F32
) -> None:
    """Tangents of the horizons of rows `top` onwards in all looks.

    Parameters
    ----------
    steps : int64 [D]
        As far as anything can rise above the lowest floor.
    toward : float32 [2·D, 2]
        Looks in the array's axes (x, y).
    floor : float32 [2·D]
        Lowest tangent that counts in a look.
    out : float32 [2·D, rows, columns]
        Is written.
    """
    directions, columns, rings = ways.sideways.size, height.shape[1], attention.embed_bias.shape[1]
    token, highest = np.empty((directions, rings, columns), np.float32), np.empty((directions, columns), np.float32)
    chosen, room = np.empty(columns + LANES, np.int64), scratch(attention)
    for row in range(out.shape[1]):
        y = top + row
        for m in range(2 * directions):
            out[m, row] = floor[m]
        look_around(height, y, ways, steps, token, highest)
        for d in range(directions):
            before, after = (d - 1) % directions, (d + 1) % directions
            count = choose(slope, y, toward, floor, d, highest[d], highest[after], chosen)
            for first in range(0, count, LANES):
                lanes = chosen[first : first + LANES]
                ask(token, highest, before, d, after, lanes, room)
                attend(attention, ways.geometry[d], room)
                for i in range(min(LANES, count - first)):
                    x = lanes[i]
                    top_tangent = max(highest[d, x], max(highest[before, x], highest[after, x]))
                    for o in range(2):
                        m = 2 * d + o
                        out[m, row, x] = max(out[m, row, x], top_tangent * room.horizon[o, i])


@_compiled  # type: ignore[untyped-decorator]
def look_around(height: F32, y: int, ways: Ways, steps: I64, token: F32, highest: F32) -> None:
    """Fill the tokens [D, rings, columns] of a row and the largest of each way, [D, columns]."""
    for d in range(token.shape[0]):
        gather(height, y, 0, height.shape[1], ways, d, steps[d], token[d])
        largest = highest[d]
        largest[:] = token[d, 0]
        for k in range(1, token.shape[1]):
            ring = token[d, k]
            for x in range(largest.size):
                largest[x] = max(largest[x], ring[x])


@_compiled  # type: ignore[untyped-decorator]
def choose(slope: F32, y: int, toward: F32, floor: F32, d: int, here: F32, after: F32, out: I64) -> int:
    """Columns whose surroundings may rise above the floor and the facet's own slope; the last one fills the lanes."""
    count, m, n = 0, 2 * d, 2 * d + 1
    for x in range(here.size):
        on = max(floor[m], toward[m, 0] * slope[0, y, x] + toward[m, 1] * slope[1, y, x])
        beside = max(floor[n], toward[n, 0] * slope[0, y, x] + toward[n, 1] * slope[1, y, x])
        if ROOM * here[x] > on or ROOM * max(here[x], after[x]) > beside:
            out[count] = x
            count += 1
    if count > 0:
        out[count : count + LANES] = out[count - 1]
    return count


@_compiled  # type: ignore[untyped-decorator]
def ask(token: F32, highest: F32, before: int, d: int, after: int, lanes: I64, room: Scratch) -> None:
    """Fill the queries of a block of lanes, and the last three values: tangents over the largest, cut off at −1."""
    least, per = np.float32(-1.0), room.total
    for i in range(LANES):
        x = lanes[i]
        per[i] = np.float32(1.0) / max(highest[d, x], max(highest[before, x], highest[after, x]))
    for r in range(3):
        way = before if r == 0 else (d if r == 1 else after)
        largest, tangents = room.value[room.value.shape[0] - 3 + r], token[way]
        for i in range(LANES):
            largest[i] = max(highest[way, lanes[i]] * per[i], least)
        for k in range(tangents.shape[0]):
            query = room.query[r, k]
            for i in range(LANES):
                query[i] = max(tangents[k, lanes[i]] * per[i], least)
