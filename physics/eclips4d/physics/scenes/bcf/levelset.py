"""The level-set equation of spiral steps (Ohtsuka, Tsai, Giga, J. Sci. Comput. 62, 831, 2015).

Steps are where w = u − theta is a multiple of 2 pi; theta = sum of m_j·arg(x − a_j) carries the sheets of all cores,
u is single valued. Steps then move, turn, meet and annihilate by themselves under

    u_t = |grad w|·(v(n) + div n),   n = grad w/|grad w|,   v(n) = (1 − s) + s·(|n_x| + |n_y|),

v(n) from the circle (s = 0) to the square (s = 1, the crystalline case). Derivatives of theta are exact; u is
differenced, upwind of second order where steps are carried, central where they bend. u is merely conical at a core,
so that no disc has to be cut out around it, as long as it lies between grid points.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

PAD = 2
"""Grid points beyond each edge; there u goes on straight, so that steps leave."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def sheet_derivatives(x: FloatArray, y: FloatArray, cores: FloatArray) -> FloatArray:
    """Theta's derivatives (x, y, xx, xy) on a grid, [4, y, x]; theta_yy is −theta_xx.

    Parameters
    ----------
    x, y
        Grid points, [n] each.
    cores
        x, y and number of steps that start there, signed by their sense, [m, 3].
    """
    derivatives = np.zeros((4, len(y), len(x)))
    for at_x, at_y, turns in cores:
        dx, dy = x[None, :] - at_x, y[:, None] - at_y
        r2 = dx * dx + dy * dy
        derivatives += turns * np.stack([-dy / r2, dx / r2, 2.0 * dx * dy / r2**2, (dy * dy - dx * dx) / r2**2])
    return derivatives


def advance(u: FloatArray, sheets: FloatArray, cell: float, square: float, step: float, steps: int) -> None:
    """Move u on by `steps` steps of Heun's method, in place, [y + 2·PAD, x + 2·PAD]."""
    inner = (slice(PAD, -PAD), slice(PAD, -PAD))
    first, second, ahead = np.empty(sheets.shape[1:]), np.empty(sheets.shape[1:]), np.empty_like(u)
    for _ in range(steps):
        _rate(u, sheets, cell, square, first)
        ahead[inner] = u[inner] + step * first
        continue_straight(ahead)
        _rate(ahead, sheets, cell, square, second)
        u[inner] += 0.5 * step * (first + second)
        continue_straight(u)


@_compiled  # type: ignore[untyped-decorator]
def continue_straight(u: FloatArray) -> None:
    """Fill the padding by linear continuation."""
    n, m = u.shape
    for i in range(2, n - 2):
        for k in (1, 0):
            u[i, k] = 2.0 * u[i, k + 1] - u[i, k + 2]
            u[i, m - 1 - k] = 2.0 * u[i, m - 2 - k] - u[i, m - 3 - k]
    for j in range(m):
        for k in (1, 0):
            u[k, j] = 2.0 * u[k + 1, j] - u[k + 2, j]
            u[n - 1 - k, j] = 2.0 * u[n - 2 - k, j] - u[n - 3 - k, j]


@_compiled  # type: ignore[untyped-decorator]
def _gentler(a: float, b: float) -> float:
    """The second difference of the smoother side; none across a kink."""
    return (a if abs(a) < abs(b) else b) if a * b > 0.0 else 0.0


@_compiled  # type: ignore[untyped-decorator]
def _upwind(
    far_before: float, before: float, here: float, after: float, far_after: float, cell: float, sheet: float
) -> float:
    """Slope of w that a growing step sees: the one from the side it comes from."""
    bend = before + after - 2.0 * here
    back = (here - before + 0.5 * _gentler(bend, far_before + here - 2.0 * before)) / cell - sheet
    ahead = (after - here - 0.5 * _gentler(bend, far_after + here - 2.0 * after)) / cell - sheet
    return float(max(max(ahead, 0.0), max(-back, 0.0)))


@_compiled  # type: ignore[untyped-decorator]
def _rate(u: FloatArray, sheets: FloatArray, cell: float, square: float, rate: FloatArray) -> None:
    rows, columns = rate.shape
    per_area = 1.0 / (cell * cell)
    for row in range(rows):
        i = row + 2
        for column in range(columns):
            j = column + 2
            here, left, right, above, below = u[i, j], u[i, j - 1], u[i, j + 1], u[i - 1, j], u[i + 1, j]
            sx, sy, sxx, sxy = (
                sheets[0, row, column],
                sheets[1, row, column],
                sheets[2, row, column],
                sheets[3, row, column],
            )
            gx = _upwind(u[i, j - 2], left, here, right, u[i, j + 2], cell, sx)
            gy = _upwind(u[i - 2, j], above, here, below, u[i + 2, j], cell, sy)
            carried = (1.0 - square) * math.sqrt(gx * gx + gy * gy) + square * (gx + gy)
            px, py = (right - left) / (2.0 * cell) - sx, (below - above) / (2.0 * cell) - sy
            pxx, pyy = (left + right - 2.0 * here) * per_area - sxx, (above + below - 2.0 * here) * per_area + sxx
            corner = u[i + 1, j + 1] - u[i + 1, j - 1] - u[i - 1, j + 1] + u[i - 1, j - 1]
            pxy = 0.25 * corner * per_area - sxy
            bent = pxx * py * py - 2.0 * px * py * pxy + pyy * px * px
            rate[row, column] = carried + bent / (px * px + py * py + 1e-12)
