"""Facets with borders much sharper than a pixel: pixel means of a scene known on a ten times finer grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

F64 = NDArray[np.float64]

FINER = 10
"""Shifts by tenths of a pixel are exact: they are whole steps of the finer grid."""
MARGIN_PX = 4
FACET_PX = 16.0
TILT_RMS, YIELD_RMS = 0.2, 0.1


def facets(size: int, seed: int) -> F64:
    """Planes of random facets, one value each of dh/dx, dh/dy and yield, [3, y, x] on the finer grid with a margin."""
    random = np.random.default_rng(seed)
    side = size + 2 * MARGIN_PX
    middles = random.uniform(0, side, (int((side / FACET_PX) ** 2), 2))
    places = (np.arange(side * FINER) + 0.5) / FINER
    y, x = np.meshgrid(places, places, indexing="ij")
    facet = cKDTree(middles).query(np.column_stack([y.ravel(), x.ravel()]))[1].reshape(y.shape)
    values = random.normal(size=(3, len(middles))) * np.array([[TILT_RMS], [TILT_RMS], [YIELD_RMS]])
    return np.asarray(np.clip(values, -0.5, 0.5)[:, facet])


def pixel_means(fine: F64, shift: tuple[float, float] = (0.0, 0.0)) -> F64:
    """The frame whose content is displaced by (rows, columns), multiples of a tenth of a pixel."""
    size = fine.shape[1] // FINER - 2 * MARGIN_PX
    first = [round(MARGIN_PX * FINER - s * FINER) for s in shift]
    span = size * FINER
    seen = fine[:, first[0] : first[0] + span, first[1] : first[1] + span]
    return np.asarray(seen.reshape(3, size, FINER, size, FINER).mean(axis=(2, 4)))
