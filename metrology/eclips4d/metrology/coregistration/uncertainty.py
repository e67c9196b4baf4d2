"""How well the six numbers of a place are known, differences of neighbouring pixels belonging together.

Scores of least squares are summed over blocks of the image several correlation lengths wide; blocks err independently,
pixels within one however they like. What a wrong tip does to all flanks of one side is no such error and is not in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.coregistration.fit import Level, Place, moved
from eclips4d.metrology.coregistration.normal import PLACE, RATIO, TERMS, Normal, weights
from eclips4d.metrology.maps.correlated import covariance

F64 = NDArray[np.float64]

LENGTHS = 4.0
"""Correlation lengths along the side of a block."""
MOST_BLOCKS, FEWEST_BLOCKS = 24, 6
"""Along the run's longer side."""


def place_covariance(level: Level, place: Place, shape: tuple[int, int], fixed_ratio: bool) -> tuple[F64, float]:
    """[6, 6] of `Affine.numbers`, and the differences' correlation length, pixels."""
    found = level.at(place)
    assert found is not None  # the fit has been there
    rest = found.levelled()
    weight, spread = weights(rest, found.run)
    index = level.run.index[found.known]
    length = _correlation_length(rest * np.sqrt(weight), index, shape)
    side = np.clip(LENGTHS * length, max(shape) / MOST_BLOCKS, max(shape) / FEWEST_BLOCKS)
    block = (index // shape[1] // side).astype(np.int64) * shape[1] + (index % shape[1] // side).astype(np.int64)
    terms = _sandwich(found, rest, weight, block, spread, fixed_ratio)
    numbers = _derivative(level, place)
    six = numbers @ terms[:PLACE, :PLACE] @ numbers.T
    return np.asarray(six, np.float64), length


def _correlation_length(rest: F64, index: NDArray[np.int64], shape: tuple[int, int]) -> float:
    rows, columns = np.unique(index // shape[1]), np.unique(index % shape[1])
    every = max(int(np.diff(rows).min(initial=1)), 1)
    image, known = np.zeros((rows.size, columns.size)), np.zeros((rows.size, columns.size), np.bool_)
    at = np.searchsorted(rows, index // shape[1]), np.searchsorted(columns, index % shape[1])
    known[at] = True
    lengths = []
    for one in rest:
        image[at] = one - one.mean()
        lengths.append(covariance(image, known).length_px)
    return float(max(lengths)) * every


def _sandwich(found: Normal, rest: F64, weight: F64, block: NDArray[np.int64], noise: float, fixed_ratio: bool) -> F64:
    terms = found.design.shape[2]
    free = np.ones(terms, np.bool_)
    free[RATIO] = not fixed_ratio
    design = found.design[:, :, free]
    score = (design * (rest * weight)[:, :, None]).sum(axis=0)
    _, number = np.unique(block, return_inverse=True)
    sums = np.stack([np.bincount(number, column) for column in score.T], axis=1)
    flat = design.reshape(-1, design.shape[2])
    firm = found.firmness(noise)[free]
    # What is known beforehand errs by as much as it is unsure.
    known = firm**2 * np.concatenate([np.zeros(TERMS), found.sd**2])[free]
    bread = np.linalg.pinv((flat * np.tile(weight, 2)[:, None]).T @ flat + np.diag(firm), hermitian=True)
    blocks = sums.shape[0]
    met = sums.T @ sums * (blocks / max(blocks - terms, 1)) + np.diag(known)
    spread = np.zeros((terms, terms))
    spread[np.ix_(free, free)] = bread @ met @ bread
    return spread


def _derivative(level: Level, place: Place) -> F64:
    """[6, 6] of the numbers by the terms of a step."""
    columns = []
    for k in range(PLACE):
        step = np.zeros(TERMS + len(place.tip))
        step[k] = 1e-4 * level.half_nm
        numbers = [moved(place, sign * step, level.half_nm).affine.numbers() for sign in (1.0, -1.0)]
        columns.append((numbers[0] - numbers[1]) / (2.0 * step[k]))
    return np.stack(columns, axis=1)
