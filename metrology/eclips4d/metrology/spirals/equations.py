"""Sums over an image: how a spiral must change to fit its slopes better, and what phase they show (compiled)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.spirals.block import AT_MOST, GATHERED, SLOTS, keep_risers, sum_risers, sum_terraces
from eclips4d.metrology.spirals.model import HEIGHT, PASSAGE, PHASE, PLANE_X, PLANE_Y, SPACING, X, Y
from eclips4d.metrology.spirals.winding import BETWEEN, ROWS, STEEP, UX, UY, compiled, wind

F64 = NDArray[np.float64]


@compiled  # type: ignore[untyped-decorator]
def span_of(precision: F64, first: int, last: int) -> tuple[int, int]:
    """First pixel of a part of a row that counts and the one after the last; the same where none does."""
    while first < last and precision[first] <= 0.0:
        first += 1
    while last > first and precision[last - 1] <= 0.0:
        last -= 1
    return first, last


@compiled  # type: ignore[untyped-decorator]
def normal_equations(
    slope: F64,
    precision: F64,
    x: F64,
    y: F64,
    t: F64,
    parameters: F64,
    wound: float,
    far_off: float,
    block: int,
    table: F64,
    matrix: F64,
    score: F64,
    energy: F64,
) -> tuple[float, float, float, float]:
    """Add up Gauss and Newton's matrix and, block by block of the image, the scores.

    Parameters
    ----------
    slope : [2, y, x]
    precision : [y, x]
        1/variance of one component; 0 for pixels that do not count.
    x, y, t : [x], [y], [y]
        nm, nm, s since the moment at which `PHASE` holds.
    wound
        s·N.
    far_off
        Residuals, in units of their standard deviation, beyond which a pixel loses its say.
    block
        Side of a block in pixels.
    table
        `winding.radial_table`, as far as the farthest pixel.
    matrix, score, energy : [COUNT, COUNT], [rows of blocks, columns of blocks, COUNT], [the same, 3]
        Results, to be zero before; of the matrix the lower half. Energy is squares of residuals and of slopes in
        units of their standard deviation, and how many there are, whether they have a say or not.

    Returns
    -------
    chi2, chi2_without, weight, pixels
        Weighted squares of residuals and of slopes without the plane, sum of robust weights, pixels that count.
    """
    rows, columns = precision.shape
    row, kept = np.empty((ROWS, columns)), np.empty(SLOTS * AT_MOST)
    terrace, total = np.zeros(4), np.zeros(4)
    turn, per_far = wound / (2.0 * math.pi), 1.0 / (far_off * far_off)
    for k in range(score.shape[0]):
        for here in range(score.shape[1]):
            n = np.int64(0)
            for line in range(k * block, min((k + 1) * block, rows)):
                first, last = span_of(precision[line], here * block, min((here + 1) * block, columns))
                if first == last:
                    continue
                dy, fixed = y[line] - parameters[Y], parameters[PHASE] + parameters[PASSAGE] * t[line]
                beside, counts = x[first:last], precision[line, first:last]
                slope_x, slope_y = slope[0, line, first:last], slope[1, line, first:last]
                wind(beside, dy, parameters[X], fixed, turn, parameters[SPACING], table, row)
                sum_terraces(
                    slope_x, slope_y, counts, beside, dy, parameters, turn, per_far, row,
                    terrace, score[k, here], total, energy[k, here],
                )  # fmt: skip
                n = keep_risers(slope_x, slope_y, counts, beside, dy, t[line], parameters, row, kept, n)
                if n >= GATHERED:
                    sum_risers(
                        kept, n, parameters, turn, per_far, table, matrix, score[k, here], total, energy[k, here]
                    )
                    n = np.int64(0)
            if n > 0:
                sum_risers(kept, n, parameters, turn, per_far, table, matrix, score[k, here], total, energy[k, here])
    matrix[HEIGHT, HEIGHT] += terrace[0]
    matrix[PLANE_X, HEIGHT] += terrace[1]
    matrix[PLANE_Y, HEIGHT] += terrace[2]
    matrix[PLANE_X, PLANE_X] += terrace[3]
    matrix[PLANE_Y, PLANE_Y] += terrace[3]
    return total[0], total[1], total[2], total[3]


@compiled  # type: ignore[untyped-decorator]
def phase_profile(
    slope: F64,
    precision: F64,
    x: F64,
    y: F64,
    t: F64,
    parameters: F64,
    wound: float,
    table: F64,
    total: F64,
    count: F64,
) -> None:
    """Slope along grad u against u − c, in bins over one period; parameters as in `normal_equations`."""
    turn = wound / (2.0 * math.pi)
    bins = total.shape[0]
    row = np.empty((ROWS, precision.shape[1]))
    for line in range(precision.shape[0]):
        first, last = span_of(precision[line], np.int64(0), precision.shape[1])
        dy, fixed = y[line] - parameters[Y], parameters[PASSAGE] * t[line]
        wind(x[first:last], dy, parameters[X], fixed, turn, parameters[SPACING], table, row)
        for column in range(first, last):
            if precision[line, column] <= 0.0:
                continue
            at = column - first
            u, ux, uy = row[BETWEEN, at], row[UX, at], row[UY, at]
            k = min(int((u - math.floor(u)) * bins), bins - 1)
            total[k] += (
                (slope[0, line, column] - parameters[PLANE_X]) * ux
                + (slope[1, line, column] - parameters[PLANE_Y]) * uy
            ) / row[STEEP, at]
            count[k] += 1.0
