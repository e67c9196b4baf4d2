"""Segment images of a surface with horizons by attention: the exact simulator's integrals, a learned look around."""

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
from eclips4d.physics.bsesm.amplitudes import fill_amplitudes, fill_slopes, law_arrays
from eclips4d.physics.bsesm.horizon import Spread, spread_over
from eclips4d.physics.bsesm.optics import Optics, optics
from eclips4d.physics.bsesm.visible import hide_rows, signal_rows
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.vft.attention import Attention
from eclips4d.physics.vft.horizons import fill_horizons
from eclips4d.physics.vft.ways import LAST_STEPS, RINGS, Ways, ways

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

LOOKS: Final = 32
"""Directions in which what is hidden is looked up; ways lead along every second one."""
_SMALLEST: Final = 4
_ROWS: Final = 16
"""Rows whose horizons are held at a time: they fit the cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionFieldSimulator:
    """Renders surfaces; build it with `vision_field_simulator`. Calling it is pure.

    Attributes
    ----------
    pixel_nm
        Size (x, y).
    optics : Optics
        What it needs of the detector and the law.
    toward : float32 [LOOKS, 2]
        Looks in the array's axes (x, y).
    floor : float32 [LOOKS]
        Tangent of the lowest elevation that counts; infinite where nothing does.
    """

    shape: tuple[int, int]
    pixel_nm: tuple[float, float]
    law: EmissionLaw
    optics: Optics
    ways: Ways
    toward: F32
    floor: F32
    attention: Attention
    threads: int

    def __call__(self, height_nm: NDArray[np.floating], relative_yield: float | NDArray[np.floating] = 1.0) -> F32:
        """Detected electrons per electron that a flat spot of the main material emits.

        Parameters
        ----------
        height_nm
            At the pixels' centres, [y, x].
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
        with self.spread() as spread:
            slope, amplitude = facets(self, height, spread)
            hidden = hidden_signal(self, height, slope, amplitude, spread)
            signal = np.empty_like(hidden)
            seen = (self.optics.full, *field_places(self), amplitude, yields, hidden)
            spread(partial(signal_rows, *seen, 0, 1, signal), 0, self.shape[0])
        return signal

    @contextmanager
    def spread(self) -> Iterator[Spread]:
        """Blocks of rows over the threads."""
        with ThreadPoolExecutor(self.threads) if self.threads > 1 else nullcontext() as pool:
            yield spread_over(pool, self.threads)


def vision_field_simulator(
    instrument: Instrument,
    shape: tuple[int, int],
    attention: Attention,
    *,
    law: EmissionLaw | None = None,
    threads: int | None = None,
) -> VisionFieldSimulator:
    """Prepare the rendering of surfaces of one size. The detector and the law are tables: nothing is trained anew.

    Parameters
    ----------
    attention
        Trained weights; they know of no detector.
    law
        Emission law; Lambert's when absent.
    threads
        As many as the process has processors when absent.

    Raises
    ------
    InputError
        Fewer than 4 × 4 pixels, or weights for other rings.
    """
    if min(shape) < _SMALLEST:
        raise InputError(f"{shape[0]}×{shape[1]} pixels are too few", where="shape", cure=f"give {_SMALLEST}² or more")
    if attention.embed_bias.shape[1] != RINGS:
        raise InputError(
            f"weights are for {attention.embed_bias.shape[1]} rings, not {RINGS}",
            where="attention",
            cure="take weights trained for this version of eclips4d",
        )
    law = law or lambert_law()
    pixel = instrument.scan.pixel_size_xy_nm
    half_mm = (shape[1] - 1) * pixel[0] * 0.5e-6, (shape[0] - 1) * pixel[1] * 0.5e-6
    seen = optics(instrument, law, half_mm, pixel, LOOKS)
    azimuth = np.array([course.azimuth for course in seen.directions])
    return VisionFieldSimulator(
        shape=shape,
        pixel_nm=pixel,
        law=law,
        optics=seen,
        ways=ways(seen.directions),
        toward=np.stack([np.cos(azimuth), -np.sin(azimuth)], axis=1).astype(np.float32),
        floor=np.array([share.floor for share in seen.hidden], np.float32),
        attention=attention,
        threads=threads or len(os.sched_getaffinity(0)),
    )


def checked(
    simulator: VisionFieldSimulator, height_nm: NDArray[np.floating], relative_yield: float | NDArray[np.floating]
) -> tuple[F64, F32]:
    """Heights and yields as arrays of the simulator's shape."""
    height = np.ascontiguousarray(height_nm, dtype=np.float64)
    if height.shape != simulator.shape:
        raise InputError(f"heights are {height.shape}, not {simulator.shape}", where="height_nm")
    yields = np.asarray(relative_yield, dtype=np.float32)
    if yields.ndim and yields.shape != height.shape:
        raise InputError(f"yields are {yields.shape}, not {height.shape}", where="relative_yield")
    return height, np.broadcast_to(yields, height.shape)


def facets(simulator: VisionFieldSimulator, height: F64, spread: Spread) -> tuple[F32, F32]:
    """Slopes [2, y, x] and amplitudes [C, y, x]."""
    slope, law = np.empty((2, *height.shape), np.float32), law_arrays(simulator.law)
    amplitude = np.empty((len(law[2]), *height.shape), np.float32)
    spread(partial(fill_slopes, height, *simulator.pixel_nm, slope), 0, len(height))
    spread(partial(fill_amplitudes, slope, *law, amplitude), 0, len(height))
    return slope, amplitude


def field_places(simulator: VisionFieldSimulator) -> tuple[F64, F64]:
    """Pixels' places x and y (down) in the field, from −1 to 1."""
    rows, columns = simulator.shape
    return np.linspace(-1.0, 1.0, columns), np.linspace(-1.0, 1.0, rows)


def reach(simulator: VisionFieldSimulator, height: F64) -> NDArray[np.int64]:
    """Steps along each way beyond which nothing rises above the lowest floor, rounded up to whole rings."""
    lowest, per_step = float(simulator.floor.min()), 1.0 / simulator.ways.per_nm[:, 0]
    needed = np.ceil(float(np.ptp(height)) / (lowest * per_step))
    rings = np.minimum(np.searchsorted(LAST_STEPS, needed), len(LAST_STEPS) - 1)
    return np.where(needed > 0.0, np.array(LAST_STEPS)[rings], 0)


def lifted(height: F64) -> F32:
    """Heights above the middle of the relief: as exact as float32 can hold them."""
    return np.asarray(height - (height.max() + height.min()) / 2.0, dtype=np.float32)


def hidden_signal(simulator: VisionFieldSimulator, height: F64, slope: F32, amplitude: F32, spread: Spread) -> F32:
    """What horizons hide of every segment, [n, y, x]."""
    hidden = np.zeros((len(simulator.optics.full), *height.shape), np.float32)
    steps, above = reach(simulator, height), lifted(height)
    field_x, field_y = field_places(simulator)

    def work(first: int, last: int) -> None:
        tangent = np.empty((LOOKS, _ROWS, height.shape[1]), np.float32)
        for top in range(first, last, _ROWS):
            rows = slice(top, min(top + _ROWS, last))
            count = rows.stop - top
            horizons(simulator, above, slope, steps, top, tangent[:, :count])
            for m, share in enumerate(simulator.optics.hidden):
                if np.isfinite(share.floor):
                    look = (tangent[m, :count], slope[0, rows], slope[1, rows], *simulator.toward[m].tolist())
                    table = (share.floor, share.segments, share.low, share.per_entry, share.table, field_x)
                    hide_rows(*look, *table, field_y[rows], amplitude[:, rows], hidden[:, rows], 0, count)

    spread(work, 0, len(height))
    return hidden


def horizons(
    simulator: VisionFieldSimulator, above: F32, slope: F32, steps: NDArray[np.int64], top: int, out: F32
) -> None:
    """Fill tangents [LOOKS, rows, columns] of rows from `top` on; at least the floor of each look."""
    given = (simulator.ways, steps, simulator.toward, simulator.floor, simulator.attention)
    fill_horizons(above, slope, *given, top, out)
