"""What rows displaced by themselves do to an integrated height, and how that is taken back.

Slopes of a displaced row are those of another place; their height is not the displaced height. Least squares lets rows
differ only as far as both slopes say so: of a displacement that changes from row to row little arrives in the height,
of one that is slow over a structure's width all of it. Moving the height by the rows' offsets would bring in what
integration had kept out. So the slopes are put straight, and the integral of what that changes is added: integration is
linear, so to this precision it does not matter who integrated the height.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from eclips4d.core.results import Surface
from eclips4d.registration.moving import move_smooth, way

Plane = NDArray[np.float32]
Vector = NDArray[np.float64]


def straight_height(surface: Surface, rows: Vector, pixel_size_nm: tuple[float, float]) -> Plane:
    """The height as it were had no row been displaced, on the scan's own grid; to be moved by the drift alone.

    Parameters
    ----------
    surface : Surface
        As scanned.
    rows : float64 [y, 2]
        `RowJitter.expanded`.
    pixel_size_nm : tuple of float
        (x, y).
    """
    place, shift = way(len(rows), np.zeros(2), np.zeros(2), rows)
    change = np.empty_like(surface.slope)
    for plane, out in zip(surface.slope, change, strict=True):
        move_smooth(plane, place, shift, False, out)
    change -= surface.slope
    return np.asarray(surface.height + integral(np.nan_to_num(change, nan=0.0), pixel_size_nm))


def integral(slope: Plane, pixel_size_nm: tuple[float, float]) -> Plane:
    """Height of zero mean whose steps between pixels fit slopes [2, y, x] best, free at the edges."""
    dx, dy = pixel_size_nm
    source = np.zeros_like(slope[0])
    across = _at_borders(slope[0]) / np.float32(dx)
    down = _at_borders(slope[1].T).T / np.float32(dy)
    source[:, :-1] += across
    source[:, 1:] -= across
    source[:-1] += down
    source[1:] -= down
    rows, columns = source.shape
    curvature = np.add.outer(_curvature(rows, dy), _curvature(columns, dx))
    curvature[0, 0] = np.inf
    spectrum = fft.dctn(source, type=2, norm="ortho", overwrite_x=True, workers=1) / -curvature
    return np.asarray(fft.idctn(spectrum, type=2, norm="ortho", overwrite_x=True, workers=1), np.float32)


def _at_borders(slope: Any) -> Plane:
    """Slopes between neighbours along the last axis, exact to fourth order for pixel means."""
    between = (slope[:, 1:] + slope[:, :-1]) / 2
    if slope.shape[1] > 3:
        between[:, 1:-1] += (slope[:, 1:-2] + slope[:, 2:-1] - slope[:, :-3] - slope[:, 3:]) / 24
    return np.asarray(between, np.float32)


def _curvature(count: int, pixel_nm: float) -> Plane:
    """Minus the eigenvalues of the second difference with free ends."""
    value = 4.0 / pixel_nm**2 * np.sin(np.pi * np.arange(count) / (2.0 * count)) ** 2
    return np.asarray(value, np.float32)
