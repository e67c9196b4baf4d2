"""Local angles by tangents: exact for parabolas, as uncertain as stated, unknown where nothing was seen."""

from dataclasses import replace

import numpy as np
import pytest

from eclips4d.core.errors import InputError
from eclips4d.metrology.movie import Grid
from eclips4d.metrology.profiles.line import sample_line
from eclips4d.metrology.profiles.tangent import tangents

SHAPE, PIXEL_NM = (40, 64), 4.0
GRID = Grid((PIXEL_NM, PIXEL_NM), slope_scale_u=0.02)
LINE = ((8.0, 80.0), (240.0, 80.0))


def profile_of(made_frame, slope_of, sd=0.01, random=None):
    """Along the rows, of a surface that changes along them alone."""
    slope = np.zeros((2, *SHAPE))
    slope[0] = slope_of(np.arange(SHAPE[1]) * PIXEL_NM)
    if random is not None:
        slope += random.normal(0.0, sd, slope.shape)
    return sample_line(made_frame(np.zeros(SHAPE), slope, sd), GRID, LINE, 40.0)


def test_an_even_bend_does_not_change_the_tangent(made_frame):
    found = tangents(profile_of(made_frame, lambda x: 0.1 + 2e-3 * x), 41.0, GRID, level=0.1)
    true = np.degrees(np.arctan(0.1 + 2e-3 * (8.0 + found.distance_nm)) - np.arctan(0.1))
    np.testing.assert_allclose(found.angle_deg, true, atol=1e-4)
    np.testing.assert_allclose(found.bend_per_nm, 2e-3, rtol=1e-4)


def test_it_is_the_weighted_line_through_the_slopes(made_frame):
    random = np.random.default_rng(4)
    profile = profile_of(made_frame, lambda x: np.sin(x / 30.0), random=random)
    profile = replace(profile, slope_sd=random.uniform(0.01, 0.03, profile.slope_sd.size))
    found = tangents(profile, 33.0, GRID)
    for k in (0, 3, 20, profile.slope_sd.size - 1):
        inside = np.abs(profile.distance_nm - profile.distance_nm[k]) <= 16.5
        away = profile.distance_nm[inside] - profile.distance_nm[k]
        line = np.polyfit(away, profile.slope_along[inside], 1, w=1.0 / profile.slope_sd[inside])
        assert found.at(profile.distance_nm[k]).value == pytest.approx(np.degrees(np.arctan(line[1])))


def test_errors_are_as_stated(made_frame):
    random, errors = np.random.default_rng(1), []
    for _ in range(40):
        profile = profile_of(made_frame, lambda x: 0.4 + 1e-3 * x, random=random)
        found = tangents(profile, 41.0, GRID)
        true = np.degrees(np.arctan(0.4 + 1e-3 * (8.0 + found.distance_nm)))
        errors.append(((found.angle_deg - true) / found.random_u_deg)[5:-5:10])
    assert 0.92 < np.mean(np.abs(errors) < 2.0) < 0.99
    assert found.systematic_u_deg[0] == pytest.approx(
        abs(found.angle_deg[0] - np.degrees(np.arctan(np.tan(np.radians(found.angle_deg[0])) * 0.98))), rel=0.02
    )


def test_where_a_facet_ends_the_tangent_is_less_sure(made_frame):
    profile = profile_of(made_frame, lambda x: np.where(x > 120.0, 0.5, 0.0))
    found = tangents(profile, 41.0, GRID)
    assert found.at(112.0).random_u > 10.0 * found.at(50.0).random_u
    assert found.at(200.0).value == pytest.approx(np.degrees(np.arctan(0.5)), abs=1e-3)


def test_what_was_not_seen_has_no_angle(made_frame):
    profile = profile_of(made_frame, lambda x: 0.0 * x)
    hidden = np.where(np.abs(profile.distance_nm - 100.0) < 30.0, np.nan, profile.slope_along)
    found = tangents(replace(profile, slope_along=hidden), 25.0, GRID)
    assert np.isnan(found.at(100.0).value) and found.at(60.0).value == pytest.approx(0.0, abs=1e-6)
    with pytest.raises(InputError, match="fewer than three samples"):
        tangents(profile, 3.0, GRID)
