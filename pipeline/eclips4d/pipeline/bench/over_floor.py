"""Height errors of a movie, and the floor that counting sets for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.truth import Truth
from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.core.results import Drift, Surface
from eclips4d.inference.floor import height_floor, slope_floor
from eclips4d.pipeline.bench import scores
from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.registration.resample import resample


def over_floor_row(
    table: str,
    what: str,
    error_nm: float,
    instrument: Instrument,
    truth: Truth,
    drifts: Iterable[Drift] = (),
    bar: float | None = None,
) -> Row:
    """An error in multiples of the floor; without a stated dose, a row that says that there is no floor."""
    if not instrument.beam.electrons_per_pixel:
        return at_most(table, f"{what} (no dose stated, so no floor)", float("nan"), bar)
    return at_most(table, what, error_nm / floor_of(instrument, truth, drifts), bar)


def movie_error(heights: Iterable[NDArray[np.floating]], truth: Truth) -> float:
    """Rms height error over all frames, nm."""
    return scores.rms([scores.height_error(h, t) for h, t in zip(heights, truth.height_nm, strict=True)])


def floor_of(instrument: Instrument, truth: Truth, drifts: Iterable[Drift]) -> float:
    """Rms height of white slope noise of the floor's size after integration, resampling, levelling and crop.

    Raises
    ------
    InputError
        No dose is stated, so counting sets no floor.
    """
    dose = instrument.beam.electrons_per_pixel
    if not dose:
        raise InputError("no noise floor without a dose", cure="state beam.electrons_per_pixel")
    sd = slope_floor(instrument, dose, tuple(map(float, truth.excess_noise)))
    shape = (truth.height_nm.shape[1], truth.height_nm.shape[2])

    def through(drift: Drift) -> Callable[[NDArray[np.float32]], NDArray[np.float64]]:
        def process(height: NDArray[np.float32]) -> NDArray[np.float64]:
            moved = resample(_bare(height), drift).height
            return scores.levelled(moved, scores.inner(shape) & np.isfinite(moved))

        return process

    each = [
        height_floor(sd, shape, instrument.scan.pixel_size_xy_nm, through(drift), seed=i)
        for i, drift in enumerate(list(drifts) or [Drift(start=(0.0, 0.0))])
    ]
    return scores.rms(each)


def _bare(height: NDArray[np.float32]) -> Surface:
    """A surface of which only the height matters."""
    empty = np.zeros_like(height)
    trust = np.zeros(height.shape, np.uint8)
    return Surface(np.zeros((2, *height.shape), np.float32), empty, height, empty, empty, trust)
