"""Slopes to height: least squares over all pixel borders, free boundaries, by the discrete cosine transform.

Height and slope are both pixel means. The exact height step between neighbours is then the slope averaged with a
triangle two pixels wide, and `(−1, 13, 13, −1)/24` of the four nearest slope means is that average to fourth order;
the usual mean of two neighbours is a wider kernel and flattens fine structure.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import scipy.fft
from numpy.typing import NDArray

F32 = NDArray[np.float32]
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")

INNER, OUTER = 13.0 / 24.0, -1.0 / 24.0
"""Weights of the nearer and the farther two slope means at a pixel border."""


def integrate(slope: F32, pixel_size_xy_nm: tuple[float, float]) -> F32:
    """Height whose steps between neighbouring pixels fit the slopes best.

    Minimises the squared differences between height steps and border slopes, each divided by its pixel size, so white
    slope noise is weighted alike in both directions. Nothing is assumed at the image's edge.

    Parameters
    ----------
    slope
        dh/dx, dh/dy, [2, y, x], finite.
    pixel_size_xy_nm
        (x, y).

    Returns
    -------
    float32 [y, x]
        nm, of zero mean; its mean plane is kept.
    """
    dx, dy = pixel_size_xy_nm
    source = np.empty(slope.shape[1:], dtype=np.float32)
    divergence(np.ascontiguousarray(slope, dtype=np.float32), np.float32(1.0 / dx), np.float32(1.0 / dy), source)
    spectrum = scipy.fft.dctn(source, type=2, norm="ortho", overwrite_x=True)
    spectrum *= inverse_laplacian(source.shape, pixel_size_xy_nm)
    height: F32 = scipy.fft.idctn(spectrum, type=2, norm="ortho", overwrite_x=True)
    return height


def inverse_laplacian(shape: tuple[int, ...], pixel_size_xy_nm: tuple[float, float]) -> F32:
    """Minus one over the eigenvalues of the free-boundary Laplacian, 0 for the mean; float32 [y, x], nm²."""
    (rows, columns), (dx, dy) = shape, pixel_size_xy_nm
    along_y = 4.0 / dy**2 * np.sin(np.pi * np.arange(rows) / (2.0 * rows)) ** 2
    along_x = 4.0 / dx**2 * np.sin(np.pi * np.arange(columns) / (2.0 * columns)) ** 2
    eigenvalue = along_y[:, None] + along_x
    eigenvalue[0, 0] = 1.0
    inverse: F32 = (-1.0 / eigenvalue).astype(np.float32)
    inverse[0, 0] = 0.0
    return inverse


@_compiled  # type: ignore[untyped-decorator]
def divergence(slope: F32, per_dx: np.float32, per_dy: np.float32, out: F32) -> None:
    """Divergence of the border slopes, with no flux through the image's edge, into `out` [y, x]."""
    rows, columns = out.shape
    inner, outer, half = np.float32(INNER), np.float32(OUTER), np.float32(0.5)
    across = np.zeros(columns + 1, np.float32)
    above = np.zeros(columns, np.float32)
    below = np.zeros(columns, np.float32)
    for y in range(rows):
        p = slope[0, y]
        for x in range(2, columns - 1):
            across[x] = inner * (p[x - 1] + p[x]) + outer * (p[x - 2] + p[x + 1])
        if columns > 1:
            across[1] = half * (p[0] + p[1])
            across[columns - 1] = half * (p[columns - 2] + p[columns - 1])
        q = slope[1]
        if y + 1 >= rows:
            below[:] = np.float32(0.0)
        elif y == 0 or y + 2 >= rows:
            for x in range(columns):
                below[x] = half * (q[y, x] + q[y + 1, x])
        else:
            for x in range(columns):
                below[x] = inner * (q[y, x] + q[y + 1, x]) + outer * (q[y - 1, x] + q[y + 2, x])
        line = out[y]
        for x in range(columns):
            line[x] = (across[x + 1] - across[x]) * per_dx + (below[x] - above[x]) * per_dy
        above, below = below, above
