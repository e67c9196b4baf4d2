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

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.physics.bsesm.course import Course
from eclips4d.physics.bsesm.horizon import Spread, spread_over
from eclips4d.physics.bsesm.optics import optics
from eclips4d.physics.dsm.facet_table import FacetTable, facet_table
from eclips4d.physics.dsm.ground import ROWS, Ground, ground_of, ground_shape
from eclips4d.physics.dsm.hidden_table import HiddenTables, hidden_tables
from eclips4d.physics.dsm.hide import Looks, room_for
from eclips4d.physics.dsm.horizons import Steps, steps_of
from eclips4d.physics.dsm.lanes import LANES
from eclips4d.physics.dsm.packed import Packed
from eclips4d.physics.dsm.rays import Rays, levels_within, rays
from eclips4d.physics.dsm.shade import LookedAt, facet_rows, looked_at, mark_runs, pick_rows, shade_rows
from eclips4d.physics.dsm.sight import Sight, sight
from eclips4d.physics.dsm.steep import overtopped
from eclips4d.physics.dsm.tiles import tiles_of
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.law import EmissionLaw

F32 = NDArray[np.float32]

LOOKS: Final = 32
"""Directions in which what is hidden is looked up; rays follow every second one."""
_SMALLEST: Final = 8
_TAUGHT_BY: Final = 64
"""Azimuths of the exact integrals from which facets are tabulated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shading:
    """What one surface's surroundings may hide.

    Attributes
    ----------
    over : bool [y, x]
        Where anything may be hidden.
    marked : bool [y, runs]
        Runs of LANES pixels with any such pixel.
    sight : Sight
    ground : Ground
    """

    over: NDArray[np.bool_]
    marked: NDArray[np.bool_]
    sight: Sight
    ground: Ground


@dataclass(frozen=True, slots=True, kw_only=True)
class DistilledSimulator:
    """Renders surfaces; build it with `distilled_simulator`. Calling it is pure.

    Attributes
    ----------
    pixel_nm
        Size (x, y).
    courses
        The directions that rays follow.
    rays, steps
        Their steps as far as the surface reaches, and on its ground.
    looks
        The directions in which what is hidden is looked up.
    """

    shape: tuple[int, int]
    pixel_nm: tuple[float, float]
    facets: FacetTable
    courses: list[Course]
    rays: Rays
    steps: Steps
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
        slope = np.ascontiguousarray(slope, dtype=np.float32)
        signal = np.empty((self.facets.values.shape[-1], *self.shape), np.float32)
        with self.spread() as spread:
            height = _narrow(height_nm, spread)
            shading = self.shading(height, spread)
            marked = self._nowhere() if shading is None else shading.marked
            facets, parts = self.facets.packed, len(self.facets.values)
            spread(partial(facet_rows, facets, parts, slope, marked, signal), 0, len(height))
            if shading is not None:
                self._shade(shading, slope, facets, parts, 0.0, signal, spread)
        return signal

    def hidden_signal(self, height: F32, slope: F32, spread: Spread) -> HiddenSignal | None:
        """What surroundings hide; None where they hide nothing. Contiguous float32, as of a call."""
        shading = self.shading(height, spread)
        if shading is None:
            return None
        signal = np.empty((self.facets.values.shape[-1], *self.shape), np.float32)
        self._shade(shading, slope, self.facets.packed, 0, -np.inf, signal, spread)
        pixels = looked_at(shading.over)
        hidden = np.empty((len(signal), pixels.column.size), np.float32)
        spread(partial(pick_rows, pixels, signal, hidden), 0, len(height))
        return HiddenSignal(pixels, hidden)

    def _nowhere(self) -> NDArray[np.bool_]:
        return np.zeros((self.shape[0], -(-self.shape[1] // LANES)), np.bool_)

    def _shade(
        self, shading: Shading, slope: F32, facets: Packed, parts: int, least: float, signal: F32, spread: Spread
    ) -> None:
        """Fill the signals of runs that are marked."""
        seen = (shading.ground, slope, shading.marked, shading.sight, self.steps)
        given = (*seen, self.looks, self.hidden, facets, parts, room_for(self.hidden), least, signal)
        spread(partial(shade_rows, *given), 0, -(-len(slope[0]) // ROWS))

    @contextmanager
    def spread(self) -> Iterator[Spread]:
        """Blocks of rows over the threads."""
        with ThreadPoolExecutor(self.threads) if self.threads > 1 else nullcontext() as pool:
            yield spread_over(pool, self.threads)

    def shading(self, height: F32, spread: Spread) -> Shading | None:
        """Where surroundings may hide something, and what is seen from there; None where they cannot."""
        floor = float(self.hidden.floor.min(initial=np.inf))
        tiles = tiles_of(height, self.pixel_nm, floor, spread)
        over = overtopped(height, tiles, self.pixel_nm, floor, spread, self.threads)
        if over is None:
            return None
        marked = self._nowhere()
        spread(partial(mark_runs, over, marked), 0, len(over))
        seen = sight(height, tiles, self.courses, self.pixel_nm, floor, spread)
        ground = ground_of(height, levels_within(self.rays, float(seen.away_nm.max())), spread)
        return Shading(over=over, marked=marked, sight=seen, ground=ground)


@dataclass(frozen=True, slots=True)
class HiddenSignal:
    """What surroundings hide of some pixels, of all others nothing.

    Attributes
    ----------
    pixels : LookedAt
        K of them.
    signal : float32 [n, K]
        In units of what is rendered.
    """

    pixels: LookedAt
    signal: F32


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
    followed = rays(taught.directions[::2], pixel, float(np.hypot(shape[0] * pixel[1], shape[1] * pixel[0])))
    return DistilledSimulator(
        shape=shape,
        pixel_nm=pixel,
        facets=facet_table(optics(instrument, law, half_mm, pixel, _TAUGHT_BY), law),
        courses=taught.directions[::2],
        rays=followed,
        steps=steps_of(followed, ground_shape(shape)),
        looks=_looks(taught.directions, seeing),
        hidden=hidden_tables(taught, law, seeing),
        threads=threads or len(os.sched_getaffinity(0)),
    )


def _narrow(height_nm: NDArray[np.floating], spread: Spread) -> F32:
    """As contiguous float32."""
    if height_nm.dtype == np.float32:
        return np.ascontiguousarray(height_nm, dtype=np.float32)
    height = np.empty(height_nm.shape, np.float32)

    def copy(first: int, last: int) -> None:
        height[first:last] = height_nm[first:last]

    spread(copy, 0, len(height))
    return height


def _looks(directions: list[Course], seeing: list[int]) -> Looks:
    """Every second direction has rays of its own; the others lie between two of them."""
    azimuth = np.array([course.azimuth for course in directions])
    before, after = np.array(seeing) // 2, (np.array(seeing) + 1) // 2 % (len(directions) // 2)
    wide = np.mod(azimuth[2 * after] - azimuth[2 * before], 2.0 * np.pi)
    share = np.mod(azimuth[seeing] - azimuth[2 * before], 2.0 * np.pi) / np.where(wide > 0.0, wide, 1.0)
    return Looks(before, after, share.astype(np.float32), _toward(directions[::2]))


def _toward(courses: list[Course]) -> F32:
    """Directions in the array's axes (x, y), [D, 2]."""
    azimuth = np.array([course.azimuth for course in courses])
    return np.stack([np.cos(azimuth), -np.sin(azimuth)], axis=1).astype(np.float32)
