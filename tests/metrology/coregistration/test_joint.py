"""Tip and place fitted together: against another program's dilation, whose radius, shaft and place are known."""

import numpy as np
import pytest
from made_maps import Rough, chart

from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.fit import Level, Place
from eclips4d.metrology.coregistration.joint import fitted_together
from eclips4d.metrology.coregistration.normal import TERMS
from eclips4d.metrology.coregistration.uncertainty import place_covariance
from eclips4d.training.afm_labels import tip_dilated

PIXEL = (2.0, 2.0)
SURFACE = Rough(6, width_px=4.0, rms_nm=8.0)
RUN = SURFACE.seen((90, 90), 2.0)
START = Place(Affine(shift_nm=(1.0, -0.6)), 1.0)


def by_a_tip(radius_nm: float, cone_deg: float) -> np.ndarray:
    fine = SURFACE.seen((89 * 4 + 1, 89 * 4 + 1), 0.5)
    return 0.5 * tip_dilated(fine / 0.5, radius_nm / 0.5, cone_deg)[::4, ::4]


def test_radius_and_place_are_found_from_beside_both():
    found = fitted_together(RUN, PIXEL, chart(by_a_tip(15.0, 17.0)), 3.0, START, 11.0)
    assert found.radius_nm == pytest.approx(15.0, rel=0.1)
    assert np.abs(found.place.affine.shift_nm).max() < 0.05
    assert found.place.ratio == pytest.approx(1.0, abs=0.01)


def test_a_radius_that_is_stated_stays_and_a_needle_too():
    blunt = chart(by_a_tip(15.0, 17.0))
    found = fitted_together(RUN, PIXEL, blunt, 3.0, START, 14.0, stated=True)
    assert found.radius_nm == pytest.approx(14.0, rel=0.12)
    needle = fitted_together(RUN, PIXEL, chart(RUN), 3.0, START, 0.0)
    assert needle.radius_nm == 0.0 and needle.place.tip == ()
    assert np.abs(needle.place.affine.shift_nm).max() < 1e-2


def test_not_knowing_the_tip_makes_the_place_less_sure():
    found = fitted_together(RUN, PIXEL, chart(by_a_tip(15.0, 17.0)), 3.0, START, 15.0)
    told = found.level.at(found.place)
    assert told is not None and told.design.shape[2] == TERMS + 2
    known = Level.of(found.blunt_nm, PIXEL, chart(by_a_tip(15.0, 17.0)), 3.0)
    place = Place(found.place.affine, found.place.ratio)
    loose, firm = (
        np.diag(place_covariance(level, at, (90, 90), False)[0])
        for level, at in ((found.level, found.place), (known, place))
    )
    assert (loose[:2] > firm[:2]).all()
