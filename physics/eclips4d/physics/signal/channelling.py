"""Channelling: a crystal sends its backscattered electrons unevenly over the azimuths, each grain in its own way."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True)


def grain_factors(grains: int, azimuths_rad: F64, asymmetry: float, seed: int) -> F32:
    """Signal of every grain on every segment over that of an amorphous specimen, float32 [grains, n].

    A grain prefers one direction d: segment k gets `1 + d·m_k/2`, so opposite segments differ by |d| along it. Both
    components of d have the standard deviation `asymmetry`; a grain's factors depend on its number and the seed only.
    """
    random = np.random.default_rng([seed, 0xC4A2])
    preferred = asymmetry * random.standard_normal((grains, 2))
    directions = np.stack([np.cos(azimuths_rad), np.sin(azimuths_rad)])
    return np.asarray(1.0 + 0.5 * preferred @ directions, dtype=np.float32)


def channel(fine: F32, grain: NDArray[np.int16], factors: F32) -> F32:
    """Multiply the signal [n, y, x] by what each point's grain does, in place; grain is [y, x]."""
    _multiply(fine, grain, factors)
    return fine


@_compiled  # type: ignore[untyped-decorator]
def _multiply(fine: F32, grain: NDArray[np.int16], factors: F32) -> None:
    for k in range(fine.shape[0]):
        for r in range(fine.shape[1]):
            for c in range(fine.shape[2]):
                fine[k, r, c] *= factors[grain[r, c], k]
