"""The curvature of the objective around a surface: what a small change of the corners does to deviance and bending.

Gauss and Newton's: the image as linear in the slopes, the yield's freedom projected out, bending by its weights at
this surface. What a slope's change does to shadows is left to the gradient.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.synthesis.electrons import Electrons

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})


class Curvature(NamedTuple):
    """Of the objective.

    Attributes
    ----------
    per_slope : float32 [n, 2, Y, X]
        Change of a pixel's image with dh/dx and dh/dy of a sub-pixel.
    fisher : float32 [n, n, y, x]
        Of a pixel's image, yield projected out.
    stiff : float64 [Y + 1, X + 1]
        Weight of squared bending at every corner.
    pixel_nm : (float, float)
        Of a sub-pixel.
    """

    per_slope: F32
    fisher: F32
    stiff: F64
    pixel_nm: tuple[float, float]


def fisher(image: F32, seen: Electrons) -> F32:
    """Expected second derivative of half the deviance with respect to the image, [n, n, y, x]."""
    n, rows, columns = image.shape
    out = np.zeros((n, n, rows, columns), np.float32)
    _fisher(image, seen.counts, seen.shift, seen.per_flat, seen.used, out)
    return out


def times(of: Curvature, change: F64) -> F64:
    """The curvature times a change of the corners."""
    out = np.zeros_like(change)
    dx, dy = of.pixel_nm
    _data(of.per_slope, of.fisher, change, 1.0 / dx, 1.0 / dy, out)
    _stiff(of.stiff, change, 1.0 / dx, 1.0 / dy, out)
    return out


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


@_compiled  # type: ignore[untyped-decorator]
def _data(per_slope: F32, fisher: F32, v: F64, per_dx: float, per_dy: float, out: F64) -> None:
    n, rows, columns = fisher.shape[0], fisher.shape[2], fisher.shape[3]
    ss = per_slope.shape[2] // rows
    change, back = np.empty(n), np.empty(n)
    for y in range(rows):
        for x in range(columns):
            _change(per_slope, v, y * ss, x * ss, ss, 0.5 * per_dx, 0.5 * per_dy, change)
            for k in range(n):
                back[k] = 0.0
                for m in range(n):
                    back[k] += fisher[k, m, y, x] * change[m]
            _back(per_slope, back, y * ss, x * ss, ss, 0.5 * per_dx, 0.5 * per_dy, out)


@_compiled  # type: ignore[untyped-decorator]
def _change(
    per_slope: F32, v: F64, first_y: int, first_x: int, ss: int, per_dx: float, per_dy: float, change: F64
) -> None:
    """Of one pixel's image by a change of the corners around its sub-pixels."""
    change[:] = 0.0
    for j in range(first_y, first_y + ss):
        for i in range(first_x, first_x + ss):
            p = per_dx * (v[j, i + 1] - v[j, i] + v[j + 1, i + 1] - v[j + 1, i])
            q = per_dy * (v[j + 1, i] - v[j, i] + v[j + 1, i + 1] - v[j, i + 1])
            for k in range(len(change)):
                change[k] += per_slope[k, 0, j, i] * p + per_slope[k, 1, j, i] * q


@_compiled  # type: ignore[untyped-decorator]
def _back(
    per_slope: F32, back: F64, first_y: int, first_x: int, ss: int, per_dx: float, per_dy: float, out: F64
) -> None:
    """The transpose of `_change`, added."""
    for j in range(first_y, first_y + ss):
        for i in range(first_x, first_x + ss):
            p = q = 0.0
            for k in range(len(back)):
                p += per_slope[k, 0, j, i] * back[k]
                q += per_slope[k, 1, j, i] * back[k]
            p, q = per_dx * p, per_dy * q
            out[j, i] -= p + q
            out[j, i + 1] += p - q
            out[j + 1, i] += q - p
            out[j + 1, i + 1] += p + q


@_compiled  # type: ignore[untyped-decorator]
def _stiff(weight: F64, v: F64, per_x: float, per_y: float, out: F64) -> None:
    """The transposed second differences times the second differences, weighted; the same ones as `curvature` has."""
    mixed = 0.5 * (per_x + per_y)
    for y in range(1, v.shape[0] - 1):
        for x in range(1, v.shape[1] - 1):
            w = weight[y, x]
            a = w * (v[y, x - 1] - 2.0 * v[y, x] + v[y, x + 1]) * per_x * per_x
            b = w * (v[y - 1, x] - 2.0 * v[y, x] + v[y + 1, x]) * per_y * per_y
            c = w * (v[y + 1, x + 1] - v[y + 1, x] - v[y, x + 1] + v[y, x]) * mixed * mixed
            d = w * (v[y, x] - v[y, x - 1] - v[y - 1, x] + v[y - 1, x - 1]) * mixed * mixed
            out[y, x - 1] += a - d
            out[y, x + 1] += a - c
            out[y - 1, x] += b - d
            out[y + 1, x] += b - c
            out[y, x] += c + d - 2.0 * (a + b)
            out[y + 1, x + 1] += c
            out[y - 1, x - 1] += d
