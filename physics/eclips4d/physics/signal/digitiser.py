"""From amplified signals to the integers of a file."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.frame import RawArray

F32 = NDArray[np.float32]

_compiled: Any = numba.njit(cache=True, nogil=True)


def digitise(
    electrons: F32,
    adu_per_electron: F32,
    level_adu: F32,
    read_noise_adu: float,
    random: np.random.Generator,
    *,
    grey_levels: int = 65536,
    saturation_adu: float = 65535.0,
) -> RawArray:
    """Amplify, add levels and read noise, cut off what saturates, round to grey levels; uint16 [n, y, x].

    Parameters
    ----------
    electrons
        [n, y, x].
    adu_per_electron, level_adu
        Per segment and row, [n, y].
    grey_levels, saturation_adu
        The digitiser tells so many levels apart between 0 and full scale; a file may hold them spread over 16 bits.
    """
    step = max(saturation_adu / (grey_levels - 1), 1.0)
    recorded = np.empty(electrons.shape, np.uint16)
    _quantise(
        random,
        electrons.reshape(-1, electrons.shape[-1]),
        np.ascontiguousarray(adu_per_electron, np.float32).reshape(-1),
        np.ascontiguousarray(level_adu, np.float32).reshape(-1),
        np.float32(read_noise_adu),
        np.float32(step),
        np.float32(saturation_adu),
        recorded.reshape(-1, electrons.shape[-1]),
    )
    return recorded


@_compiled  # type: ignore[untyped-decorator]
def _quantise(
    random: np.random.Generator,
    electrons: F32,
    gain: F32,
    level: F32,
    noise: np.float32,
    step: np.float32,
    saturation: np.float32,
    recorded: NDArray[np.uint16],
) -> None:
    half, zero, one_over = np.float32(0.5), np.float32(0.0), np.float32(1.0) / step
    highest = np.float32(np.floor(saturation * one_over + np.float32(1e-3)))
    for r in range(electrons.shape[0]):
        for i in range(electrons.shape[1]):
            value = gain[r] * electrons[r, i] + level[r]
            if noise > zero:
                value += noise * np.float32(random.standard_normal())
            grey = min(max(np.floor(value * one_over + half), zero), highest)
            recorded[r, i] = np.uint16(np.floor(grey * step + half))
