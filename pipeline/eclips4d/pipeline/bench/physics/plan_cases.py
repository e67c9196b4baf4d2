"""Simulated series against which a plan is checked: detectors, doses, excess noise, amplifier lag, gas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.instrument import Instrument
from eclips4d.core.results import Surface
from eclips4d.inference.analytic import AnalyticModel, analytic_model
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.physics.emission.choose import LAMBERT, emission_law
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.limits.facet_noise import FacetSignals, facet_signals_by
from eclips4d.physics.limits.plan import electrons_to_beam, make_plan
from eclips4d.physics.limits.series import Plan, Series
from eclips4d.physics.signal.amplifier import lag
from eclips4d.physics.signal.counting import count_electrons
from eclips4d.physics.signal.gas_skirt import dilute
from eclips4d.pipeline.bench.physics.plan_readings import EDGE_PX, FACET, LINES, SIZE, edge_centres, edge_profile

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Profile: TypeAlias = Callable[[F64], F64]
"""Heights, nm, at columns."""

SHIFTS_PX = tuple(0.4 * t for t in range(6))
"""Advance of the edges in the frames of a series."""
_ENERGY_KEV, _ADU, _PIXEL_NM, _STEP_NM, _FINER = 10.0, 4.0, 2.0, 2.0, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A detector, a dose, and what else makes noise.

    Attributes
    ----------
    electrons
        Per pixel and segment.
    exact
        Rendered by the exact simulator; otherwise every pixel is a facet.
    law
        By which electrons are emitted. The inversion knows Lambert's alone, with this one's contrast near the level.
    """

    name: str
    electrons: float
    detector: dict[str, object] = field(default_factory=dict)
    excess_noise: float = 1.0
    lag_px: float = 0.0
    gas_share: float = 0.0
    law: str = LAMBERT
    facet_deg: float = 30.0
    exact: bool = False


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
    Case(name="4 segments, 14-42°, copper by Monte Carlo, 300 electrons", electrons=300.0, law="Cu", facet_deg=10.0),
    Case(name="the same, silicon", electrons=300.0, law="Si", facet_deg=10.0),
    Case(name="the same, copper, by the exact simulator", electrons=300.0, law="Cu", facet_deg=10.0, exact=True),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """A case ready to be played: every call draws and inverts another frame.

    Attributes
    ----------
    expected_level, expected_roofs : float32 [n, y, x]
        Mean electrons.
    expected_edges : list of float32 [n, y, x]
        For every shift.
    """

    case: Case
    instrument: Instrument
    plan: Plan
    model: AnalyticModel
    calibration: Calibration
    random: np.random.Generator
    expected_level: F32
    expected_roofs: F32
    expected_edges: list[F32]

    @property
    def pixel_nm(self) -> float:
        """Of the square pixels."""
        return self.instrument.scan.pixel_size_xy_nm[0]

    def level(self) -> Surface:
        """A level surface."""
        return self._seen(self.expected_level)

    def roofs(self) -> Surface:
        """Ridges and valleys along y, sides of one inclination."""
        return self._seen(self.expected_roofs)

    def edges(self) -> list[Surface]:
        """Steps up and down along y, in every frame moved by another part of a pixel."""
        return [self._seen(electrons) for electrons in self.expected_edges]

    def _seen(self, expected: F32) -> Surface:
        return self.model(_frame(self.case, expected, self.random), self.calibration)


def trial(case: Case, seed: int) -> Trial:
    """Plan a case, and calibrate on a level frame with true gains, dark levels and contrast."""
    instrument = _instrument(case)
    random = np.random.default_rng(seed)
    signals = facet_signals_by(_law(case), instrument)
    rendered = _by_simulator if case.exact else _by_facet
    shapes = (_level, _roofs(case.facet_deg), *(_edges(shift) for shift in SHIFTS_PX))
    level, roofs, *edges = (rendered(case, instrument, signals, shape) for shape in shapes)
    calibration = estimate_calibration(_frame(case, level, random), instrument)
    kept = (1.0 - case.gas_share) * signals.kappa() / facet_signals_by(lambert_law(), instrument).kappa()
    contrast = tuple((x * kept, y * kept) for x, y in calibration.contrast)
    calibration = msgspec.structs.replace(calibration, contrast=contrast)
    plan = make_plan(_series(case, instrument))
    return Trial(case, instrument, plan, analytic_model(instrument), calibration, random, level, roofs, edges)


def _level(x: F64) -> F64:
    return np.zeros(x.shape)


def _roofs(facet_deg: float) -> Profile:
    def heights(x: F64) -> F64:
        within = np.mod(x + 0.5, 2.0 * FACET)
        return np.asarray(np.minimum(within, 2.0 * FACET - within) * np.tan(np.radians(facet_deg)) * _PIXEL_NM)

    return heights


def _edges(shift_px: float) -> Profile:
    return lambda x: edge_profile(x, edge_centres(shift_px)) * _STEP_NM


def _by_facet(case: Case, instrument: Instrument, signals: FacetSignals, heights: Profile) -> F32:
    """Mean electrons of a surface that is the same in all rows: every pixel a facet of its mean slope."""
    slope_x = np.diff(heights(np.linspace(-0.5, SIZE - 0.5, SIZE + 1))) / _PIXEL_NM
    known = {p: signals((p, 0.0)) for p in set(slope_x.tolist())}
    line = np.array([known[p] for p in slope_x.tolist()]).T * (case.electrons / signals((0.0, 0.0)).mean())
    return np.asarray(np.broadcast_to(line[:, None], (len(line), SIZE, SIZE)), dtype=np.float32)


def _by_simulator(case: Case, instrument: Instrument, signals: FacetSignals, heights: Profile) -> F32:
    """The same by the exact simulator, with horizons and sub-pixels."""
    simulator = exact_simulator(instrument, (SIZE, SIZE), law=_law(case), supersample=_FINER, margin=SIZE // 4)
    rows, columns = simulator.fine_shape
    x = (np.arange(columns) - SIZE // 4 + 0.5) / _FINER - 0.5
    shares = simulator(np.broadcast_to(heights(x), (rows, columns)))
    return np.asarray(shares * (case.electrons / signals((0.0, 0.0)).mean()), dtype=np.float32)


def _frame(case: Case, expected: F32, random: np.random.Generator) -> NDArray[np.uint16]:
    electrons = expected.copy()
    if case.gas_share:
        electrons = dilute(electrons, np.full(SIZE, case.gas_share))
    counted = count_electrons(electrons, (case.excess_noise,) * len(electrons), random)
    return np.asarray(np.rint(lag(counted, case.lag_px) * _ADU), dtype=np.uint16)


def _law(case: Case) -> EmissionLaw:
    return emission_law(case.law, _ENERGY_KEV)


def _instrument(case: Case) -> Instrument:
    given = {"distance_mm": 6.0, "inner_radius_mm": 1.5, "outer_radius_mm": 5.4, "gap_mm": 0.3}
    detector = {**given, "azimuths_deg": (45.0, 135.0, 225.0, 315.0), **case.detector}
    n = len(detector["azimuths_deg"])  # type: ignore[arg-type]
    return Instrument.model_validate(
        {
            "beam": {"energy_kev": _ENERGY_KEV, "electrons_per_pixel": case.electrons, "adu_per_electron": _ADU},
            "scan": {"pixel_size_nm": _PIXEL_NM},
            "detector": {**detector, "gain": (1.0,) * n, "offset_adu": (0.0,) * n},
        }
    )


def _series(case: Case, instrument: Instrument) -> Series:
    law, material = _law(case), "Cu" if case.law == LAMBERT else case.law
    return Series(
        instrument=instrument,
        law=law,
        material=material,
        shape=(SIZE, SIZE),
        beam_electrons=electrons_to_beam(law, material, instrument, case.electrons),
        frame_s=5.0,
        frames=len(SHIFTS_PX),
        excess_noise=case.excess_noise,
        line_nm=LINES * _PIXEL_NM,
        edge_nm=EDGE_PX * _PIXEL_NM,
        step_nm=_STEP_NM,
        facet_nm=FACET * _PIXEL_NM,
        facet_deg=case.facet_deg,
        gas_share=case.gas_share,
    )
