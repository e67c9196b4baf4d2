"""A gas that is switched back and forth between hydrogen and oxygen, and what follows from it over time.

Everything is periodic and tabulated over one period, so that any moment of an endless run costs one interpolation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

SIDE_UNITS = {"temperature": "degC", "pressure_h2": "Pa", "pressure_o2": "Pa"}
_TABLE = 2048
_SHARPNESS = 4.0
_FLOW_IN_OXYGEN = 0.25
_OXIDATION_PER_S = 0.6
_REDUCTION_PER_S = 0.45


@dataclass(frozen=True, slots=True)
class GasProgram:
    """Hydrogen at the start, oxygen in the middle of each period.

    Attributes
    ----------
    period_s
        From hydrogen to hydrogen.
    flow
        Integral over the period's first part of the rate at which steps advance, 1 in hydrogen; s.
    oxide
        Coverage that oxidation and reduction leave, 0-1, in the periodic state.
    """

    period_s: float
    flow: FloatArray
    oxide: FloatArray

    @property
    def units(self) -> Mapping[str, str]:
        """Units of the side values."""
        return SIDE_UNITS

    def oxygen(self, t_s: FloatArray | float) -> FloatArray:
        """Share of oxygen phase, 0-1."""
        return _oxygen(np.asarray(t_s) / self.period_s)

    def advanced_s(self, t_s: FloatArray) -> FloatArray:
        """How long steps have effectively been running at their speed in hydrogen."""
        whole, part = np.divmod(np.asarray(t_s) / self.period_s, 1.0)
        return np.asarray(whole * self.flow[-1] + np.interp(part, np.linspace(0.0, 1.0, len(self.flow)), self.flow))

    def coverage(self, t_s: FloatArray) -> FloatArray:
        """Oxide coverage, 0-1."""
        part = np.mod(np.asarray(t_s) / self.period_s, 1.0)
        return np.asarray(np.interp(part, np.linspace(0.0, 1.0, len(self.oxide)), self.oxide))

    def side(self, t_s: float) -> dict[str, float]:
        """What the gauges show; units in `SIDE_UNITS`."""
        oxygen = float(self.oxygen(t_s))
        return {
            "temperature": 800.0 + 6.0 * oxygen,
            "pressure_h2": 100.0 * (1.0 - oxygen) + 20.0 * oxygen,
            "pressure_o2": 1.0 * (1.0 - oxygen) + 25.0 * oxygen,
        }


def gas_program(period_s: float) -> GasProgram:
    """Tabulate a program of this period."""
    phase = np.linspace(0.0, 1.0, _TABLE + 1)
    oxygen = _oxygen(phase)
    rate = 1.0 - (1.0 - _FLOW_IN_OXYGEN) * oxygen
    step_s = period_s / _TABLE
    flow = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2.0)]) * step_s
    return GasProgram(period_s, flow, _periodic_coverage(oxygen, step_s))


def _oxygen(phase: FloatArray) -> FloatArray:
    return np.asarray(0.5 + 0.5 * np.tanh(-_SHARPNESS * np.cos(2.0 * np.pi * phase)))


def _periodic_coverage(oxygen: FloatArray, step_s: float) -> FloatArray:
    """Solve d(theta)/dt = k_ox·o·(1 − theta) − k_red·(1 − o)·theta exactly on each table step, until periodic."""
    gain = _OXIDATION_PER_S * oxygen
    total = gain + _REDUCTION_PER_S * (1.0 - oxygen)
    target, decay = gain / total, np.exp(-total * step_s)
    theta = np.empty(_TABLE + 1)
    value = 0.0
    for _ in range(8):
        for k in range(_TABLE + 1):
            theta[k] = value
            if k < _TABLE:
                value = target[k] + (value - target[k]) * decay[k]
    return theta
