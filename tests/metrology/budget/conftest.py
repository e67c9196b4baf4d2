"""Conditions of a run that was never made."""

from __future__ import annotations

import pytest

from eclips4d.core.calibration import Calibration
from eclips4d.core.instrument import Instrument, parse_instrument
from eclips4d.metrology.budget import Conditions, Declared
from eclips4d.physics.detector import segment_response

TOML = """
[beam]
energy_kev = 10
[scan]
pixel_size_nm = 4
[detector]
distance_mm = 6
inner_radius_mm = 1.75
outer_radius_mm = 7
azimuths_deg = [45, 135, 225, 315]
gain = [1, 1, 1, 1]
offset_adu = [100, 100, 100, 100]
"""
SIGNAL_ADU = 8000.0


def calibration_of(instrument: Instrument, **changed: object) -> Calibration:
    response = segment_response(instrument)
    values: dict[str, object] = {
        "gain": (1.0,) * 4,
        "offset_adu": (100.0,) * 4,
        "noise_slope_adu": (8.0,) * 4,
        "noise_floor_adu2": (1.0,) * 4,
        "flat": tuple(response.flat.tolist()),
        "contrast": tuple((float(x), float(y)) for x, y in response.contrast),
        "kappa_u": 0.01,
    }
    return Calibration(**(values | changed))


def conditions_with(
    toml: str = TOML, calibration: dict[str, object] | None = None, declared: Declared | None = None, **more: object
) -> Conditions:
    instrument = parse_instrument(toml)
    return Conditions(
        instrument=instrument,
        calibration=calibration_of(instrument, **(calibration or {})),
        rows=512,
        signal_adu=SIGNAL_ADU,
        declared=declared or Declared(),
        **more,
    )


@pytest.fixture(scope="session")
def conditions() -> Conditions:
    """Shared, because the inversion's tables take seconds."""
    return conditions_with(lambert_specimen=True)


@pytest.fixture(scope="session")
def make_conditions():
    """Conditions that differ."""
    return conditions_with
