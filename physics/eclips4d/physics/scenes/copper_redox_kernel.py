"""The height function of the copper scene, line by line, compiled: it is evaluated some millions of times a frame."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.scenes.islands import polyhedron
from eclips4d.physics.scenes.profile import sawtooth, upper
from eclips4d.physics.scenes.tile import buried, tile_row
from eclips4d.physics.scenes.train import RISER_HALF_WIDTH_NM, train_height

FloatArray = NDArray[np.float64]

FLOW_COS, FLOW_SIN = math.cos(math.radians(-28.0)), math.sin(math.radians(-28.0))
"""Direction in which steps flow, array axes."""
RISER_SD_NM = 10.4
"""Of a spiral's bundle: an error function as steep as those tangents."""
ROUGHNESS_STEP_NM = 5.0
MEETING_NM = 5.0
PHASE_STEP = 0.02
"""Of the table of the spiral's phase, critical radii."""
_STRETCH = 0.5
_HASH = 0.6180339887498949

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")
_inlined: Any = numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")


@_inlined  # type: ignore[untyped-decorator]
def _train(q: float, x: float, table: FloatArray, count: int, row: FloatArray) -> float:
    """The train and the roughness of each terrace."""
    height, near, off = train_height(q, table, count)
    cells = _HASH * row.shape[0]
    return float(height + buried(x, off / RISER_HALF_WIDTH_NM, (near - 1.0) * cells, near * cells, row))


@_inlined  # type: ignore[untyped-decorator]
def spiral_phase(r: float, phase: FloatArray) -> tuple[float, float]:
    """Phase of a steadily rotating spiral and its slope, at a distance in critical radii."""
    at = r / PHASE_STEP
    i = min(int(at), phase.shape[0] - 2)
    slope = phase[i + 1] - phase[i]
    return phase[i] + (at - i) * slope, slope / PHASE_STEP


@_inlined  # type: ignore[untyped-decorator]
def _spiral(
    dx: float, dy: float, shift: float, hills: FloatArray, k: int, phase: FloatArray, x: float, row: FloatArray
) -> float:
    """A hillock with one step that winds around its core; the step flows outwards as the spiral turns."""
    r = math.sqrt(dx * dx + dy * dy) + 1e-9
    grown, slope = spiral_phase(r / hills[k, 6], phase)
    turns = -grown / (2.0 * math.pi)
    f = shift / hills[k, 4] + hills[k, 7] + turns - hills[k, 5] * math.atan2(dy, dx) / (2.0 * math.pi)
    slope /= hills[k, 6]
    sd = RISER_SD_NM * math.sqrt(slope * slope + 1.0 / (r * r)) / (2.0 * math.pi)
    height = hills[k, 2] + hills[k, 3] * (turns - sawtooth(f, sd))
    off = f - math.floor(f + 0.5)
    passed = _STRETCH * (shift - off * hills[k, 4]) / ROUGHNESS_STEP_NM
    turn = _STRETCH * hills[k, 4] / ROUGHNESS_STEP_NM
    rough = buried(x, off / max(2.0 * sd, 1e-6), passed - turn, passed, row) if sd < 0.16 else 0.0
    return float(height + min(1.0, max(0.0, (0.16 - sd) * 25.0)) * rough)


@_inlined  # type: ignore[untyped-decorator]
def crystal(
    x: float,
    y: float,
    meander: float,
    shift: float,
    table: FloatArray,
    count: int,
    train_range: FloatArray,
    hills: FloatArray,
    phase: FloatArray,
    row: FloatArray,
) -> float:
    """Upper envelope of the hillocks and the step train; what lies well below it is not evaluated."""
    height = -1e30
    cells = x / ROUGHNESS_STEP_NM
    for k in range(hills.shape[0]):
        dx, dy = x - hills[k, 0], y - hills[k, 1]
        highest = hills[k, 2] + hills[k, 3] * (0.7 - math.sqrt(dx * dx + dy * dy) / hills[k, 4])
        if highest > max(height, train_range[0]) - MEETING_NM:
            height = upper(height, _spiral(dx, dy, shift, hills, k, phase, cells, row), MEETING_NM)
    if height < train_range[1] + MEETING_NM:
        q = x * FLOW_COS + y * FLOW_SIN + meander - shift
        height = upper(height, _train(q, cells, table, count, row), MEETING_NM)
    return height


@_compiled  # type: ignore[untyped-decorator]
def crystal_lines(
    x0: FloatArray,
    step: float,
    ys: FloatArray,
    shifts: FloatArray,
    table: FloatArray,
    count: int,
    train_range: FloatArray,
    hills: FloatArray,
    phase: FloatArray,
    roughness: FloatArray,
    height: FloatArray,
) -> None:
    """Fill heights (nm) of the bare crystal; see `copper_redox.CopperRedox`."""
    row = np.empty(roughness.shape[1])
    turn_a, turn_b = -step * FLOW_SIN / 95.0, -step * FLOW_SIN / 41.0
    cos_a, sin_a, cos_b, sin_b = math.cos(turn_a), math.sin(turn_a), math.cos(turn_b), math.sin(turn_b)
    for line in range(height.shape[0]):
        tile_row(ys[line] / ROUGHNESS_STEP_NM, roughness, row)
        across = -x0[line] * FLOW_SIN + ys[line] * FLOW_COS
        sa, ca = math.sin(across / 95.0), math.cos(across / 95.0)
        sb, cb = math.sin(across / 41.0 + 1.3), math.cos(across / 41.0 + 1.3)
        for column in range(height.shape[1]):
            height[line, column] = crystal(
                x0[line] + step * column,
                ys[line],
                16.0 * sa + 9.0 * sb,
                shifts[line],
                table,
                count,
                train_range,
                hills,
                phase,
                row,
            )
            sa, ca = sa * cos_a + ca * sin_a, ca * cos_a - sa * sin_a
            sb, cb = sb * cos_b + cb * sin_b, cb * cos_b - sb * sin_b


@_compiled  # type: ignore[untyped-decorator]
def oxide_lines(
    x0: FloatArray,
    step: float,
    ys: FloatArray,
    sizes: FloatArray,
    islands: FloatArray,
    planes: FloatArray,
    height: FloatArray,
    grain: NDArray[np.int16],
) -> None:
    """Raise oxide islands out of the crystal and number them from 1.

    Parameters
    ----------
    sizes
        Of every line: root of the oxide coverage.
    islands
        x, y, level of the surface around it, reach, [n, 4].
    planes
        Of every island: outward normal and distance, the top last, [n, p, 4].
    """
    top = planes.shape[1] - 1
    now = np.empty((1, planes.shape[1], 4))
    for line in range(height.shape[0]):
        for k in range(islands.shape[0]):
            dy, reach = ys[line] - islands[k, 1], islands[k, 3]
            if abs(dy) > reach:
                continue
            for side in range(planes.shape[1]):
                for part in range(3):
                    now[0, side, part] = planes[k, side, part]
                now[0, side, 3] = planes[k, side, 3] * (sizes[line] if side == top else 0.4 + 0.6 * sizes[line])
            first = max(0, int((islands[k, 0] - reach - x0[line]) / step))
            last = min(height.shape[1], int((islands[k, 0] + reach - x0[line]) / step) + 2)
            for column in range(first, last):
                oxide = islands[k, 2] + polyhedron(x0[line] + step * column - islands[k, 0], dy, 1.0, now, 0)
                if oxide > height[line, column]:
                    height[line, column] = oxide
                    grain[line, column] = k + 1
