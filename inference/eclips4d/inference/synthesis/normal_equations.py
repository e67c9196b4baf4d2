"""The curvature of the objective around a surface: what a small change of the corners does to deviance and bending.

Gauss and Newton's: the image as linear in the slopes, the yield's freedom projected out, bending by its weights at
this surface. What a slope's change does to shadows is left to the gradient.

Counting's part is held as its root, which is less to read for every product than a matrix per pixel and its columns.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.synthesis.electrons import Electrons
from eclips4d.inference.synthesis.products import add_stiff, add_told

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


class Curvature(NamedTuple):
    """Of the objective.

    Attributes
    ----------
    told : float32 [n - 1, 2, Y, X]
        What electrons tell: change of as many independent sums of a pixel's segments, each over its standard
        deviation, with dh/dx and dh/dy of a sub-pixel. The yield changes none of them.
    stiff : float32 [Y + 1, X + 1]
        Weight of squared bending at every corner.
    pixel_nm : (float, float)
        Of a sub-pixel.
    supersample : int
    """

    told: F32
    stiff: F32
    pixel_nm: tuple[float, float]
    supersample: int


def told_by(per_slope: F32, image: F32, seen: Electrons) -> F32:
    """What electrons tell of slopes; see `Curvature`.

    Parameters
    ----------
    per_slope : float32 [n, 2, Y, X]
        Change of a pixel's image with a sub-pixel's slopes.
    image : float32 [n, y, x]
    """
    matrix = fisher(image, seen)
    told = np.zeros((len(image) - 1, *per_slope.shape[1:]), np.float32)
    _told(per_slope, matrix, told)
    return told


def fisher(image: F32, seen: Electrons) -> F32:
    """Expected second derivative of half the deviance with respect to the image, yield projected out, [n, n, y, x]."""
    n, rows, columns = image.shape
    out = np.zeros((n, n, rows, columns), np.float32)
    _fisher(image, seen.counts, seen.shift, seen.per_flat, seen.used, out)
    return out


def times(of: Curvature, change: F32) -> F32:
    """The curvature times a change of the corners."""
    out = np.zeros_like(change)
    per_x, per_y = (np.float32(1.0 / nm) for nm in of.pixel_nm)
    add_told(of.told, of.supersample, change, per_x, per_y, out)
    add_stiff(of.stiff, change, per_x, per_y, out)
    return out


@_compiled  # type: ignore[untyped-decorator]
def _told(per_slope: F32, fisher: F32, told: F32) -> None:
    """The root of every pixel's matrix, transposed, times the sub-pixels' changes."""
    n, ss = fisher.shape[0], per_slope.shape[2] // fisher.shape[2]
    root = np.zeros((n, n))
    for y in range(fisher.shape[2]):
        for x in range(fisher.shape[3]):
            _root(fisher[:, :, y, x], root)
            for j in range(y * ss, (y + 1) * ss):
                for i in range(x * ss, (x + 1) * ss):
                    for m in range(n - 1):
                        p = q = 0.0
                        for k in range(m, n):
                            p += root[k, m] * per_slope[k, 0, j, i]
                            q += root[k, m] * per_slope[k, 1, j, i]
                        told[m, 0, j, i], told[m, 1, j, i] = p, q


@_compiled  # type: ignore[untyped-decorator]
def _root(matrix: F32, root: F64) -> None:
    """All columns of Cholesky's root but the last, which the yield leaves 0."""
    for k in range(len(root) - 1):
        for j in range(k, len(root)):
            left = float(matrix[j, k])
            for m in range(k):
                left -= root[j, m] * root[k, m]
            if j == k:
                root[k, k] = np.sqrt(max(left, 0.0))
            else:
                root[j, k] = left / root[k, k] if root[k, k] > 0.0 else 0.0


@_compiled  # type: ignore[untyped-decorator]
def _fisher(image: F32, counts: F32, shift: F64, per_flat: F64, used: NDArray[np.bool_], out: F32) -> None:
    n = image.shape[0]
    for y in range(used.shape[0]):
        for x in range(used.shape[1]):
            if not used[y, x]:
                continue
            counted = seen = 0.0
            for k in range(n):
                counted += counts[k, y, x] - shift[k]
                seen += per_flat[k] * image[k, y, x]
            found, norm = max(counted, 1.0) / max(seen, 1e-6), 0.0
            for k in range(n):
                per = per_flat[k] * image[k, y, x]
                norm += per * per / max(found * per + shift[k], 0.05)
            for k in range(n):
                rise_k = found * per_flat[k]
                mean_k = max(rise_k * image[k, y, x] + shift[k], 0.05)
                out[k, k, y, x] += rise_k * rise_k / mean_k
                for j in range(n):
                    rise_j = found * per_flat[j]
                    mean_j = max(rise_j * image[j, y, x] + shift[j], 0.05)
                    with_yield_k = rise_k * per_flat[k] * image[k, y, x] / mean_k
                    with_yield_j = rise_j * per_flat[j] * image[j, y, x] / mean_j
                    out[k, j, y, x] -= with_yield_k * with_yield_j / max(norm, 1e-12)
