"""What a law means for the closed form, against the law itself."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.core.instrument import Instrument
from eclips4d.physics.emission.contrast import directional_contrast
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.tables import monte_carlo_law
from eclips4d.training.slopes.contrast_of_law import contrast_of_law


def detector() -> Instrument:
    """Four quadrants from 14 to 42 degrees, without gaps."""
    return Instrument.model_validate(
        {
            "beam": {"energy_kev": 10.0},
            "scan": {"pixel_size_nm": 1.0},
            "detector": {
                "distance_mm": 6.0,
                "inner_radius_mm": 6.0 * float(np.tan(np.radians(14.0))),
                "outer_radius_mm": 6.0 * float(np.tan(np.radians(42.0))),
                "azimuths_deg": (0.0, 90.0, 180.0, 270.0),
            },
        }
    )


def test_lambert_is_the_closed_form_itself():
    found = contrast_of_law(detector(), lambert_law())
    assert found.scale == pytest.approx(1.0, rel=2e-3)
    np.testing.assert_allclose(found.ratio, 1.0, atol=2e-3)
    np.testing.assert_allclose(found.second, 0.0, atol=2e-3)


def test_contrast_over_tilt_is_that_of_opposite_quadrants():
    law = monte_carlo_law("Au", 10.0)
    found = contrast_of_law(detector(), law)
    kappas = [directional_contrast(law, float(np.radians(tilt))) for tilt in (3.0, 20.0, 40.0)]
    lambert = directional_contrast(lambert_law(), float(np.radians(3.0)))
    assert found.scale == pytest.approx(kappas[0] / lambert, rel=0.01)
    ratios = np.interp((20.0, 40.0), found.tilt_deg, found.ratio)
    np.testing.assert_allclose(ratios, np.array(kappas[1:]) / kappas[0], rtol=0.03)
