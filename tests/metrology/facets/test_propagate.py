"""Uncertainty of functions of facets, against draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_facets import facet_of

from eclips4d.metrology.facets import Systematic, in_plane_angle
from eclips4d.metrology.facets.angles import dihedral_angle
from eclips4d.metrology.facets.facet import azimuths_deg, tilts_deg
from eclips4d.metrology.facets.propagate import propagated
from eclips4d.metrology.facets.sphere import angle_rad, azimuth_rad, normals_of, tilt_rad


@settings(max_examples=15, deadline=None)
@given(st.floats(5.0, 60.0), st.floats(0.001, 0.03))
def test_a_tilts_systematic_part_is_the_scales_times_half_the_sine_of_twice_the_angle(tilt, scale_u):
    angle = np.radians(tilt)
    facet = facet_of([np.sin(angle), 0.0, np.cos(angle)], 0.002)
    found = facet.tilt_deg(Systematic(scale_u))
    assert found.systematic_u == pytest.approx(np.degrees(scale_u * np.sin(2.0 * angle) / 2.0), rel=1e-4)
    assert found.random_u == pytest.approx(np.degrees(0.002), rel=1e-4)
    assert facet.azimuth_deg(Systematic(scale_u)).systematic_u == pytest.approx(0.0, abs=1e-6)


def test_a_dihedral_angles_uncertainty_is_that_of_draws():
    random = np.random.default_rng(1)
    shared = Systematic(0.01, 0.004)
    a, b = (facet_of(n, 0.003) for n in (np.array([0.6, 0.1, 0.79]), np.array([-0.2, 0.5, 0.84])))
    found = dihedral_angle(a, b, shared)
    count = 20000
    scale = 1.0 + shared.scale_u * random.standard_normal((count, 1))
    level = shared.level_u * random.standard_normal((count, 2))
    drawn = [normals_of(random.multivariate_normal(f.slope, f.covariance, count) * scale + level) for f in (a, b)]
    draws = np.degrees(angle_rad(*drawn))
    assert found.u == pytest.approx(np.std(draws), rel=0.05)


def test_a_plane_under_everything_does_not_change_angles_in_the_plane_of_a_top_facet():
    a, b, top = (facet_of(n, 0.002) for n in ([0.6, 0.0, 0.8], [0.0, 0.6, 0.8], [0.0, 0.0, 1.0]))
    shared = Systematic(level_u=0.05)
    assert in_plane_angle(a, b, shared, top).systematic_u < 0.6 * in_plane_angle(a, b, shared).systematic_u


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(-2.0, 2.0), st.floats(0.05, 2.0)), min_size=1, max_size=5))
def test_facets_taken_at_once_have_the_uncertainties_of_each(slopes):
    shared = Systematic(0.01, 0.003)
    facets = [facet_of(normals_of(np.array(slope)), 0.002 * (1 + k)) for k, slope in enumerate(slopes)]
    together = np.array([facet.slope for facet in facets]), np.array([facet.covariance for facet in facets])
    tilts, azimuths = tilts_deg(*together, shared), azimuths_deg(*together, shared)
    for k, facet in enumerate(facets):
        for each, of in ((tilts, tilt_rad), (azimuths, azimuth_rad)):
            found = propagated(lambda s, of=of: np.degrees(of(s[0])), [facet], shared)
            here = each.value[k], each.random_u[k], each.systematic_u[k]
            assert here == pytest.approx((found.value, found.random_u, found.systematic_u), rel=1e-6, abs=1e-9)
