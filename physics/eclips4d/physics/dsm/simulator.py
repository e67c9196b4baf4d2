"""Segment images of a surface, fast enough for every live frame."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.physics.bsesm.course import Course
from eclips4d.physics.bsesm.horizon import Spread, spread_over
from eclips4d.physics.bsesm.optics import optics
from eclips4d.physics.dsm.facet_table import POINTS, FacetTable, facet_table, look_up_rows
from eclips4d.physics.dsm.far import look_far
from eclips4d.physics.dsm.hidden_table import HiddenTables, hidden_tables
from eclips4d.physics.dsm.rays import Rays, rays
from eclips4d.physics.dsm.shade import TILE, Far, Looks, shade_rows
from eclips4d.physics.dsm.steep import overtopped_tiles, steepest_of_tiles
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.law import EmissionLaw

F32 = NDArray[np.float32]

LOOKS: Final = 32
"""Directions in which what is hidden is looked up; rays follow every second one."""
NEAR: Final = 12
"""Steps of rays from pixel to pixel; what lies farther away is seen from blocks."""
BLOCK: Final = 2
_SMALLEST: Final = 8
_TAUGHT_BY: Final = 64
"""Azimuths of the exact integrals from which facets are tabulated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shading:
    """What one surface's surroundings may hide.

    Attributes
    ----------
    floor
        Tangent of the lowest elevation that counts.
    looked_at : bool [tiles, tiles]
    near, wide : Rays
        From pixel to pixel, and from block to block.
    steps : int64 [D]
        Of the near rays, as many as the relief can matter.
    far : Far
    """

    floor: float
    looked_at: NDArray[np.bool_]
    near: Rays
    steps: NDArray[np.int64]
    far: Far
    wide: Rays


@dataclass(frozen=True, slots=True, kw_only=True)
class DistilledSimulator:
    """Renders surfaces; build it with `distilled_simulator`. Calling it is pure.

    Attributes
    ----------
    pixel_nm
        Size (x, y).
    courses
        The directions that rays follow.
    looks
        The directions in which what is hidden is looked up.
    """

    shape: tuple[int, int]
    pixel_nm: tuple[float, float]
    facets: FacetTable
    courses: list[Course]
    looks: Looks
    hidden: HiddenTables
    threads: int

    def __call__(self, height_nm: NDArray[np.floating], slope: F32) -> F32:
        """Detected electrons per electron that a flat spot of the material emits.

        Parameters
        ----------
        height_nm
            [y, x]: what hides what.
        slope
            dh/dx, dh/dy, [2, y, x]: what the facets are. Not taken from the heights, as a pixel's mean slope need not
            be the difference of its neighbours.

        Returns
        -------
        float32 [n, y, x]

        Raises
        ------
        InputError
            Arrays of another shape.
        """
        if height_nm.shape != self.shape or slope.shape != (2, *self.shape):
            raise InputError(f"heights {height_nm.shape}, slopes {slope.shape}: not of {self.shape}", where="height_nm")
        height, slope = (np.ascontiguousarray(a, dtype=np.float32) for a in (height_nm, slope))
        signal = np.empty((self.facets.values.shape[-1], *self.shape), np.float32)
        with self.spread() as spread:
            spread(partial(look_up_rows, self.facets.by_segment, POINTS, slope, signal), 0, len(height))
            shading = self.shading(height, spread)
            if shading is not None:
                given = (shading.looked_at, shading.near, shading.steps, shading.far, shading.floor)
                work = partial(shade_rows, height, slope, *given, self.looks, self.hidden, signal)
                spread(work, 0, len(height))
        return signal

    @contextmanager
    def spread(self) -> Iterator[Spread]:
        """Blocks of rows over the threads."""
        with ThreadPoolExecutor(self.threads) if self.threads > 1 else nullcontext() as pool:
            yield spread_over(pool, self.threads)

    def shading(self, height: F32, spread: Spread) -> Shading | None:
        """Where surroundings may hide something, and what is seen from there; None where they cannot."""
        floor = float(self.hidden.floor.min(initial=np.inf))
        if not (steepest_of_tiles(height, self.pixel_nm, spread) > floor).any():
            return None
        near = overtopped_tiles(height, self.pixel_nm, floor)
        wide = [course._replace(step_nm=course.step_nm * BLOCK) for course in self.courses]
        rows, columns = (side // BLOCK for side in self.shape)
        blocks = height[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK).mean((1, 3))
        far_steps = np.minimum(_reach(blocks, wide, floor), max(rows, columns))
        far_rays = rays(wide, max(int(far_steps.max()), 1))
        far = self._far(blocks, far_rays, far_steps, floor, spread)
        return Shading(
            floor=floor,
            looked_at=near | _seen_far(far, floor, near.shape),
            near=rays(self.courses, NEAR),
            steps=np.minimum(_reach(height, self.courses, floor), NEAR),
            far=far,
            wide=far_rays,
        )

    def _far(self, blocks: F32, wide: Rays, steps: NDArray[np.int64], floor: float, spread: Spread) -> Far:
        """Blocks' horizons beyond what the near rays see."""
        tangent, distance = np.empty((2, len(self.courses), *blocks.shape), np.float32)
        given = (wide, np.float32(floor), NEAR // BLOCK - 1, steps, tangent, distance)
        spread(partial(look_far, blocks, *given), 0, len(blocks))
        along = _toward(self.courses)[:, ::-1] * np.array(self.pixel_nm[::-1], np.float32)
        return Far(BLOCK, blocks, tangent, distance, along)


def distilled_simulator(
    instrument: Instrument, shape: tuple[int, int], *, law: EmissionLaw | None = None, threads: int | None = None
) -> DistilledSimulator:
    """Distil the exact simulator of an instrument and a law, for images of one size.

    Takes the time of some exact integrals over the detector, and needs no training: what is specific to the instrument
    are tables.

    Parameters
    ----------
    law
        Emission law; Lambert's when absent.
    threads
        As many as the process has processors when absent.

    Raises
    ------
    InputError
        Fewer than 8 × 8 pixels.
    """
    if min(shape) < _SMALLEST:
        raise InputError(f"{shape[0]}×{shape[1]} pixels are too few", where="shape", cure=f"give {_SMALLEST}² or more")
    law = law or lambert_law()
    pixel = instrument.scan.pixel_size_xy_nm
    half_mm = (shape[1] - 1) * pixel[0] * 0.5e-6, (shape[0] - 1) * pixel[1] * 0.5e-6
    taught = optics(instrument, law, half_mm, pixel, LOOKS)
    seeing = [m for m, share in enumerate(taught.hidden) if np.isfinite(share.floor)]
    return DistilledSimulator(
        shape=shape,
        pixel_nm=pixel,
        facets=facet_table(optics(instrument, law, half_mm, pixel, _TAUGHT_BY), law),
        courses=taught.directions[::2],
        looks=_looks(taught.directions, seeing),
        hidden=hidden_tables(taught, law, seeing),
        threads=threads or len(os.sched_getaffinity(0)),
    )


def _reach(height: F32, courses: list[Course], floor: float) -> NDArray[np.int64]:
    """Steps beyond which nothing rises above the floor, per direction."""
    per_step = floor * np.array([course.step_nm for course in courses])
    return np.ceil(float(np.ptp(height)) / per_step).astype(np.int64)


def _looks(directions: list[Course], seeing: list[int]) -> Looks:
    """Every second direction has rays of its own; the others lie between two of them."""
    azimuth = np.array([course.azimuth for course in directions])
    before, after = np.array(seeing) // 2, (np.array(seeing) + 1) // 2 % (len(directions) // 2)
    wide = np.mod(azimuth[2 * after] - azimuth[2 * before], 2.0 * np.pi)
    share = np.mod(azimuth[seeing] - azimuth[2 * before], 2.0 * np.pi) / np.where(wide > 0.0, wide, 1.0)
    return Looks(before, after, share.astype(np.float32), _toward([directions[m] for m in seeing]))


def _toward(courses: list[Course]) -> F32:
    """Directions in the array's axes (x, y), [D, 2]."""
    azimuth = np.array([course.azimuth for course in courses])
    return np.stack([np.cos(azimuth), -np.sin(azimuth)], axis=1).astype(np.float32)


def _seen_far(far: Far, floor: float, tiles: tuple[int, ...]) -> NDArray[np.bool_]:
    """In which tiles, or beside which, blocks see anything above the floor."""
    side = TILE // far.block
    seen = maximum_filter((far.tangent > floor).any(0), size=3)
    padded = np.pad(seen, [(0, tiles[k] * side - seen.shape[k]) for k in range(2)], mode="edge")
    return np.asarray(padded.reshape(tiles[0], side, tiles[1], side).any((1, 3)))
