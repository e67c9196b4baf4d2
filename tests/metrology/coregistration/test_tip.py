"""The tip's radius, told by both maps: against the radius by which one of them was dilated."""

import numpy as np
import pytest
from made_maps import Rough, chart

from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.fit import Place
from eclips4d.metrology.coregistration.tip import _lowest, fitted_tip
from eclips4d.training.afm_labels import tip_dilated

PIXEL = (2.0, 2.0)
FINE_NM = 0.4
SURFACE = Rough(6, width_px=4.0, rms_nm=8.0)
RUN = SURFACE.seen((100, 100), 2.0)


def by_a_tip(radius_nm: float, cone_deg: float) -> np.ndarray:
    """The surface itself, read at the run's pixels by a sphere on a cone that touches it anywhere."""
    fine = SURFACE.seen((99 * 5 + 1, 99 * 5 + 1), FINE_NM)
    return FINE_NM * tip_dilated(fine / FINE_NM, radius_nm / FINE_NM, cone_deg)[::5, ::5]


@pytest.mark.parametrize(("radius", "cone"), [(8.0, 14.0), (15.0, 17.0), (30.0, 22.0)])
def test_the_radius_is_found_from_beside_the_place(radius: float, cone: float):
    blunt = chart(by_a_tip(radius, cone))
    found = fitted_tip(RUN, PIXEL, blunt, 4.0, Place(Affine(shift_nm=(1.5, -1.0)), 1.0))
    assert found.radius_nm == pytest.approx(radius, rel=0.2)
    assert np.abs(found.place.affine.shift_nm).max() < 0.3 and (np.abs(found.u) > 0).any()


def test_a_needle_is_found_and_leaves_little_to_doubt():
    found = fitted_tip(RUN, PIXEL, chart(RUN), 4.0, Place(Affine(), 1.0))
    assert found.radius_nm == 0.0 and np.abs(found.u[4:]).max() < 0.2


def test_the_lowest_place_of_a_parabola():
    x = np.array([0.0, 1.0, 2.5, 4.0])
    assert _lowest(x, (x - 2.1) ** 2, 2) == pytest.approx(2.1)
    assert _lowest(x, x, 0) == 0.0
