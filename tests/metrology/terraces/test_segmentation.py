"""Terraces and risers: what is flat is found whatever the plane, and risers are split at half height."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from eclips4d.metrology.terraces.attitude import attitude
from eclips4d.metrology.terraces.levels import levels_of
from eclips4d.metrology.terraces.segmentation import segment


def staircase(x, y, spacing=96.0, step=8.0, riser=6.0):
    """Steps down along x, with a terrace around x = 0."""
    return -sum(step * ndtr((x - (k + 0.5) * spacing) / riser) for k in range(-4, 4)) + 0.0 * y


def test_the_slope_of_terraces_is_found_though_risers_cover_most():
    random = np.random.default_rng(3)
    slope = np.zeros((2, 120, 120), np.float32)
    slope[0, :, :48], slope[0, :, 48:] = 0.03, np.linspace(0.2, 0.6, 72)
    slope[1] = -0.02
    slope += random.normal(size=slope.shape).astype(np.float32) * np.float32(0.02)
    found = attitude(slope, np.full(slope.shape[1:], 0.02, np.float32), smoothing_px=1.0)
    np.testing.assert_allclose(found.slope, (0.03, -0.02), atol=0.002)
    assert found.sd == pytest.approx(0.02 / np.sqrt(4 * np.pi), rel=0.15) and found.noise_sd < found.sd * 1.2


def test_a_staircase_has_its_terraces_and_its_steps(surfaces):
    found = segment(surfaces.frame_of(staircase, sd=0.02), surfaces.grid)
    assert found.count == 5
    assert np.median(found.pair_step_nm) == pytest.approx(8.0, abs=0.15)
    rows = (found.label > 0).mean(axis=1)
    assert rows.min() > 0.98


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(-50, 50), st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_the_plane_of_the_height_does_not_matter(surfaces, offset, tilt_x, tilt_y):
    flat = segment(surfaces.frame_of(staircase, sd=0.02), surfaces.grid)
    tilted = segment(surfaces.frame_of(staircase, sd=0.02, plane=(offset, tilt_x, tilt_y)), surfaces.grid)
    assert (flat.label != tilted.label).mean() < 0.002
    np.testing.assert_allclose(tilted.pair_step_nm, flat.pair_step_nm, atol=0.05)


def test_a_riser_is_split_where_it_has_half_its_height(surfaces):
    found = segment(surfaces.frame_of(lambda x, y: 8.0 * ndtr((x - 5.0) / 6.0) + 0.0 * y), surfaces.grid)
    x, _ = surfaces.places((96, 96))
    upper = found.label[48, -1]
    assert ((found.label == upper) == (x > 5.0)).all()
    on_edge = np.abs(x - 5.0) < 2.1
    np.testing.assert_allclose(found.middle[on_edge], ndtr((x[on_edge] - 5.0) / 6.0) - 0.5, atol=0.01)


def test_a_particle_belongs_to_the_terrace_it_lies_on(surfaces):
    def bumpy(x, y):
        return staircase(x, y, spacing=140.0) + 8.0 * np.exp(-(x**2 + y**2) / (2 * 7.0**2))

    found = segment(surfaces.frame_of(bumpy, sd=0.02), surfaces.grid)
    x, y = surfaces.places((96, 96))
    near = np.hypot(x, y) < 20.0
    around = found.label[(np.abs(x) < 10) & (np.abs(y) > 100)]
    assert found.count == 3 and len(np.unique(around)) == 1
    assert np.isin(found.label[near], [0, around[0]]).mean() > 0.95


def test_what_was_not_seen_has_no_terrace(surfaces):
    frame = surfaces.frame_of(staircase, sd=0.02)
    height, slope = frame.height.copy(), frame.slope.copy()
    height[:9], slope[:, :9] = np.nan, np.nan
    found = segment(replace(frame, height=height, slope=slope), surfaces.grid)
    assert (found.label[:9] == 0).all() and (found.label[9:] > 0).mean() > 0.98 and found.count == 5


def test_a_surface_without_anything_flat_has_no_edges(surfaces):
    empty = surfaces.frame_of(lambda x, y: 0.0 * x)
    empty.height[:], empty.slope[:] = np.nan, np.nan
    found = segment(empty, surfaces.grid)
    assert found.count == 0 and found.pairs.shape == (0, 2)
    assert levels_of(found, empty, surfaces.grid).table.empty


def test_turned_by_a_quarter_nothing_changes(surfaces):
    def turned(x, y):
        return staircase(y, x)

    across, down = (segment(surfaces.frame_of(f), surfaces.grid) for f in (staircase, turned))
    assert across.count == down.count
    assert (across.middle.T[np.isfinite(across.middle.T)] == down.middle[np.isfinite(across.middle.T)]).mean() > 0.95
    np.testing.assert_allclose(np.sort(across.pair_length_px), np.sort(down.pair_length_px), rtol=1e-3)
