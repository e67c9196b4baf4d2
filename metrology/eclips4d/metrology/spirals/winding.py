"""How far arms have wound at every pixel of a row (compiled): where between two risers each pixel lies.

Loops over a row are plain arithmetic without branches, so that several pixels are done at once; for that the radial
part is looked up in a table over the distance, and the angle is a polynomial.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.spirals.shape import TABLE_STEP

F64 = NDArray[np.float64]

F, BY_R, BY_BEND, BY_R_BEND = range(4)
"""Rows of the table: F, dF/dr, dF/dρ, d²F/dr/dρ."""
NODES = 64
"""Of the table, per spacing."""
DISTANCE, ARMS, UX, UY, STEEP, BETWEEN = range(6)
"""Rows of what is found: r, F(r), grad u, its length, and u less the nearest whole number."""
ROWS = 6

_ARCTAN = (
    0.9999998863829992,
    -0.3333259702692861,
    0.19985906744940618,
    -0.14161229054792798,
    0.10498945620391924,
    -0.07234856529446347,
    0.0397812148385714,
    -0.014401353098698846,
    0.0024567234891775397,
)
"""arctan(z)/z in powers of z² for 0 ≤ z ≤ 1, good to 6e-9 rad (minimax, weights of Lawson)."""

# Sums may be reordered; what is not a number stays one.
compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "arcp", "nsz"})
inlined: Any = numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")


@inlined  # type: ignore[untyped-decorator]
def _radial(
    r: float, spacing: float, bend: float, value: F64, slope: F64, omega: float
) -> tuple[float, float, float, float]:
    """F, dF/dr, dF/dρ and d²F/dr/dρ; a negative ρ bends the other way."""
    at = r / abs(bend)
    last = value.shape[0] - 1
    end = last * TABLE_STEP
    if at < end:
        k = at / TABLE_STEP
        i = int(k)
        f = k - i
        e = value[i] * (1.0 - f) + value[i + 1] * f
        de = slope[i] * (1.0 - f) + slope[i + 1] * f
        dde = (slope[i + 1] - slope[i]) / TABLE_STEP
    else:
        e = value[last] + omega * math.log(at / end) + (omega - 0.5 / omega) * (1.0 / end - 1.0 / at)
        de = omega / at + (omega - 0.5 / omega) / (at * at)
        dde = -(omega + 2.0 * (omega - 0.5 / omega) / at) / (at * at)
    scale = 1.0 / (spacing * omega)
    way = 1.0 if bend > 0.0 else -1.0
    return (
        r / spacing + bend * scale * e,
        1.0 / spacing + way * scale * de,
        scale * (e - at * de),
        -scale * dde * at / abs(bend),
    )


@compiled  # type: ignore[untyped-decorator]
def radial_table(spacing: float, bend: float, farthest: float, value: F64, slope: F64, omega: float) -> F64:
    """What `wind` looks up: at multiples of λ/64 as far as `farthest`, nm, [4, node]; then as in `shape.Excess`."""
    nodes = int(farthest / spacing * NODES) + 3
    table = np.empty((4, nodes))
    for k in range(nodes):
        table[F, k], table[BY_R, k], table[BY_BEND, k], table[BY_R_BEND, k] = _radial(
            k * spacing / NODES, spacing, bend, value, slope, omega
        )
    return table


@compiled  # type: ignore[untyped-decorator]
def wind(x: F64, dy: float, core_x: float, fixed: float, turn: float, spacing: float, table: F64, out: F64) -> None:
    """One row of pixels.

    Parameters
    ----------
    x : [column]
        nm.
    dy, core_x
        Of the row from the core, and the core's place, nm.
    fixed
        c + ν·t of the row.
    turn
        s·N/2π.
    spacing, table
        λ, and `radial_table` for it.
    out : [ROWS, column or more]
        Result, at the beginning of each row.
    """
    _polar(x, dy, core_x, out[DISTANCE], out[BETWEEN])
    _look_up(out[DISTANCE][: x.shape[0]], spacing, table[F], table[BY_R], out[ARMS], out[UX])
    _slopes(x, dy, core_x, fixed, turn, out[DISTANCE], out[ARMS], out[UX], out[UY], out[STEEP], out[BETWEEN])


@compiled  # type: ignore[untyped-decorator]
def _polar(x: F64, dy: float, core_x: float, distance: F64, angle_of: F64) -> None:
    down = abs(dy)
    for column in range(x.shape[0]):
        dx = x[column] - core_x
        across = abs(dx)
        z = min(across, down) / (max(across, down) + 1e-30)
        z2 = z * z
        high = (_ARCTAN[8] * z2 + _ARCTAN[7]) * z2 + _ARCTAN[6]
        middle = ((high * z2 + _ARCTAN[5]) * z2 + _ARCTAN[4]) * z2 + _ARCTAN[3]
        angle = z * (((middle * z2 + _ARCTAN[2]) * z2 + _ARCTAN[1]) * z2 + _ARCTAN[0])
        angle = 0.5 * math.pi - angle if down > across else angle
        angle_of[column] = math.pi - angle if dx < 0.0 else angle
        distance[column] = math.sqrt(dx * dx + dy * dy + 1e-9)


@compiled  # type: ignore[untyped-decorator]
def _look_up(distance: F64, spacing: float, winding: F64, by_r: F64, arms: F64, steepness: F64) -> None:
    per_nm, half_step = NODES / spacing, 0.5 * spacing / NODES
    for column in range(distance.shape[0]):
        at = distance[column] * per_nm
        k = np.int32(at)
        part = at - k
        # Linear between nodes is dF/dr, of which F is the integral.
        before = by_r[k]
        df = before + part * (by_r[k + 1] - before)
        steepness[column] = df
        arms[column] = winding[k] + part * half_step * (before + df)


@compiled  # type: ignore[untyped-decorator]
def _slopes(
    x: F64,
    dy: float,
    core_x: float,
    fixed: float,
    turn: float,
    distance: F64,
    arms: F64,
    ux_of: F64,
    uy_of: F64,
    steep: F64,
    between: F64,
) -> None:
    """From dF/dr in `ux_of` and angles of the upper half plane in `between`."""
    turned = -turn if dy < 0.0 else turn
    for column in range(x.shape[0]):
        dx, per_r = x[column] - core_x, 1.0 / distance[column]
        by_r, sheet = ux_of[column] * per_r, turn * per_r * per_r
        ux, uy = sheet * dy - by_r * dx, -sheet * dx - by_r * dy
        ux_of[column], uy_of[column] = ux, uy
        steep[column] = math.sqrt(ux * ux + uy * uy)
        u = fixed - arms[column] - turned * between[column] + 0.5
        # Cutting decimals off is faster than rounding down; below zero it rounds up.
        whole = np.float64(np.int32(u))
        between[column] = u - 0.5 - (whole - 1.0 if whole > u else whole)
