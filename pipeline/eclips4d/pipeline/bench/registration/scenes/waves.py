"""Periodic band-limited planes: moved exactly by the phases of their Fourier series, no interpolation involved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, rfft2

F64 = NDArray[np.float64]
C128 = NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class Waves:
    """A Fourier series per plane: complex [planes, grid, grid // 2 + 1]."""

    series: C128

    @property
    def grid(self) -> int:
        """Pixels of a period."""
        return int(self.series.shape[1])

    def at(self, shift: tuple[float, float] = (0.0, 0.0), size: int | None = None) -> F64:
        """Planes whose content is displaced by (rows, columns); the middle `size` pixels of the period.

        The middle, so that the content of a frame changes at its borders as that of a window does.
        """
        down, right = frequencies(self.grid)
        moved = self.series * np.exp(-2j * np.pi * (down * shift[0] + right * shift[1]))
        planes = np.asarray(irfft2(moved, s=(self.grid, self.grid)))
        first = 0 if size is None else (self.grid - size) // 2
        inside = slice(first, self.grid - first if size is None else first + size)
        return planes[:, inside, inside]

    def derivative(self, axis: int) -> Waves:
        """Along rows (0, downwards) or columns (1)."""
        return Waves(self.series * 2j * np.pi * frequencies(self.grid)[axis])

    def scaled(self, factor: float) -> Waves:
        """All planes times a factor."""
        return Waves(self.series * factor)


def frequencies(grid: int) -> tuple[F64, F64]:
    """Cycles per pixel down and to the right, to be broadcast."""
    down, right = np.fft.fftfreq(grid), np.fft.rfftfreq(grid)
    return np.asarray(down[:, None], np.float64), np.asarray(right[None, :], np.float64)


def relief(height: F64, brightness: F64, blur_px: float) -> Waves:
    """Slopes of a periodic height and a change of yield, both seen through a Gaussian beam."""
    grid = height.shape[0]
    down, right = frequencies(grid)
    beam = np.exp(-2 * (np.pi * blur_px) ** 2 * (down**2 + right**2))
    if grid % 2 == 0:
        # The highest frequency of an even grid has no direction: it cannot be moved.
        beam[grid // 2, :] = 0.0
        beam[:, grid // 2] = 0.0
    series = rfft2(height) * beam
    return Waves(np.stack([series * 2j * np.pi * right, series * 2j * np.pi * down, rfft2(brightness) * beam]))
