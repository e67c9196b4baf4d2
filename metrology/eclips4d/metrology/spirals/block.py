"""Sums of the normal equations over the pixels of one block (compiled): terraces and risers apart.

Between risers only height and plane matter. On risers all derivatives do; what is known of their pixels is written
down one after the other, row by row of the block, so that loops over them are long and plain.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.spirals.model import (
    BEND,
    CUT,
    HEIGHT,
    PASSAGE,
    PHASE,
    PLANE_X,
    PLANE_Y,
    RISER,
    SPACING,
    X,
    Y,
    comb_at,
)
from eclips4d.metrology.spirals.winding import (
    ARMS,
    BETWEEN,
    BY_BEND,
    BY_R_BEND,
    DISTANCE,
    NODES,
    STEEP,
    UX,
    UY,
    compiled,
)

F64 = NDArray[np.float64]

GATHERED, WIDEST = 160, 512
"""Riser pixels that are worked on at a time, and the side of a block in pixels, at most."""
AT_MOST = GATHERED + WIDEST + 13
"""How many there may be after one more row; no power of two, which would have all of it share a few cache lines."""
SLOTS = 36
(
    _DX, _DY, _T, _R, _F, _UX, _UY, _STEEP, _COMB, _BY_U, _BY_SD, _PRECISION, _SX, _SY, _SAY, _OFF, _RELIEF, _WEIGHT,
) = (np.int64(k * AT_MOST) for k in range(18))  # fmt: skip
_ALONG_X, _ALONG_Y, _EX, _EY = (np.int64(k * AT_MOST) for k in (18, 26, 34, 35))
"""Where what is known of riser pixels begins in one array: distances that the compiler knows allow it to take several
pixels at once. Derivatives by the parameters up to the passage rate follow each other. Whole numbers of NumPy: for
every number of Python's that a kernel hands over, what it calls would be compiled anew."""
_DERIVED = 8


@compiled  # type: ignore[untyped-decorator]
def sum_terraces(
    slope_x: F64,
    slope_y: F64,
    precision: F64,
    x: F64,
    dy: float,
    parameters: F64,
    turn: float,
    per_far: float,
    row: F64,
    terrace: F64,
    score: F64,
    total: F64,
    energy: F64,
) -> None:
    """Add what the pixels of a row of a block that lie between risers say.

    `terrace` gathers weights of (H, H), (plane x, H), (plane y, H) and (plane, plane); `total` chi2, chi2 without the
    spiral, robust weights and pixels; `score` and `energy` are the block's.
    """
    distance, steep, between = row[DISTANCE], row[STEEP], row[BETWEEN]
    core_x, cut = parameters[X], CUT * parameters[RISER]
    height, plane_x, plane_y = parameters[HEIGHT], parameters[PLANE_X], parameters[PLANE_Y]
    pixels, off_sum, relief_sum, chi2, without, weight = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    hh, xh, yh, pp, he, xe, ye = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for column in range(x.shape[0]):
        p, per_r = precision[column], 1.0 / distance[column]
        flat = 1.0 if abs(between[column]) > cut * steep[column] else 0.0
        counts = flat if p > 0.0 else 0.0
        sheet = turn * per_r * per_r
        along_x, along_y = -sheet * dy, sheet * (x[column] - core_x)
        sx, sy = slope_x[column] - plane_x, slope_y[column] - plane_y
        ex, ey = sx - height * along_x, sy - height * along_y
        off, relief = (ex * ex + ey * ey) * p, (sx * sx + sy * sy) * p
        w = 1.0 / (1.0 + off * per_far)
        w *= w * counts
        pixels += counts
        off_sum += counts * off
        relief_sum += counts * relief
        chi2 += w * off
        without += w * relief
        weight += w
        w *= p
        hh += w * (along_x * along_x + along_y * along_y)
        xh += w * along_x
        yh += w * along_y
        pp += w
        he += w * (along_x * ex + along_y * ey)
        xe += w * ex
        ye += w * ey
    terrace[0], terrace[1] = terrace[0] + hh, terrace[1] + xh
    terrace[2], terrace[3] = terrace[2] + yh, terrace[3] + pp
    total[0], total[1], total[2] = total[0] + chi2, total[1] + without, total[2] + weight
    total[3] += pixels
    energy[0] += off_sum
    energy[1] += relief_sum
    energy[2] += 2.0 * pixels
    score[HEIGHT] += he
    score[PLANE_X] += xe
    score[PLANE_Y] += ye


@compiled  # type: ignore[untyped-decorator]
def keep_risers(
    slope_x: F64,
    slope_y: F64,
    precision: F64,
    x: F64,
    dy: float,
    t: float,
    parameters: F64,
    row: F64,
    kept: F64,
    n: int,
) -> int:
    """Write down what is known of the pixels of a row on risers, after n others; returns how many it then is."""
    between, steep = row[BETWEEN], row[STEEP]
    core_x, riser_nm, plane_x, plane_y = parameters[X], parameters[RISER], parameters[PLANE_X], parameters[PLANE_Y]
    for column in range(x.shape[0]):
        sd = riser_nm * steep[column]
        if precision[column] <= 0.0 or abs(between[column]) > CUT * sd:
            continue
        kept[_COMB + n], kept[_BY_U + n], kept[_BY_SD + n] = comb_at(between[column], sd)
        kept[_DX + n], kept[_DY + n], kept[_T + n] = x[column] - core_x, dy, t
        kept[_R + n], kept[_F + n] = row[DISTANCE, column], row[ARMS, column]
        kept[_UX + n], kept[_UY + n], kept[_STEEP + n] = row[UX, column], row[UY, column], steep[column]
        kept[_PRECISION + n] = precision[column]
        kept[_SX + n], kept[_SY + n] = slope_x[column] - plane_x, slope_y[column] - plane_y
        n += 1
    return n


@compiled  # type: ignore[untyped-decorator]
def _weigh(kept: F64, n: int, height: float, turn: float, per_far: float) -> None:
    """Residuals and weights; derivatives by height."""
    for m in range(n):
        per_r, comb, p = 1.0 / kept[_R + m], kept[_COMB + m], kept[_PRECISION + m]
        sheet = turn * per_r * per_r
        high_x, high_y = comb * kept[_UX + m] - sheet * kept[_DY + m], comb * kept[_UY + m] + sheet * kept[_DX + m]
        sx, sy = kept[_SX + m], kept[_SY + m]
        ex, ey = sx - height * high_x, sy - height * high_y
        off = (ex * ex + ey * ey) * p
        w = 1.0 / (1.0 + off * per_far)
        w *= w
        kept[_SAY + m], kept[_OFF + m], kept[_RELIEF + m] = w, off, (sx * sx + sy * sy) * p
        w = math.sqrt(w * p)
        kept[_WEIGHT + m], kept[_EX + m], kept[_EY + m] = w, w * ex, w * ey
        kept[_ALONG_X + HEIGHT * AT_MOST + m], kept[_ALONG_Y + HEIGHT * AT_MOST + m] = w * high_x, w * high_y


@compiled  # type: ignore[untyped-decorator]
def _derive(kept: F64, n: int, parameters: F64, bends: F64, bends_by_r: F64) -> None:
    """All other derivatives, times the square root of the weight."""
    height, riser_nm = parameters[HEIGHT], parameters[RISER]
    per_node, per_spacing = NODES / parameters[SPACING], 1.0 / parameters[SPACING]
    for m in range(n):
        dx, dy, per_r = kept[_DX + m], kept[_DY + m], 1.0 / kept[_R + m]
        ux, uy, steep = kept[_UX + m], kept[_UY + m], kept[_STEEP + m]
        high = kept[_WEIGHT + m] * height
        node = kept[_R + m] * per_node
        k = np.int32(node)
        part = node - k
        by_bend = bends[k] + part * (bends[k + 1] - bends[k])
        df_by_bend = bends_by_r[k] + part * (bends_by_r[k + 1] - bends_by_r[k])
        shift = high * kept[_BY_U + m]
        shift_x, shift_y = shift * ux, shift * uy
        kept[_ALONG_X + X * AT_MOST + m], kept[_ALONG_Y + X * AT_MOST + m] = -ux * shift_x, -ux * shift_y
        kept[_ALONG_X + Y * AT_MOST + m], kept[_ALONG_Y + Y * AT_MOST + m] = -uy * shift_x, -uy * shift_y
        kept[_ALONG_X + PHASE * AT_MOST + m], kept[_ALONG_Y + PHASE * AT_MOST + m] = shift_x, shift_y
        t = kept[_T + m]
        kept[_ALONG_X + PASSAGE * AT_MOST + m], kept[_ALONG_Y + PASSAGE * AT_MOST + m] = t * shift_x, t * shift_y
        # Spacing and bend also turn and steepen risers, which is what parts the one from the other.
        df = -(ux * dx + uy * dy) * per_r
        by_sd, turned = high * kept[_BY_SD + m], high * kept[_COMB + m] * per_r
        broader = -by_sd * riser_nm * df / steep
        by_x, by_y = broader * ux + turned * dx, broader * uy + turned * dy
        f = kept[_F + m]
        kept[_ALONG_X + SPACING * AT_MOST + m] = per_spacing * (f * shift_x + df * by_x)
        kept[_ALONG_Y + SPACING * AT_MOST + m] = per_spacing * (f * shift_y + df * by_y)
        kept[_ALONG_X + BEND * AT_MOST + m] = -by_bend * shift_x - df_by_bend * by_x
        kept[_ALONG_Y + BEND * AT_MOST + m] = -by_bend * shift_y - df_by_bend * by_y
        by_riser = by_sd * steep
        kept[_ALONG_X + RISER * AT_MOST + m], kept[_ALONG_Y + RISER * AT_MOST + m] = by_riser * ux, by_riser * uy


@compiled  # type: ignore[untyped-decorator]
def _product(kept: F64, a: int, b: int, n: int) -> float:
    """Sum of products of what begins at a and at b."""
    one, other = kept[a : a + n], kept[b : b + n]
    total = 0.0
    for m in range(one.shape[0]):
        total += one[m] * other[m]
    return total


@compiled  # type: ignore[untyped-decorator]
def sum_risers(
    kept: F64,
    n: int,
    parameters: F64,
    turn: float,
    per_far: float,
    table: F64,
    matrix: F64,
    score: F64,
    total: F64,
    energy: F64,
) -> None:
    """Add what n riser pixels of one block say; `score` and `energy` are the block's, of `matrix` the lower half."""
    _weigh(kept, n, parameters[HEIGHT], turn, per_far)
    _derive(kept, n, parameters, table[BY_BEND], table[BY_R_BEND])
    chi2, without, weight, off, relief = 0.0, 0.0, 0.0, 0.0, 0.0
    for m in range(n):
        w = kept[_SAY + m]
        chi2 += w * kept[_OFF + m]
        without += w * kept[_RELIEF + m]
        weight += w
        off += kept[_OFF + m]
        relief += kept[_RELIEF + m]
    total[0], total[1], total[2], total[3] = total[0] + chi2, total[1] + without, total[2] + weight, total[3] + n
    energy[0], energy[1], energy[2] = energy[0] + off, energy[1] + relief, energy[2] + 2.0 * n
    for i in range(_DERIVED):
        x, y = _ALONG_X + i * AT_MOST, _ALONG_Y + i * AT_MOST
        score[i] += _product(kept, x, _EX, n) + _product(kept, y, _EY, n)
        matrix[PLANE_X, i] += _product(kept, x, _WEIGHT, n)
        matrix[PLANE_Y, i] += _product(kept, y, _WEIGHT, n)
        for j in range(i + 1):
            matrix[i, j] += _product(kept, x, _ALONG_X + j * AT_MOST, n) + _product(kept, y, _ALONG_Y + j * AT_MOST, n)
    score[PLANE_X] += _product(kept, _WEIGHT, _EX, n)
    score[PLANE_Y] += _product(kept, _WEIGHT, _EY, n)
    alike = _product(kept, _WEIGHT, _WEIGHT, n)
    matrix[PLANE_X, PLANE_X] += alike
    matrix[PLANE_Y, PLANE_Y] += alike
