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

from eclips4d.inference.waves import roomy

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
    rows, columns = slope.shape[1:]
    source = roomy((rows, columns))
    divergence(np.ascontiguousarray(slope, dtype=np.float32), np.float32(1.0 / dx), np.float32(1.0 / dy), source)
    spectrum = scipy.fft.dctn(source, type=2, norm="ortho", overwrite_x=True)
    _by_laplacian(spectrum, _eigenvalues(rows, dy), _eigenvalues(columns, dx))
    height: F32 = scipy.fft.idctn(spectrum, type=2, norm="ortho", overwrite_x=True)
    return np.ascontiguousarray(height)


def _eigenvalues(count: int, pixel_nm: float) -> NDArray[np.float64]:
    """Of the free-boundary Laplacian along one axis, with the other sign, 1/nm²."""
    return np.asarray(4.0 / pixel_nm**2 * np.sin(np.pi * np.arange(count) / (2.0 * count)) ** 2)


@_compiled  # type: ignore[untyped-decorator]
def _by_laplacian(spectrum: F32, along_y: NDArray[np.float64], along_x: NDArray[np.float64]) -> None:
    """Divide amplitudes by the eigenvalues of the free-boundary Laplacian, in place; the mean becomes 0."""
    rows, columns = spectrum.shape
    for y in range(rows):
        for x in range(columns):
            spectrum[y, x] *= np.float32(-1.0 / (along_y[y] + along_x[x]))
    spectrum[0, 0] = np.float32(0.0)


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
