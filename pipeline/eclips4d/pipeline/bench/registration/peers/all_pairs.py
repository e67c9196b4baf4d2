"""Shifts between all pairs of images, made consistent by least squares; pairs that disagree are left out.

A compact version of what rigidRegistration does for low-dose stacks (github.com/bsavitzky/rigidRegistration), and
redundant cross-correlation for SEM frames (arXiv 2410.23390).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.registration.peers.correlation import shift_between

F64 = NDArray[np.float64]

ROUNDS = 5
OUTLIER_SD, LEAST_OUTLIER_PX = 3.0, 0.1
_TO_SD = 1.4826


def all_pairs(images: Sequence[F64]) -> F64:
    """Places of all images relative to the first, px, [T, 2]."""
    pairs = list(combinations(range(len(images)), 2))
    return consistent(len(images), pairs, np.array([shift_between(images[a], images[b], None) for a, b in pairs]))


def consistent(count: int, pairs: Sequence[tuple[int, int]], shifts: F64) -> F64:
    """Places whose differences fit the shifts best, outliers left out; the first place is zero.

    Neighbours in time are always kept: without them a frame could lose its connection.
    """
    design = np.zeros((len(pairs), count))
    for row, (a, b) in enumerate(pairs):
        design[row, a], design[row, b] = -1.0, 1.0
    neighbours = np.array([b - a == 1 for a, b in pairs])
    kept = np.ones(len(pairs), bool)
    for _ in range(ROUNDS):
        places = np.linalg.lstsq(design[kept][:, 1:], shifts[kept], rcond=None)[0]
        rest = np.linalg.norm(shifts - design[:, 1:] @ places, axis=1)
        limit = max(OUTLIER_SD * _TO_SD * float(np.median(rest[kept])), LEAST_OUTLIER_PX)
        before, kept = kept, (rest <= limit) | neighbours
        if (kept == before).all():
            break
    return np.vstack([np.zeros(2), places])
