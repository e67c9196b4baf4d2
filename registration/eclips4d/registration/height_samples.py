"""A height at few places: small patches on a lattice, coarse enough to travel with the state of a run.

The datum compares frames at the same pixels, so patches need not see the whole surface; they must be small, so that few
of them lie across a riser, and many. Means over whole cells would be quieter by little (the noise of an integrated
height is the same far around) and would lose every terrace narrower than a cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray

Samples = NDArray[np.float64]
"""[j, i] over the lattice; NaN where the surface was not seen."""

Places = NDArray[np.intp]

LATTICE = 40
"""Patches along each axis, or fewer where the image has fewer pixels."""
PATCH_PX = 4
MISSING = -32768
_LARGEST = 32767


@dataclass(frozen=True, slots=True)
class Lattice:
    """Where the patches lie in images of one shape.

    Attributes
    ----------
    shape : tuple of int
        Of the image, pixels (rows, columns).
    pixel_size_xy_nm : tuple of float
    """

    shape: tuple[int, int]
    pixel_size_xy_nm: tuple[float, float]

    @property
    def cell(self) -> tuple[int, int]:
        """Pixels from one patch to the next (rows, columns)."""
        return max(1, -(-self.shape[0] // LATTICE)), max(1, -(-self.shape[1] // LATTICE))

    @property
    def size(self) -> tuple[int, int]:
        """Patches (down, across)."""
        return self.shape[0] // self.cell[0], self.shape[1] // self.cell[1]

    @property
    def pitch_nm(self) -> tuple[float, float]:
        """Distance of patches (down, across)."""
        return self.cell[0] * self.pixel_size_xy_nm[1], self.cell[1] * self.pixel_size_xy_nm[0]

    def terms(self) -> Samples:
        """1, x, y at the patches, [3, j, i]; x and y in nm from the middle of the image."""
        x, y = (
            (np.arange(n) * cell + self._first(cell) + 0.5 * (self._patch(cell) - length)) * pixel
            for n, cell, length, pixel in zip(
                self.size[::-1], self.cell[::-1], self.shape[::-1], self.pixel_size_xy_nm, strict=True
            )
        )
        return np.stack([np.ones(self.size), *np.meshgrid(x, y)])

    def sample(self, plane: NDArray[np.floating]) -> Samples:
        """Means of a plane [y, x] over the patches; NaN where any of a patch's pixels is NaN."""
        (down, across), out = self.cell, np.empty(self.size)
        begin, size = (self._first(down), self._first(across)), (self._patch(down), self._patch(across))
        _patch_means(plane, (down, across), begin, size, out)
        return out

    def pixels(self) -> tuple[Places, Places]:
        """Rows and columns of all patches, one after the other: all that `sample` looks at."""
        rows, columns = (
            (np.arange(count)[:, None] * cell + self._first(cell) + np.arange(self._patch(cell))).ravel()
            for count, cell in zip(self.size, self.cell, strict=True)
        )
        return rows, columns

    def sample_pixels(self, plane: NDArray[np.floating]) -> Samples:
        """`sample` of a plane of which only `pixels` are given."""
        size, out = (self._patch(self.cell[0]), self._patch(self.cell[1])), np.empty(self.size)
        _patch_means(plane, size, (0, 0), size, out)
        return out

    @staticmethod
    def _patch(cell: int) -> int:
        return min(cell, PATCH_PX)

    @classmethod
    def _first(cls, cell: int) -> int:
        return (cell - cls._patch(cell)) // 2


@njit(cache=True, nogil=True)
def _patch_means(
    plane: Any, cell: tuple[int, int], begin: tuple[int, int], size: tuple[int, int], out: Samples
) -> None:
    """Means over a patch of that size in each cell, which begins so far below and right of the cell's first pixel."""
    for j in range(out.shape[0]):
        for i in range(out.shape[1]):
            total, top, left = 0.0, j * cell[0] + begin[0], i * cell[1] + begin[1]
            for y in range(top, top + size[0]):
                for x in range(left, left + size[1]):
                    total += plane[y, x]
            out[j, i] = total / (size[0] * size[1])


@dataclass(frozen=True, slots=True)
class SeenHeight:
    """What the datum looks at of a height.

    Attributes
    ----------
    samples : float64 [j, i]
        nm, at the patches.
    sd_nm : float
        Its stated noise there, median; NaN when nobody says.
    """

    samples: Samples
    sd_nm: float


def seen_height(height: FloatArray, sd: FloatArray | None, pixel_size_xy_nm: tuple[float, float]) -> SeenHeight:
    """Of a registered height [y, x] and its standard deviation, nm."""
    lattice = Lattice((height.shape[0], height.shape[1]), pixel_size_xy_nm)
    return SeenHeight(lattice.sample(height), math.nan if sd is None else _median(lattice.sample(sd)))


class PackedSamples(msgspec.Struct, frozen=True, array_like=True):
    """Samples as 16-bit numbers: `values * step_nm + level_nm`. Errors stay below 1/131000 of the range of heights."""

    step_nm: float
    level_nm: float
    values: bytes


def pack(samples: Samples) -> PackedSamples:
    """Samples for a state; infinite ones count as missing."""
    seen = samples[np.isfinite(samples)]
    low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 0.0)
    level, step = 0.5 * low + 0.5 * high, (0.5 * high - 0.5 * low) / _LARGEST or 1.0
    whole = np.full(samples.shape, MISSING, "<i2")
    whole[np.isfinite(samples)] = np.clip(np.rint((seen - level) / step), -_LARGEST, _LARGEST)
    return PackedSamples(step, level, whole.tobytes())


def unpack(packed: PackedSamples, lattice: Lattice) -> Samples:
    """What `pack` was given, to half a step.

    Raises
    ------
    ValueError
        They are of another lattice.
    """
    whole = np.frombuffer(packed.values, "<i2").reshape(lattice.size)
    return np.where(whole == MISSING, np.nan, whole * packed.step_nm + packed.level_nm)


def _median(samples: Samples) -> float:
    known = samples[np.isfinite(samples)]
    return float(np.median(known)) if known.size else math.nan
