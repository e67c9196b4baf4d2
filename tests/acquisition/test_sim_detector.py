"""What the detector of the simulated microscope adds: a field in front of it, and a dead layer."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.core.errors import InputError
from eclips4d.physics.detector import kappa

SCENE = "sim://pyramid?face_deg=20&size=48&emission=Cu&drift_px=0&dose=1e6&energy_kev=5"


def contrast(address: str) -> float:
    """Difference of opposite segments over their sum, where a face looks at one of them."""
    a, b, c, d = simulated_microscope(address).frame(0).data.astype(float) - 130.0
    return float(np.percentile(abs(a - c) / (a + c) + abs(b - d) / (b + d), 90))


def test_a_dead_layer_lowers_copper_s_contrast_and_stands_in_the_file():
    with_layer = simulated_microscope(f"{SCENE}&dead_layer_kev=2")
    assert with_layer.instrument.detector.dead_layer_kev == 2.0
    # The law itself says 8.6 % at 5 keV and 20 degrees (bench physics, emission).
    assert 0.88 < contrast(f"{SCENE}&dead_layer_kev=2") / contrast(SCENE) < 0.96


def test_a_detector_at_a_potential_sees_what_its_file_says():
    plain, pulled = simulated_microscope(SCENE).instrument, simulated_microscope(f"{SCENE}&detector_v=500").instrument
    assert pulled.electrodes is not None and pulled.electrodes.detector_v == 500.0
    expected = kappa(pulled) / kappa(plain)
    assert expected > 1.02
    assert contrast(f"{SCENE}&detector_v=500") / contrast(SCENE) == pytest.approx(expected, abs=0.02)


def test_lambert_s_law_has_no_dead_layer():
    with pytest.raises(InputError, match="dead_layer_kev: Lambert"):
        simulated_microscope("sim://flat?size=16&dead_layer_kev=2").frame(0)
