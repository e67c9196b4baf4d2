"""One scene rendered once and exposed many times: other doses, gains, dark levels and noise."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import Instrument
from eclips4d.inference.analytic import AnalyticModel
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.closed_form import ClosedFormSlopes, closed_form_slopes
from eclips4d.inference.horizon import HorizonTable
from eclips4d.inference.trust.judge import judge_of
from eclips4d.metrology.movie import Grid, SurfaceFrame, row_times
from eclips4d.physics.microscope.readout import read_out
from eclips4d.physics.signal.counting import count_electrons
from eclips4d.registration.registrar import Registrar

RENDERED_DOSE = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Exposed:
    """One frame of a scene: with how many electrons, and what the chain makes of it."""

    dose: float
    seed: int
    grid: Grid
    frame: SurfaceFrame


def exposures(address: str, sub_pixels: tuple[int, int], seeds: Mapping[float, int]) -> Iterator[Exposed]:
    """The first frame of an address at several doses and seeds, through the chain; the rendering is shared.

    Parameters
    ----------
    address
        `sim://SCENE?…` without dose, seed and supersample, of a scene that does not depend on its seed.
    sub_pixels
        Per pixel, down a column and along a row, the latter a multiple; more than an address takes.
    seeds
        How many by dose.
    """
    rendered = simulated_microscope(f"{address}&dose={RENDERED_DOSE:g}&seed=1")
    expected = _rendered(rendered, sub_pixels)
    model = _model(rendered.instrument)
    for dose, count in seeds.items():
        for seed in range(1, count + 1):
            key = zlib.crc32(f"{address}, {dose:g}, {seed}".encode())
            simulation = simulated_microscope(f"{address}&dose={dose:g}&seed={seed}")
            frame = _exposed(simulation, expected * np.float32(dose / RENDERED_DOSE), key)
            yield Exposed(dose, seed, *_measured(frame, simulation.instrument, model))


def _rendered(simulation: SimulatedMicroscope, sub_pixels: tuple[int, int]) -> NDArray[np.float32]:
    """Mean electrons per segment and pixel: narrow columns are rendered, and added up."""
    microscope, (down, along) = simulation.microscope, sub_pixels
    columns = along // down
    (x, y), (rows, width) = microscope.instrument.scan.pixel_size_xy_nm, microscope.shape
    scan = microscope.instrument.scan.model_copy(update={"pixel_size_nm": (x / columns, y)})
    instrument = microscope.instrument.model_copy(update={"scan": scan})
    narrow = replace(microscope, instrument=instrument, shape=(rows, width * columns), supersample=down)
    electrons = narrow.expected_electrons(simulation.scene, simulation.exposure(0))
    return np.ascontiguousarray(electrons.reshape(-1, rows, width, columns).mean(axis=3, dtype=np.float32))


def _exposed(simulation: SimulatedMicroscope, electrons: NDArray[np.float32], key: int) -> Frame:
    microscope, random = simulation.microscope, np.random.default_rng(key)
    count_electrons(electrons, microscope.excess_noise, random)
    times = simulation.line_time_s * np.arange(electrons.shape[1], dtype=np.float64)
    levels = (microscope.gain, microscope.offset_adu, times, None, microscope.effects, random)
    return Frame(simulation.header(0), read_out(electrons, microscope.instrument, *levels))


def _measured(frame: Frame, instrument: Instrument, model: AnalyticModel) -> tuple[Grid, SurfaceFrame]:
    """As `simulated.movie_from`, with a model that is made once."""
    calibration, header = estimate_calibration(frame.data, instrument), frame.header
    registrar = Registrar.start(header, frame.data, calibration)
    found = registrar.register(header, frame.data, model(frame.data, calibration))
    surface = found.surface
    times = row_times(header.shape[1], header.start_s, header.line_time_s, found.drift)
    seen = SurfaceFrame(0, header.start_s, times, surface.height, surface.slope, surface.slope_sd, surface.height_sd)
    correlation = max(calibration.noise_correlation_px, 1.0)
    return Grid(instrument.scan.pixel_size_xy_nm, (0.0, 0.0), calibration.kappa_u, correlation), seen


def _model(instrument: Instrument) -> AnalyticModel:
    slopes = ClosedFormSlopes(instrument, _horizon())
    return AnalyticModel(instrument, instrument.fingerprint, slopes, judge_of(instrument))


@lru_cache(maxsize=1)
def _horizon() -> HorizonTable | None:
    """Of the simulated microscope's usual detector, whatever the pixel size: it takes seconds."""
    return closed_form_slopes(simulated_microscope("sim://flat?size=16").instrument).horizon
