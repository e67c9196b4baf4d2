"""Long waves of a height back to what was measured, on a grid of any cell; `coarse` does it for one in less time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.integrator.coarse import ITERATIONS, coarse_conductance
from eclips4d.inference.integrator.solve import Laplacian, misfit_source, relaxed

F32 = NDArray[np.float32]


def measured_again(height: F32, border: F32, weight: F32, trust: F32, cell: int, laplacian: Laplacian) -> F32:
    """The height [y, x], nm, with the bilinear correction that `coarse` describes; its mean stays but for rounding.

    Parameters
    ----------
    border, weight
        Measured slopes and their weight, [2, y, x].
    trust
        In the slopes that the height has, [y, x].
    cell
        Pixels per side of a cell.
    """
    source = np.empty_like(height)
    misfit_source(border, height, weight, laplacian.per_dx, laplacian.per_dy, source)
    tall, wide = (interpolation(size, cell) for size in height.shape)
    high, broad = (membership(size, cell) for size in height.shape)
    coarse = np.stack([high.T @ plane @ broad for plane in weight])
    pulled = np.asarray(tall.T @ source @ wide, dtype=np.float32)
    trusted = np.asarray(high.T @ trust @ broad, dtype=np.float32)
    conductance = coarse_conductance(coarse, trusted, laplacian.pixel_size_xy_nm)
    change = tall @ relaxed(pulled, conductance, ITERATIONS) @ wide.T
    return np.asarray(height + (change - np.float32(change.mean(dtype=np.float64))), dtype=np.float32)


def interpolation(size: int, cell: int) -> F32:
    """Linear between the centres of cells, constant beyond the outermost, [pixels, cells]."""
    count = -(-size // cell)
    place = (np.arange(size) + 0.5) / cell - 0.5
    low = np.floor(place).astype(np.int64)
    out, pixel = np.zeros((size, count), np.float32), np.arange(size)
    np.add.at(out, (pixel, np.clip(low, 0, count - 1)), 1.0 - (place - low))
    np.add.at(out, (pixel, np.clip(low + 1, 0, count - 1)), place - low)
    return out


def membership(size: int, cell: int) -> F32:
    """One over the pixels of a whole cell where a pixel lies in it, [pixels, cells]."""
    out = np.zeros((size, -(-size // cell)), np.float32)
    out[np.arange(size), np.arange(size) // cell] = 1.0 / cell
    return out
