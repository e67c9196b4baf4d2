"""Slope noise of flat, simulated Lambert frames over the counting floor, for detectors of several shapes."""

from __future__ import annotations

import numpy as np

from eclips4d.core.instrument import Instrument
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.floor import slope_floor
from eclips4d.inference.models import load_model
from eclips4d.physics.detector import segment_response
from eclips4d.physics.lambert import render

_DETECTORS: dict[str, dict[str, object]] = {
    "4 segments": {"azimuths_deg": (45, 135, 225, 315)},
    "3 segments": {"azimuths_deg": (210, 90, 330)},
    "5 segments, off axis": {"azimuths_deg": (0, 72, 144, 216, 288), "offset_mm": (0.4, -0.3)},
    "4 unequal segments": {"azimuths_deg": (40, 130, 225, 320), "openings_deg": (60, 80, 85, 50)},
}
_ADU = 8.0


def flat_noise_over_floor(electrons: float = 600.0, size: int = 384, seed: int = 1) -> dict[str, float]:
    """Measured rms slope noise over the floor, by detector.

    Parameters
    ----------
    electrons
        Detected per pixel and segment.
    """
    return {name: _ratio(_instrument(said, electrons), electrons, size, seed) for name, said in _DETECTORS.items()}


def _ratio(instrument: Instrument, dose: float, size: int, seed: int) -> float:
    response = segment_response(instrument)
    slope = np.zeros((2, size, size), dtype=np.float32)
    counted = np.random.default_rng(seed).poisson(render(slope, response) * (dose / response.flat.mean()))
    data = np.rint(counted * _ADU).astype(np.uint16)
    found = load_model("analytic", instrument)(data, estimate_calibration(data, instrument)).slope
    floor = slope_floor(instrument, dose)
    return float(np.sqrt(np.mean([(found[i].std() / floor[i]) ** 2 for i in range(2)])))


def _instrument(detector: dict[str, object], electrons: float) -> Instrument:
    n = len(detector["azimuths_deg"])  # type: ignore[arg-type]
    given = {"distance_mm": 6.0, "inner_radius_mm": 1.75, "outer_radius_mm": 7.0, "gap_mm": 0.3}
    known = {"gain": (1.0,) * n, "offset_adu": (0.0,) * n}
    return Instrument.model_validate(
        {
            "beam": {"energy_kev": 10.0, "electrons_per_pixel": electrons, "adu_per_electron": _ADU},
            "scan": {"pixel_size_nm": 4.0},
            "detector": {**given, **known, **detector},
        }
    )
