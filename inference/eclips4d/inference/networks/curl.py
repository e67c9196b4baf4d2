"""What of measured slopes no height can have: their rotational part, half of all white noise."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct, dst, idct, idst

from eclips4d.inference.waves import roomy

F32 = NDArray[np.float32]
Transform: TypeAlias = Callable[..., F32]

_WORKERS: Final = len(os.sched_getaffinity(0))
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def rotational(slope: F32, pixel_size_xy_nm: tuple[float, float]) -> F32:
    """The part of slopes that is orthogonal to the slopes of all surfaces.

    By sine and cosine transforms of the surface continued by its mirror image (Helmholtz's decomposition; the waves of
    Frankot & Chellappa 1988). Pixel means of dh/dx and dh/dy are the same mean of both, so their amplitudes stand to
    each other as the wave numbers do, up to aliasing: taking this part off blurs nothing.

    Parameters
    ----------
    slope
        dh/dx, dh/dy, [2, y, x], finite.
    pixel_size_xy_nm
        (x, y).

    Returns
    -------
    float32 [2, y, x]
    """
    found = roomy(slope.shape)
    found[...] = slope
    keep_rotation(found, pixel_size_xy_nm)
    return found


def keep_rotation(slope: F32, pixel_size_xy_nm: tuple[float, float]) -> None:
    """Of slopes [2, y, x] only that, in place; fast where the slopes lie in `waves.roomy` memory."""
    p, q = slope
    _transformed(p, dst, dct, 1, 0)
    _transformed(q, dct, dst, 1, 0)
    _keep_rotation(p, q, *pixel_size_xy_nm)
    _transformed(p, idct, idst, 0, 1)
    _transformed(q, idst, idct, 0, 1)


def _transformed(plane: F32, first: Transform, then: Transform, axis: int, other: int) -> None:
    """In place, along `axis` and then along the `other`."""
    for transform, along in ((first, axis), (then, other)):
        made = transform(plane, 2, axis=along, norm="ortho", overwrite_x=True, workers=_WORKERS)
        if not np.may_share_memory(made, plane):  # it may be done in place, it need not
            plane[...] = made


@_compiled  # type: ignore[untyped-decorator]
def _keep_rotation(p: F32, q: F32, dx: float, dy: float) -> None:
    """Of amplitudes, in place. Sines begin with wave number 1, cosines with 0.

    Waves along an axis are a surface's, and at two pixels per wave nothing tells the direction: both rotate nothing.
    """
    rows, columns = p.shape
    along = np.empty(columns - 1, np.float32)
    for x in range(1, columns):
        along[x - 1] = x / (columns * dx)
    for y in range(1, rows):
        _keep_rotation_of_row(p[y, : columns - 1], q[y - 1, 1:], along, np.float32(y / (rows * dy)))
    p[0], q[rows - 1] = 0.0, 0.0
    p[:, columns - 1], q[:, 0] = 0.0, 0.0


@_compiled  # type: ignore[untyped-decorator]
def _keep_rotation_of_row(p: F32, q: F32, along: F32, ky: np.float32) -> None:
    for x in range(along.size):
        kx = along[x]
        turn = (kx * q[x] - ky * p[x]) / (kx * kx + ky * ky)
        p[x] = -ky * turn
        q[x] = kx * turn
