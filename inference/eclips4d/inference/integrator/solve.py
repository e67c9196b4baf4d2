"""Weighted least squares over pixel borders: height steps that fit border slopes, each border with its own weight.

Minimised is the sum over borders of `w·(height step/d − g)²`, free at the image's edge. With unit weights cosine
transforms along x leave one tridiagonal system per column, solved at once. With others that solution is where conjugate
gradients start, preconditioned by a multigrid cycle.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from eclips4d.inference.integrator.columns import Columns
from eclips4d.inference.integrator.multigrid import conductances, cycle, levels
from eclips4d.inference.integrator.twice import for_both

F32 = NDArray[np.float32]

FLOOR: Final = 1e-3
"""Least weight of a border over the largest: where nothing is known the height goes on smoothly."""
SOLVED: Final = 1e-11
"""Share of the first misfit, squared, below which only rounding is left."""
WORKERS: Final = 2
"""Threads of a cosine transform; its result does not depend on their number."""
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


class Laplacian:
    """The free-boundary Laplacian of one image shape, inverted by cosine transforms along x and elimination along y.

    Parameters
    ----------
    shape
        (y, x).
    pixel_size_xy_nm
        (x, y).
    """

    def __init__(self, shape: tuple[int, int], pixel_size_xy_nm: tuple[float, float]) -> None:
        (rows, columns), (dx, dy) = shape, pixel_size_xy_nm
        self.pixel_size_xy_nm = pixel_size_xy_nm
        self.per_dx, self.per_dy = (np.float32(1.0 / size) for size in pixel_size_xy_nm)
        self._factor = -(dy**2)
        self._columns = Columns(rows, 4.0 * (dy / dx) ** 2 * np.sin(np.pi * np.arange(columns) / (2.0 * columns)) ** 2)

    def inverse(self, source: F32) -> F32:
        """Height of zero mean whose Laplacian is `source` [y, x], which is overwritten."""
        waves = scipy.fft.dct(source, type=2, axis=1, norm="ortho", overwrite_x=True, workers=WORKERS)
        for_both(lambda part: self._columns.solve(waves, self._factor, part, 2), waves.size)
        height: F32 = scipy.fft.idct(waves, type=2, axis=1, norm="ortho", overwrite_x=True, workers=WORKERS)
        return height


def solve(border: F32, weight: F32 | None, laplacian: Laplacian, iterations: int) -> F32:
    """Height that fits border slopes best.

    Parameters
    ----------
    border
        Slopes g at the borders, [2, y, x].
    weight
        Of the borders, [2, y, x], at least 0; None for all alike.
    laplacian
        Of this shape and pixel size.
    iterations
        Of preconditioned conjugate gradients after the solution for unit weights.

    Returns
    -------
    float32 [y, x]
        nm, of zero mean.
    """
    source = flux_divergence(border, laplacian.per_dx, laplacian.per_dy)
    height = laplacian.inverse(source)
    if weight is None or iterations == 0:
        return height
    conductance = floored(weight)
    residual = np.empty_like(height)
    misfit_source(border, height, conductance, laplacian.per_dx, laplacian.per_dy, residual)
    conductance[0] *= laplacian.per_dx**2
    conductance[1] *= laplacian.per_dy**2
    height += relaxed(residual, conductance, iterations)
    height -= np.float32(height.mean(dtype=np.float64))
    return height


def floored(weight: F32) -> F32:
    """A copy in which no border weighs less than `FLOOR` of the heaviest; those at the image's edge stay 0."""
    lifted = np.maximum(weight, np.float32(FLOOR * max(float(weight.max()), 1e-20)))
    lifted[0, :, -1] = 0.0
    lifted[1, -1] = 0.0
    return np.asarray(lifted, dtype=np.float32)


def relaxed(source: F32, conductance: F32, iterations: int) -> F32:
    """Solution u of `Σ conductance·(u − neighbour) = source`, from 0 by preconditioned conjugate gradients.

    Parameters
    ----------
    source
        [y, x], summing to 0.
    conductance
        Of the borders, [2, y, x], above 0 and 0 at the image's edge.
    iterations
        At most; less where nothing is left to do.
    """
    rows, columns = source.shape
    table = levels((rows, columns))
    total = int(table[-1, 2] + table[-1, 0] * table[-1, 1])
    joined, inverse = np.zeros((2, total), np.float32), np.empty(total, np.float32)
    conductances(conductance, table, joined, inverse)
    solution = np.zeros(source.shape, np.float32)
    _conjugate_gradients(source.copy(), conductance, table, joined, inverse, iterations, solution)
    return solution


@_compiled  # type: ignore[untyped-decorator]
def _conjugate_gradients(
    residual: F32, conductance: F32, table: Any, joined: F32, inverse: F32, iterations: int, solution: F32
) -> None:
    rows, columns = residual.shape
    height, load = np.empty(inverse.size, np.float32), np.empty(inverse.size, np.float32)
    direction, change = np.zeros_like(residual), np.empty_like(residual)
    before = first = 0.0
    for k in range(iterations):
        _centre(residual)  # rounding must not build up in the mean, which nothing determines
        cycle(residual, table, joined, inverse, height, load)
        guess = height[: rows * columns].reshape(rows, columns)
        _centre(guess)
        now = _dot(residual, guess)
        if k == 0:
            first = now
        if not now > SOLVED * first:
            return
        _advance(guess, np.float32(now / before if k else 0.0), direction)
        _apply(direction, conductance, change)
        length = _dot(direction, change)
        if not length > 0.0:
            return
        _step(np.float32(now / length), direction, change, solution, residual)
        before = now


def flux_divergence(border: F32, per_dx: np.float32, per_dy: np.float32) -> F32:
    """Divergence of border fluxes [2, y, x], [y, x]; no flux through the image's edge."""
    out, rows = np.empty(border.shape[1:], np.float32), border.shape[1]
    for_both(lambda k: _divergence(border, per_dx, per_dy, k * rows // 2, (k + 1) * rows // 2, out), out.size)
    return out


@_compiled  # type: ignore[untyped-decorator]
def _divergence(border: F32, per_dx: np.float32, per_dy: np.float32, first: int, last: int, out: F32) -> None:
    """Of the rows `first` to `last`."""
    rows, columns = out.shape
    for y in range(first, last):
        right, below, line = border[0, y], border[1, y], out[y]
        line[0] = np.float32(0.0)
        if columns > 1:
            line[0] = right[0] * per_dx
            for x in range(1, columns - 1):
                line[x] = (right[x] - right[x - 1]) * per_dx
            line[columns - 1] = -right[columns - 2] * per_dx
        if y + 1 < rows:
            for x in range(columns):
                line[x] += below[x] * per_dy
        if y > 0:
            above = border[1, y - 1]
            for x in range(columns):
                line[x] -= above[x] * per_dy


@_compiled  # type: ignore[untyped-decorator]
def misfit_source(border: F32, height: F32, weight: F32, per_dx: np.float32, per_dy: np.float32, out: F32) -> None:
    """Minus the divergence of `weight·(border − height step/d)` into `out` [y, x]."""
    rows, columns = out.shape
    above, below = np.zeros(columns, np.float32), np.zeros(columns, np.float32)
    across = np.zeros(columns + 1, np.float32)
    for y in range(rows):
        h, g, w, line = height[y], border[0, y], weight[0, y], out[y]
        for x in range(columns - 1):
            across[x + 1] = w[x] * (g[x] - (h[x + 1] - h[x]) * per_dx) * per_dx
        if y + 1 < rows:
            under, g, w = height[y + 1], border[1, y], weight[1, y]
            for x in range(columns):
                below[x] = w[x] * (g[x] - (under[x] - h[x]) * per_dy) * per_dy
        else:
            below[:] = np.float32(0.0)
        for x in range(columns):
            line[x] = across[x] - across[x + 1] + above[x] - below[x]
        above, below = below, above


@_compiled  # type: ignore[untyped-decorator]
def _apply(height: F32, conductance: F32, out: F32) -> None:
    rows, columns = out.shape
    above, below = np.zeros(columns, np.float32), np.zeros(columns, np.float32)
    across = np.zeros(columns + 1, np.float32)
    for y in range(rows):
        h, k, line = height[y], conductance[0, y], out[y]
        for x in range(columns - 1):
            across[x + 1] = k[x] * (h[x] - h[x + 1])
        if y + 1 < rows:
            under, k = height[y + 1], conductance[1, y]
            for x in range(columns):
                below[x] = k[x] * (h[x] - under[x])
        else:
            below[:] = np.float32(0.0)
        for x in range(columns):
            line[x] = across[x + 1] - across[x] + below[x] - above[x]
        above, below = below, above


@_compiled  # type: ignore[untyped-decorator]
def _centre(image: F32) -> None:
    """Takes the mean away, in place."""
    total = 0.0
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            total += float(image[y, x])
    mean = np.float32(total / image.size)
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            image[y, x] -= mean


@_compiled  # type: ignore[untyped-decorator]
def _dot(a: F32, b: F32) -> float:
    total = 0.0
    for y in range(a.shape[0]):
        for x in range(a.shape[1]):
            total += float(a[y, x]) * float(b[y, x])
    return total


@_compiled  # type: ignore[untyped-decorator]
def _advance(guess: F32, keep: np.float32, direction: F32) -> None:
    for y in range(direction.shape[0]):
        for x in range(direction.shape[1]):
            direction[y, x] = guess[y, x] + keep * direction[y, x]


@_compiled  # type: ignore[untyped-decorator]
def _step(length: np.float32, direction: F32, change: F32, solution: F32, residual: F32) -> None:
    for y in range(solution.shape[0]):
        for x in range(solution.shape[1]):
            solution[y, x] += length * direction[y, x]
            residual[y, x] -= length * change[y, x]
