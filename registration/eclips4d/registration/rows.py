"""Sums along rows of numbers that lie somewhere in flat memory.

Kernels hand over whole arrays and places in them, never slices: to cut a slice and to count who refers to it takes
longer than a row of a hundred numbers. Places are unsigned, so nobody asks whether they count from the end, and each
function writes one row only: then the compiler vectorises it. Nobody checks bounds.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Line = NDArray[np.float32]
At = np.uint64
"""A place, a distance or a count; mixed with signed numbers it would become a float."""
NEXT = At(1)
"""Distance of neighbours in a row."""


@njit(cache=True, nogil=True, fastmath={"contract"})
def join_eight(p: Line, at: At, stride: At, weight: Line, w: At, out: Line, to: At, count: At) -> None:
    """out[to + x] = sum over k < 8 of weight[w + k] · p[at + k · stride + x]."""
    w0, w1, w2, w3 = weight[w], weight[w + At(1)], weight[w + At(2)], weight[w + At(3)]
    w4, w5, w6, w7 = weight[w + At(4)], weight[w + At(5)], weight[w + At(6)], weight[w + At(7)]
    b, c, d = at + stride, at + At(2) * stride, at + At(3) * stride
    e, f, g, h = at + At(4) * stride, at + At(5) * stride, at + At(6) * stride, at + At(7) * stride
    for x in range(count):
        near = w2 * p[c + x] + w3 * p[d + x] + w4 * p[e + x] + w5 * p[f + x]
        out[to + x] = near + w0 * p[at + x] + w1 * p[b + x] + w6 * p[g + x] + w7 * p[h + x]


@njit(cache=True, nogil=True, fastmath={"contract"})
def subtract(out: Line, to: At, p: Line, at: At, count: At) -> None:
    """out[to + x] -= p[at + x]."""
    for x in range(count):
        out[to + x] -= p[at + x]


@njit(cache=True, nogil=True, fastmath={"contract"})
def multiply(a: Line, i: At, b: Line, j: At, out: Line, to: At, count: At) -> None:
    """out[to + x] = a[i + x] · b[j + x]."""
    for x in range(count):
        out[to + x] = a[i + x] * b[j + x]


@njit(cache=True, nogil=True, fastmath={"contract"})
def add_product(out: Line, to: At, a: Line, i: At, b: Line, j: At, count: At) -> None:
    """out[to + x] += a[i + x] · b[j + x]."""
    for x in range(count):
        out[to + x] += a[i + x] * b[j + x]


@njit(cache=True, nogil=True, fastmath={"contract"})
def times(out: Line, to: At, weight: np.float32, p: Line, at: At, count: At) -> None:
    """out[to + x] = weight · p[at + x]."""
    for x in range(count):
        out[to + x] = weight * p[at + x]


@njit(cache=True, nogil=True, fastmath={"contract"})
def add_two(out: Line, to: At, weight: np.float32, p: Line, i: At, sign: np.float32, j: At, count: At) -> None:
    """out[to + x] += weight · (p[i + x] + sign · p[j + x])."""
    for x in range(count):
        out[to + x] += weight * (p[i + x] + sign * p[j + x])


@njit(cache=True, nogil=True, fastmath={"contract"})
def add_four(
    out: Line, to: At, w: np.float32, i: At, j: At, v: np.float32, k: At, m: At, p: Line, sign: np.float32, count: At
) -> None:
    """out[to + x] += w · (p[i + x] + sign · p[j + x]) + v · (p[k + x] + sign · p[m + x])."""
    for x in range(count):
        out[to + x] += w * (p[i + x] + sign * p[j + x]) + v * (p[k + x] + sign * p[m + x])


@njit(cache=True, nogil=True, fastmath={"contract"})
def add_times(out: Line, to: At, weight: np.float32, p: Line, at: At, count: At) -> None:
    """out[to + x] += weight · p[at + x]."""
    for x in range(count):
        out[to + x] += weight * p[at + x]
