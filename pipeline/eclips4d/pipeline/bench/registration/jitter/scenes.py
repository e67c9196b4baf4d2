"""A granular film whose rows are displaced one by one, exactly, with its height."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.registration.scenes.exposing import CONTRAST, SEGMENTS, change, exposed, signal
from eclips4d.pipeline.bench.registration.scenes.still import granular
from eclips4d.pipeline.bench.registration.scenes.waves import Waves, frequencies

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

SIZE, GRID, PIXEL_NM = 192, 240, 4.0
HUM_ROWS = 13.7
_INVERSE = np.linalg.pinv(np.column_stack([-CONTRAST, np.ones(SEGMENTS)]))


@dataclass(frozen=True, slots=True)
class Film:
    """A static scene with its true height."""

    waves: Waves

    @classmethod
    def of(cls, seed: int) -> Film:
        """Another film for each seed."""
        return cls(granular(GRID, seed))

    def exposed(self, offset: F64, dose: float, random: np.random.Generator) -> NDArray[np.uint16]:
        """A frame whose rows are displaced by `offset`, [rows] along x, px."""
        return exposed(signal(rows_at(self.waves, offset)), dose, random)

    def height_nm(self) -> F64:
        """The integral of its slopes, [y, x]."""
        down, right = frequencies(GRID)
        square = (2 * np.pi) ** 2 * (down**2 + right**2)
        square[0, 0] = 1.0
        height = (-2j * np.pi * right * self.waves.series[0] - 2j * np.pi * down * self.waves.series[1]) / square
        return np.asarray(PIXEL_NM * Waves(height[None]).at(size=SIZE)[0])

    def row_sd(self, dose: float) -> F64:
        """The least standard deviation of a row's offset between two noisy frames, [rows], px."""
        slope, bright = change(self.waves.derivative(1).at(size=SIZE)), signal(self.waves.at(size=SIZE))
        return np.asarray(np.sqrt(2.0 / (dose * (slope**2 / bright).sum(axis=(0, 2)))))


def rows_at(waves: Waves, offset: F64) -> F64:
    """Planes [planes, y, x] of the middle of the period, each row displaced along x."""
    first = (waves.grid - SIZE) // 2
    rows = np.fft.rfft(waves.at()[:, first : first + SIZE])
    _, right = frequencies(waves.grid)
    moved = np.fft.irfft(rows * np.exp(-2j * np.pi * right * offset[:, None]), n=waves.grid)
    return np.asarray(moved[:, :, first : first + SIZE])


def offsets(rms_px: float, random: np.random.Generator) -> F64:
    """Half of the power from row to row, half a wave along the rows, as mains hum makes it."""
    hum = np.sqrt(2.0) * np.sin(2 * np.pi * np.arange(SIZE) / HUM_ROWS + random.uniform(0, 2 * np.pi))
    return np.asarray(rms_px * np.sqrt(0.5) * (hum + random.normal(size=SIZE)))


def inverted(raw: NDArray[np.uint16], dose: float) -> F32:
    """Slopes in closed form, [2, y, x]: the segments are linear in them."""
    return np.asarray(np.tensordot(_INVERSE, raw / dose - 1.0, 1)[:2], np.float32)
