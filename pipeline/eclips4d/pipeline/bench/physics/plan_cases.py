"""Simulated series against which a plan is checked: detectors, doses, excess noise, amplifier lag, gas."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.instrument import Instrument
from eclips4d.core.results import Surface
from eclips4d.inference.analytic import AnalyticModel, analytic_model
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.physics.detector import segment_response
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.lambert import render
from eclips4d.physics.limits.plan import electrons_to_beam, make_plan
from eclips4d.physics.limits.series import Plan, Series
from eclips4d.physics.signal.amplifier import lag
from eclips4d.physics.signal.counting import count_electrons
from eclips4d.physics.signal.gas_skirt import dilute
from eclips4d.pipeline.bench.physics.plan_readings import EDGE_PX, FACET, LINES, SIZE, edge_centres, edge_profile

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SHIFTS_PX = tuple(0.4 * t for t in range(6))
"""Advance of the edges in the frames of a series."""
_ADU, _PIXEL_NM, _STEP_NM, _FACET_DEG = 4.0, 2.0, 2.0, 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A detector, a dose, and what else makes noise; `electrons` are per pixel and segment."""

    name: str
    electrons: float
    detector: dict[str, object] = field(default_factory=dict)
    excess_noise: float = 1.0
    lag_px: float = 0.0
    gas_share: float = 0.0


CASES = (
    Case(name="4 segments, 14-42°, 1000 electrons", electrons=1000.0),
    Case(name="the same, 100 electrons", electrons=100.0),
    Case(name="the same, 25 electrons", electrons=25.0),
    Case(name="the same, 300 electrons, excess noise 1.6", electrons=300.0, excess_noise=1.6),
    Case(name="the same, 300 electrons, amplifier lag 0.4 px", electrons=300.0, lag_px=0.4),
    Case(name="the same, 300 electrons, 20 % scattered by gas", electrons=300.0, gas_share=0.2),
    Case(name="3 segments, 300 electrons", electrons=300.0, detector={"azimuths_deg": (210.0, 90.0, 330.0)}),
    Case(
        name="5 segments off axis, 300 electrons",
        electrons=300.0,
        detector={"azimuths_deg": (0.0, 72.0, 144.0, 216.0, 288.0), "offset_mm": (0.5, -0.3)},
    ),
    Case(
        name="4 segments, 30-54°, 300 electrons",
        electrons=300.0,
        detector={"inner_radius_mm": 3.5, "outer_radius_mm": 8.3},
    ),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """A case ready to be played: every call draws and inverts another frame."""

    case: Case
    instrument: Instrument
    plan: Plan
    model: AnalyticModel
    calibration: Calibration
    random: np.random.Generator

    @property
    def pixel_nm(self) -> float:
        """Of the square pixels."""
        return self.instrument.scan.pixel_size_xy_nm[0]

    def level(self) -> Surface:
        """A level surface."""
        return self.seen(np.zeros((2, SIZE, SIZE)))

    def roofs(self) -> Surface:
        """Ridges and valleys along y, sides of one inclination."""
        up = np.where(np.arange(SIZE) // FACET % 2 == 0, 1.0, -1.0) * np.tan(np.radians(_FACET_DEG))
        return self.seen(np.stack([np.broadcast_to(up, (SIZE, SIZE)), np.zeros((SIZE, SIZE))]))

    def edges(self, shift_px: float) -> Surface:
        """Steps up and down along y, moved by a part of a pixel."""
        slope = np.diff(edge_profile(edge_centres(shift_px))) * _STEP_NM / _PIXEL_NM
        return self.seen(np.stack([np.broadcast_to(slope, (SIZE, SIZE)), np.zeros((SIZE, SIZE))]))

    def seen(self, slope: F64) -> Surface:
        """A frame of a surface of these slopes, [2, y, x], inverted."""
        return self.model(_frame(self.case, self.instrument, slope, self.random), self.calibration)


def trial(case: Case, seed: int) -> Trial:
    """Plan a case, and calibrate on a level frame with true gains and dark levels."""
    instrument = _instrument(case)
    random = np.random.default_rng(seed)
    level = _frame(case, instrument, np.zeros((2, SIZE, SIZE)), random)
    calibration = estimate_calibration(level, instrument)
    kept = 1.0 - case.gas_share
    contrast = tuple((x * kept, y * kept) for x, y in calibration.contrast)
    calibration = msgspec.structs.replace(calibration, contrast=contrast)
    plan = make_plan(_series(case, instrument))
    return Trial(case, instrument, plan, analytic_model(instrument), calibration, random)


def _frame(case: Case, instrument: Instrument, slope: F64, random: np.random.Generator) -> NDArray[np.uint16]:
    response = segment_response(instrument)
    electrons = render(slope, response) * np.float32(case.electrons / response.flat.mean())
    if case.gas_share:
        electrons = dilute(electrons, np.full(SIZE, case.gas_share))
    counted = count_electrons(electrons, (case.excess_noise,) * instrument.segments, random)
    return np.asarray(np.rint(lag(counted, case.lag_px) * _ADU), dtype=np.uint16)


def _instrument(case: Case) -> Instrument:
    given = {"distance_mm": 6.0, "inner_radius_mm": 1.5, "outer_radius_mm": 5.4, "gap_mm": 0.3}
    detector = {**given, "azimuths_deg": (45.0, 135.0, 225.0, 315.0), **case.detector}
    n = len(detector["azimuths_deg"])  # type: ignore[arg-type]
    return Instrument.model_validate(
        {
            "beam": {"energy_kev": 10.0, "electrons_per_pixel": case.electrons, "adu_per_electron": _ADU},
            "scan": {"pixel_size_nm": _PIXEL_NM},
            "detector": {**detector, "gain": (1.0,) * n, "offset_adu": (0.0,) * n},
        }
    )


def _series(case: Case, instrument: Instrument) -> Series:
    return Series(
        instrument=instrument,
        law=lambert_law(),
        material="Cu",
        shape=(SIZE, SIZE),
        beam_electrons=electrons_to_beam(lambert_law(), "Cu", instrument, case.electrons),
        frame_s=5.0,
        frames=len(SHIFTS_PX),
        excess_noise=case.excess_noise,
        line_nm=LINES * _PIXEL_NM,
        edge_nm=EDGE_PX * _PIXEL_NM,
        step_nm=_STEP_NM,
        facet_nm=FACET * _PIXEL_NM,
        facet_deg=_FACET_DEG,
        gas_share=case.gas_share,
    )
