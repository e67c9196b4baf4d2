"""The signal that a flat surface would show everywhere in the field: a smooth surface through what is flat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Reals = NDArray[np.floating] | NDArray[np.integer]

_DEGREES = ((400, 3), (80, 1), (12, 0))
"""Blocks that a polynomial of that degree needs."""
_BLOCK, _ROUNDS, _CUT = 8, 5, 3.0


@dataclass(frozen=True, slots=True)
class FlatField:
    """Polynomials in the place, one per segment; of degree three where enough of the field is flat.

    Attributes
    ----------
    coefficients : float64 [n, terms]
        Digital units, in coordinates that run from -1 to 1 over the longer side.
    scatter : float
        Relative sd, common to all segments, of means over blocks of 8 × 8 pixels: what grains and dirt do.
    """

    coefficients: F64
    scatter: float
    shape: tuple[int, int]
    degree: int = 3

    def at(self, row: Reals, column: Reals) -> F64:
        """Flat signal at these places, float64 [n, …]."""
        return np.asarray(np.einsum("kt,t...->k...", self.coefficients, _terms(row, column, self.shape, self.degree)))


def fit_flat_field(raw: F64, flat: NDArray[np.bool_]) -> FlatField | None:
    """Fit it to the medians of blocks that are flat throughout; None when there are too few.

    Parameters
    ----------
    raw
        [n, y, x].
    flat
        [y, x].
    """
    n, rows, columns = raw.shape
    high, wide = rows // _BLOCK, columns // _BLOCK
    cut = raw[:, : high * _BLOCK, : wide * _BLOCK].reshape(n, high, _BLOCK, wide, _BLOCK)
    whole = flat[: high * _BLOCK, : wide * _BLOCK].reshape(high, _BLOCK, wide, _BLOCK).all(axis=(1, 3))
    degree = next((degree for blocks, degree in _DEGREES if whole.sum() >= blocks), None)
    if degree is None:
        return None
    medians = np.median(cut.transpose(0, 1, 3, 2, 4).reshape(n, high, wide, -1), axis=3)[:, whole]
    at = (np.argwhere(whole) + 0.5) * _BLOCK - 0.5
    design = _terms(at[:, 0], at[:, 1], (rows, columns), degree).T
    fits, left = [], []
    for values in medians:
        coefficients = _robust_lines(design, values)
        fits.append(coefficients)
        left.append(values / (design @ coefficients) - 1.0)
    common = np.mean(left, axis=0)
    return FlatField(np.array(fits), float(1.4826 * np.median(np.abs(common))), (rows, columns), degree)


def _terms(row: Reals, column: Reals, shape: tuple[int, int], degree: int) -> F64:
    half = max(shape) / 2.0
    y = (np.asarray(row, dtype=float) - (shape[0] - 1) / 2.0) / half
    x = (np.asarray(column, dtype=float) - (shape[1] - 1) / 2.0) / half
    return np.stack([x**i * y**j for i in range(degree + 1) for j in range(degree + 1 - i)])


def _robust_lines(design: F64, values: F64) -> F64:
    kept = np.ones(len(values), bool)
    coefficients = np.zeros(design.shape[1])
    for _ in range(_ROUNDS):
        coefficients = np.asarray(np.linalg.lstsq(design[kept], values[kept], rcond=None)[0], dtype=np.float64)
        left = values - design @ coefficients
        kept = np.abs(left) <= _CUT * max(1.4826 * float(np.median(np.abs(left))), 1e-12)
    return coefficients
