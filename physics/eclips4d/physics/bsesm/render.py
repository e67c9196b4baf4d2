"""Segment images of a surface: emission law, detector, and exact visibility between them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.physics.bsesm.amplitudes import fill_amplitudes, fill_slopes, law_arrays
from eclips4d.physics.bsesm.course import Course
from eclips4d.physics.bsesm.hidden import HiddenShare
from eclips4d.physics.bsesm.horizon import Spread, Surface, spread_over, surface, sweep
from eclips4d.physics.bsesm.optics import Optics, optics
from eclips4d.physics.bsesm.visible import add_transposed, hide_rows, signal_rows
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.law import EmissionLaw

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


def exact_simulator(
    instrument: Instrument,
    shape: tuple[int, int],
    *,
    law: EmissionLaw | None = None,
    azimuths: int = 64,
    supersample: int = 1,
    margin: int = 0,
    occlusion: bool = True,
    threads: int | None = None,
) -> ExactSimulator:
    """Prepare the rendering of surfaces of one size.

    Parameters
    ----------
    instrument
        Its pixel size is that of the image.
    shape
        (rows, columns) of the image.
    law
        Emission law; Lambert's when absent.
    azimuths
        Directions in which horizons are sought.
    supersample
        Heights come on a grid so many times finer; a pixel is the mean over its sub-pixels.
    margin
        Fine pixels of surface on every side that can hide directions but are not rendered.
    occlusion
        False leaves horizons of the surroundings out; a facet's own horizon stays.
    threads
        As many as the process has processors when absent.

    Raises
    ------
    InputError
        A shape, supersampling, margin or number of azimuths that cannot be.
    """
    if min(shape) < 2 or supersample < 1 or margin < 0:
        raise InputError(
            f"cannot render {shape[0]}×{shape[1]} pixels, {supersample}² sub-pixels, {margin} beside the image",
            cure="give at least 2×2 pixels, 1 sub-pixel and no negative margin",
        )
    if azimuths < 8:
        raise InputError(f"{azimuths} azimuths are too few", where="azimuths", cure="give 8 or more")
    law = law or lambert_law()
    x, y = instrument.scan.pixel_size_xy_nm
    fine = (x / supersample, y / supersample)
    half_mm = (shape[1] * supersample - 1) * fine[0] * 0.5e-6, (shape[0] * supersample - 1) * fine[1] * 0.5e-6
    return ExactSimulator(
        shape=shape,
        supersample=supersample,
        margin=margin,
        occlusion=occlusion,
        pixel_nm=fine,
        law=law,
        optics=optics(instrument, law, half_mm, fine, azimuths),
        threads=threads or len(os.sched_getaffinity(0)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactSimulator:
    """Renders surfaces; build it with `exact_simulator`.

    Attributes
    ----------
    pixel_nm
        Size (x, y) of a fine pixel.
    optics : Optics
        What it needs of the detector and the law.
    """

    shape: tuple[int, int]
    supersample: int
    margin: int
    occlusion: bool
    pixel_nm: tuple[float, float]
    law: EmissionLaw
    optics: Optics
    threads: int

    @property
    def fine_shape(self) -> tuple[int, int]:
        """Shape of the heights: fine pixels, margins included."""
        rows, columns = (side * self.supersample + 2 * self.margin for side in self.shape)
        return rows, columns

    def __call__(self, height_nm: NDArray[np.floating], relative_yield: float | NDArray[np.floating] = 1.0) -> F32:
        """Detected electrons per electron that a flat spot of the main material emits.

        Parameters
        ----------
        height_nm
            At the centres of the fine pixels, `fine_shape`; bilinear in between.
        relative_yield
            Emitted electrons over those of the main material, at tilt 0; one value or as the heights.

        Returns
        -------
        float32 [n, y, x]

        Raises
        ------
        InputError
            Arrays of another shape.
        """
        height, yields = checked(self, height_nm, relative_yield)
        with ThreadPoolExecutor(self.threads) if self.threads > 1 else nullcontext() as pool:
            spread = spread_over(pool, self.threads)
            slope, amplitude = facets(self, height, spread)
            hidden = hidden_signal(self, surface(height, self.pixel_nm), slope, amplitude, spread)
            return _signal(self, amplitude, yields, hidden, spread)


def checked(
    simulator: ExactSimulator, height_nm: NDArray[np.floating], relative_yield: float | NDArray[np.floating]
) -> tuple[F64, F32]:
    """Heights and yields as arrays of `fine_shape`."""
    height = np.ascontiguousarray(height_nm, dtype=np.float64)
    if height.shape != simulator.fine_shape:
        raise InputError(f"heights are {height.shape}, not {simulator.fine_shape}", where="height_nm")
    yields = np.asarray(relative_yield, dtype=np.float32)
    if yields.ndim and yields.shape != height.shape:
        raise InputError(f"yields are {yields.shape}, not {height.shape}", where="relative_yield")
    filled = np.empty(height.shape, np.float32)
    filled[...] = yields  # not a view that repeats one value: kernels would be compiled for that, too
    return height, filled


def facets(simulator: ExactSimulator, height: F64, spread: Spread) -> tuple[F32, F32]:
    """Slopes [2, y, x] and amplitudes [C, y, x]."""
    slope = np.empty((2, *height.shape), np.float32)
    law = law_arrays(simulator.law)
    amplitude = np.empty((len(law[2]), *height.shape), np.float32)
    spread(partial(fill_slopes, height, *simulator.pixel_nm, slope), 0, len(height))
    spread(partial(fill_amplitudes, slope, *law, amplitude), 0, len(height))
    return slope, amplitude


def field_places(simulator: ExactSimulator) -> tuple[F64, F64]:
    """Fine pixels' places x and y (down) in the field, from −1 to 1 over what is rendered."""
    rows, columns = simulator.fine_shape
    x, y = ((2.0 * np.arange(count) - (count - 1)) / (count - 1 - 2 * simulator.margin) for count in (columns, rows))
    return x, y


class Sight(NamedTuple):
    """One direction, swept: everything in the orientation of its course.

    Attributes
    ----------
    direction : Course
    share : HiddenShare
    table : float64 [1 or 3, entries, S, C]
        Of the share, changes with this orientation's x and y.
    along, across : float
        Slope in this direction = along·dh/dx + across·dh/dy (the array's axes, not turned).
    tangent, steps : float32
        The horizon, at least the share's floor; valid until the next direction.
    """

    direction: Course
    share: HiddenShare
    table: F64
    along: float
    across: float
    tangent: F32
    steps: F32


def sights(simulator: ExactSimulator, relief: Surface, transposed: bool, spread: Spread) -> Iterator[Sight]:
    """Sweep all directions of one orientation in which something may be hidden."""
    shape = relief.height[transposed].shape
    tangent, steps = np.empty(shape, np.float32), np.empty(shape, np.float32)
    for direction, share in zip(simulator.optics.directions, simulator.optics.hidden, strict=True):
        if direction.transposed == transposed and relief.steepness.tiles.max() > share.floor:
            tangent[:] = share.floor
            if simulator.occlusion:
                sweep(relief, direction, share.floor, tangent, steps, spread)
            table = share.table[[0, 2, 1]] if transposed and len(share.table) > 1 else share.table
            azimuth = direction.azimuth
            yield Sight(direction, share, table, float(np.cos(azimuth)), -float(np.sin(azimuth)), tangent, steps)


def hidden_signal(simulator: ExactSimulator, relief: Surface, slope: F32, amplitude: F32, spread: Spread) -> F32:
    """What horizons hide of every segment, [n, y, x]."""
    field_x, field_y = field_places(simulator)
    results: list[F32] = []
    for transposed in (False, True):
        slopes, amplitudes = turned(slope, transposed), turned(amplitude, transposed)
        places = (field_y, field_x) if transposed else (field_x, field_y)
        hidden = np.zeros((len(simulator.optics.full), *amplitudes.shape[1:]), np.float32)
        for sight in sights(simulator, relief, transposed, spread):
            share = sight.share
            look = (sight.tangent, *slopes, sight.along, sight.across, share.floor, share.segments)
            table = (share.low, share.per_entry, sight.table, *places)
            spread(partial(hide_rows, *look, *table, amplitudes, hidden), 0, len(sight.tangent))
        results.append(hidden)
    along_rows, along_columns = results
    spread(partial(add_transposed, along_columns, along_rows), 0, along_rows.shape[1])
    return along_rows


def turned(images: F32, transposed: bool) -> F32:
    """Images [c, y, x] in the orientation of a course."""
    return np.ascontiguousarray(images.transpose(0, 2, 1)) if transposed else images


def _signal(simulator: ExactSimulator, amplitude: F32, yields: F32, hidden: F32, spread: Spread) -> F32:
    signal = np.empty((len(simulator.optics.full), *simulator.shape), np.float32)
    seen = (simulator.optics.full, *field_places(simulator), amplitude, yields, hidden)
    spread(partial(signal_rows, *seen, simulator.margin, simulator.supersample, signal), 0, simulator.shape[0])
    return signal
