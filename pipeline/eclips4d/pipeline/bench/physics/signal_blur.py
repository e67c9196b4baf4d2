"""What the interaction volume leaves of steps and gratings, by energy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.models import load_model
from eclips4d.physics.emission.spread import exit_spread
from eclips4d.physics.signal.effects import Effects
from eclips4d.physics.signal.interaction_blur import period_at
from eclips4d.pipeline.bench.physics.signal_cases import InGas, frame, instrument, microscope, true_calibration
from eclips4d.pipeline.bench.rows import Row

F64 = NDArray[np.float64]

TABLE = "Blur by the interaction volume of copper"
ENERGIES_KEV = (2.0, 5.0, 10.0, 20.0)
_STEP_NM, _HALF_WIDTH_NM = 10.0, 8.0


def blur_rows() -> list[Row]:
    """Resolution as modulation transfer, and what becomes of a step of 10 nm."""
    rows = []
    for energy in ENERGIES_KEV:
        spread = exit_spread("Cu", energy)
        rows += [
            Row(TABLE, f"{energy:g} keV: core, nm (sd)", spread.core_nm),
            Row(TABLE, f"{energy:g} keV: share of the core, %", 100.0 * spread.core_share),
            Row(TABLE, f"{energy:g} keV: skirt, nm (sd)", spread.skirt_nm),
            Row(TABLE, f"{energy:g} keV: period whose slope keeps half its contrast, nm", period_at(spread, 0.5)),
            Row(TABLE, f"{energy:g} keV: period whose slope keeps a tenth, nm", period_at(spread, 0.1)),
            Row(TABLE, f"{energy:g} keV: step of 10 nm, height within 50 nm of it, %", 100.0 * step_kept(energy, 50.0)),
        ]
    return rows


def step_profile(energy_kev: float, size: int = 512, *, blur: bool = True) -> tuple[F64, F64]:
    """Place (nm) and height found (nm) across a step, without noise."""
    of = instrument(4.0, energy_kev=energy_kev)
    scene = InGas(lambda x, y: -_STEP_NM / 2.0 * np.tanh(x / _HALF_WIDTH_NM) + 0.0 * y)
    seen = microscope(of, size, Effects(counting=False, blur=blur))
    slope = load_model("analytic", of)(frame(seen, scene), true_calibration(of)).slope[0].astype(np.float64)
    x = 4.0 * (np.arange(size, dtype=np.float64) - (size - 1) / 2.0)
    return x, np.asarray(np.cumsum(slope.mean(axis=0)) * 4.0)


def step_kept(energy_kev: float, within_nm: float) -> float:
    """Height found between places that far on either side of a step, over its true height."""
    x, height = step_profile(energy_kev)
    low, high = np.interp([-within_nm, within_nm], x, height)
    return float((low - high) / _STEP_NM)
