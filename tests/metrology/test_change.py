"""Change of height: the plane is taken off, and its uncertainty stays."""

import numpy as np
import pytest

from eclips4d.metrology.change import HeightChange, height_change

PIXEL_NM = (2.0, 5.0)
PLANE, PLANE_SD = (-3.0, 0.01, -0.02), (0.3, 0.02, 0.01)


def tilted(shape, offset, tilt_x, tilt_y):
    rows, columns = shape
    y, x = np.mgrid[:rows, :columns] - np.array([(rows - 1) / 2, (columns - 1) / 2])[:, None, None]
    return offset + tilt_x * PIXEL_NM[0] * x + tilt_y * PIXEL_NM[1] * y


@pytest.fixture
def change():
    """An even rise of 4 nm in one corner, on a height that lies off by a plane."""
    reference = np.random.default_rng(1).normal(size=(7, 12)).astype(np.float32)
    rise = np.zeros((7, 12))
    rise[:3, :4] = 4.0
    height = (reference + rise + tilted((7, 12), *PLANE)).astype(np.float32)
    reference[6, 0] = np.nan
    nm = height_change(height, reference, PLANE, PIXEL_NM)
    return HeightChange(5, 0, nm, np.full((7, 12), 0.4, np.float32), PLANE_SD, PIXEL_NM), rise


def test_only_what_has_risen_is_left(change):
    found, rise = change
    seen = np.isfinite(found.nm)
    assert found.nm.dtype == np.float32 and (~seen).sum() == 1
    np.testing.assert_allclose(found.nm[seen], rise[seen], atol=1e-5)


def test_the_uncertainty_holds_both_parts(change):
    found, _ = change
    at = found.at(3, 11)
    datum = np.hypot(0.3, 0.02 * 5.5 * 2.0)
    assert at.nm == pytest.approx(0.0, abs=1e-5)
    assert at.datum_u_nm == pytest.approx(datum) and at.u_nm == pytest.approx(np.hypot(0.4, datum))
    np.testing.assert_allclose(found.sd_nm()[3, 11], at.u_nm, rtol=1e-6)
    assert found.sd_nm()[0, 0] > at.u_nm > found.sd_nm()[3, 6]


def test_where_nothing_was_seen_there_is_none(change):
    found, _ = change
    assert [found.at(*place) is None for place in ((6, 0), (7, 0), (0, 12), (-1, 3), (0, 0))] == [True] * 4 + [False]


def test_unknown_noise_of_the_heights_is_not_taken_for_none(change):
    found, _ = change
    unknown = HeightChange(5, 0, found.nm, None, PLANE_SD, PIXEL_NM)
    assert unknown.sd_nm() is None
    assert np.isnan(unknown.at(0, 0).u_nm) and np.isfinite(unknown.at(0, 0).datum_u_nm)
