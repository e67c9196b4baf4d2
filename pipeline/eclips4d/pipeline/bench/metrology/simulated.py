"""Movies of height whose truth is known: the simulated microscope's frames, inverted and registered in this process.

The simulated microscope renders with horizons, counts, gains and drift; what inverts them knows none of it but the
instrument file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.acquisition.truth import Truth
from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import Instrument
from eclips4d.core.results import Registered
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import Model, load_model
from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame, row_times
from eclips4d.registration.registrar import Registrar


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A movie of height beside what it should show."""

    movie: Movie
    truth: Truth
    instrument: Instrument

    @property
    def labels(self) -> dict[str, Any]:
        """What is known of the scene beyond its heights."""
        return dict(self.truth.labels)


def measured(address: str, frames: int, model: str = "analytic") -> Measured:
    """So many frames of a simulated microscope as a movie of height, all kept in memory.

    Parameters
    ----------
    address
        `sim://SCENE?size=256&seed=3&dose=1500&supersample=2&…`; with `drift_px=0` nothing drifts.
    model
        As in `eclips4d run --model`.
    """
    simulation = simulated_microscope(address)
    with open_source(address):
        taken = tuple(simulation.frame(k) for k in range(frames))
    return Measured(movie_from(taken, simulation.instrument, model), simulation.truth(frames), simulation.instrument)


def movie_from(taken: tuple[Frame, ...], instrument: Instrument, model: str = "analytic") -> Movie:
    """Recorded frames as a movie of height, everything that the instrument file does not tell estimated."""
    calibration = estimate_calibration(taken[0].data, instrument)
    surfaces = tuple(_surfaces(taken, calibration, load_model(model, instrument)))
    return Movie(
        grid=Grid(
            pixel_size_nm=instrument.scan.pixel_size_xy_nm,
            slope_scale_u=calibration.kappa_u,
            noise_correlation_px=max(calibration.noise_correlation_px, 1.0),
            calibrated=calibration.calibrated,
        ),
        shape=(taken[0].data.shape[1], taken[0].data.shape[2]),
        frames=tuple(range(len(surfaces))),
        read=surfaces.__getitem__,
        side={},
        instrument=instrument,
    )


def _surfaces(taken: tuple[Frame, ...], calibration: Calibration, invert: Model) -> Iterator[SurfaceFrame]:
    registrar = Registrar.start(taken[0].header, taken[0].data, calibration)
    for k, frame in enumerate(taken):
        yield _frame(k, frame, registrar.register(frame.header, frame.data, invert(frame.data, calibration)))


def _frame(k: int, frame: Frame, found: Registered) -> SurfaceFrame:
    surface, header = found.surface, frame.header
    return SurfaceFrame(
        frame=k,
        time_s=header.start_s,
        row_time_s=row_times(header.shape[1], header.start_s, header.line_time_s, found.drift),
        height=surface.height,
        slope=surface.slope,
        slope_sd=surface.slope_sd,
        height_sd=surface.height_sd,
        trust=surface.trust,
        drift=found.drift,
        datum=found.datum,
    )
