"""What all trials of this part share: the instrument, the wall, what is declared to be uncertain and by how much."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.core.gas_dilution import GasDilution
from eclips4d.core.instrument import Instrument
from eclips4d.core.results import Surface
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.gas import in_gas
from eclips4d.inference.models import Model, load_model
from eclips4d.metrology.budget import Conditions, Declared, ScanCalibration
from eclips4d.metrology.budget.conditions import signal_above_dark
from eclips4d.pipeline.bench.metrology.budget.reading import Reader
from eclips4d.pipeline.bench.metrology.budget.wall import Truth, Wall, electrons, frame, signals

SIDE_PX, PIXEL_NM = 96, 4.0
PRESSURE, PER_UNIT = ("pressure_h2", 100.0), 5e-4
"""Pa, and the share of electrons scattered per Pa: 5 % of them."""
PRESSURE_U, SCATTERING_U = 0.2, 0.2
GAIN_U, DARK_U_ADU, DISTANCE_U_MM = 0.01, 60.0, 0.1
PIXEL_U, SHEAR_U_DEG, CLOCK_U = (0.01, 0.015), 1.0, 0.005
DRIFT_RATE_PX, DRIFT_SD_PX = (0.5, 0.7), (0.05, 0.07)


@dataclass(frozen=True)
class Setting:
    """One wall under one instrument at one dose.

    Attributes
    ----------
    wall
    dose
        Electrons per segment and pixel of a flat.
    seed
        Of the instrument's gains and dark levels.
    """

    wall: Wall
    dose: float
    seed: int
    _signals: dict[tuple[float, float], NDArray[np.float64]] = field(default_factory=dict, repr=False)

    @cached_property
    def instrument(self) -> Instrument:
        """What the file says."""
        address = f"sim://stepflow?size={SIDE_PX}&pixel_nm={PIXEL_NM}&dose={self.dose}&seed={self.seed}"
        return simulated_microscope(address).instrument

    @cached_property
    def model(self) -> Model:
        """The chain's classical inversion."""
        return load_model("analytic", self.instrument)

    @cached_property
    def calibration(self) -> Calibration:
        """From a frame in vacuum; it knows the gas."""
        found = estimate_calibration(self.frame(Truth(), self.random(0)), self.instrument)
        return msgspec.structs.replace(found, gas=GasDilution(per_unit=((PRESSURE[0], PER_UNIT),)))

    @cached_property
    def conditions(self) -> Conditions:
        """For the budgets."""
        nominal = self.frame(Truth(thickness=self.thickness))
        return Conditions(
            instrument=self.instrument,
            calibration=self.calibration,
            rows=SIDE_PX,
            signal_adu=signal_above_dark(nominal, self.calibration),
            side=dict([PRESSURE]),
            drift_rate_px=DRIFT_RATE_PX,
            drift_sd_px=DRIFT_SD_PX,
            lambert_specimen=True,
            declared=Declared(
                scan=ScanCalibration(PIXEL_U, SHEAR_U_DEG),
                distance_u_mm=DISTANCE_U_MM,
                gain_u=GAIN_U,
                offset_u_adu=DARK_U_ADU,
                pressure_u=PRESSURE_U,
                scattering_u=SCATTERING_U,
                clock_u=CLOCK_U,
            ),
        )

    @property
    def thickness(self) -> float:
        """Of the gas, as it is thought to be."""
        return PRESSURE[1] * PER_UNIT

    @cached_property
    def reader(self) -> Reader:
        """Of a riser in the middle."""
        return Reader(self.wall, PIXEL_NM, SIDE_PX)

    def frame(self, truth: Truth, random: np.random.Generator | None = None) -> RawArray:
        """One recorded frame."""
        key = (truth.contrast, truth.distance_mm)
        two = self._signals.get(key)
        if two is None:
            two = self._signals.setdefault(key, signals(self.wall, self.instrument, truth))
        return frame(self.instrument, electrons(self.wall, self.instrument, SIDE_PX, truth, two), truth, random)

    def invert(self, data: RawArray) -> Surface:
        """As the chain does, in the gas that is read off the gauge."""
        return self.model(data, in_gas(self.calibration, dict([PRESSURE]), data))

    def random(self, number: int) -> np.random.Generator:
        """Of one draw."""
        return np.random.default_rng([self.seed, int(self.dose), number])
