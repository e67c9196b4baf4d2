"""Facets found on planes with noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_facets import GRID, frame_of, pyramid_slopes
from scipy import ndimage

from eclips4d.metrology.facets import Flatness, Systematic, find_facets

STILL = Systematic()
TILTS = (35.26, 45.0, 54.74, 43.31, 40.0, 45.0)


def _tilts(facets, sector, true):
    """Errors over their random standard uncertainty, by facet."""
    pulls = []
    for facet in facets.found:
        inside = sector[facets.inner & (facets.labels == facet.number)]
        assert np.ptp(inside) == 0
        found = facet.tilt_deg(STILL)
        pulls.append((found.value - true[inside[0]]) / found.random_u)
    return pulls


def test_every_side_is_one_facet_and_its_uncertainty_holds():
    slope, sector = pyramid_slopes(160, TILTS, 10.0)
    pulls = []
    for seed in range(24):
        facets = find_facets(frame_of(slope, 0.07, seed), GRID, inversion_u_deg=0.0)
        assert len(facets) == len(TILTS)
        pulls += _tilts(facets, sector, TILTS)
    assert np.std(pulls) == pytest.approx(1.0, abs=0.2)
    assert abs(np.mean(pulls)) < 0.3


def test_noise_that_pixels_share_widens_the_uncertainty_by_what_they_share():
    slope, sector = pyramid_slopes(160, TILTS, 10.0)
    pulls, sizes = [], []
    for seed in range(24):
        white = 0.07 * np.random.default_rng(seed).standard_normal(slope.shape)
        shared = np.stack([ndimage.gaussian_filter(plane, 0.6) for plane in white])
        facets = find_facets(frame_of(slope, float(shared.std()), seed, noise=shared), GRID, inversion_u_deg=0.0)
        pulls += _tilts(facets, sector, TILTS)
        sizes.append(facets.correlation_px)
    assert np.mean(sizes) == pytest.approx(0.07**2 / shared.std() ** 2, rel=0.2)
    assert np.std(pulls) == pytest.approx(1.0, abs=0.25)


def test_relief_turned_by_a_right_angle_has_the_same_facets():
    slope, _ = pyramid_slopes(128, (35.0, 45.0, 50.0, 40.0), 20.0)
    noise = 0.03 * np.random.default_rng(1).standard_normal(slope.shape)
    upright = find_facets(frame_of(slope, 0.03, 0, noise=noise), GRID)
    p, q = slope + noise
    # Counter-clockwise on the screen: what pointed right points up, against the array's y.
    turned = np.stack([np.rot90(q), -np.rot90(p)])
    other = find_facets(frame_of(turned, 0.03, 0, noise=0.0), GRID)
    key = [sorted((round(f.tilt_deg(STILL).value, 3), f.pixels) for f in found.found) for found in (upright, other)]
    assert np.allclose(key[0], key[1], atol=0.01)
    change = (
        sorted(f.azimuth_deg(STILL).value for f in upright.found),
        sorted(f.azimuth_deg(STILL).value for f in other.found),
    )
    assert np.allclose(np.sort((np.array(change[0]) + 90.0) % 360.0), np.sort(np.array(change[1]) % 360.0), atol=0.01)


def test_areas_are_those_of_the_inclined_faces():
    slope, sector = pyramid_slopes(128, (30.0, 45.0, 60.0, 45.0))
    facets = find_facets(frame_of(slope, 0.02, 3), GRID)
    for facet in facets.found:
        k = np.bincount(sector[facets.labels == facet.number]).argmax()
        true = (sector == k).sum() * 16.0 / np.cos(np.radians((30.0, 45.0, 60.0, 45.0)[k]))
        assert facet.area_nm2 == pytest.approx(true, rel=0.03)
        assert facet.at_border


def test_a_curved_surface_has_no_facets():
    y, x = np.mgrid[:128, :128] - 63.5
    assert len(find_facets(frame_of(np.stack([x, y]) / 40.0, 0.02, 1), GRID)) == 0


def test_a_weak_edge_is_still_cut():
    slope = np.zeros((2, 96, 128))
    slope[0, :, 64:] = np.tan(np.radians(4.0))
    facets = find_facets(frame_of(slope, 0.08, 2), GRID)
    tilts = sorted(facet.tilt_deg(STILL).value for facet in facets.found[:2])
    assert tilts[0] == pytest.approx(0.0, abs=0.4)
    assert tilts[1] == pytest.approx(4.0, abs=0.4)


def test_what_is_not_seen_or_not_trusted_belongs_to_no_facet():
    slope, _ = pyramid_slopes(128, (45.0, 45.0, 45.0, 45.0))
    frame = frame_of(slope, 0.02, 5)
    gone = frame.slope.copy()
    gone[:, 40:60, 90:110] = np.nan
    trust = frame.trust.copy()
    trust[80:90, 80:90] = 0
    facets = find_facets(replace(frame, slope=gone, trust=trust), GRID)
    assert len(facets) == 4
    assert not facets.labels[40:60, 90:110].any()
    assert not facets.inner[80:90, 80:90].any()


def test_particles_do_not_pull():
    slope, _ = pyramid_slopes(128, (45.0, 45.0, 45.0, 45.0))
    frame = frame_of(slope, 0.02, 5)
    dirty = frame.slope.copy()
    random = np.random.default_rng(0)
    places = random.integers(5, 123, (60, 2))
    dirty[:, places[:, 0], places[:, 1]] += 3.0
    facets = find_facets(replace(frame, slope=dirty), GRID)
    assert all(facet.tilt_deg(STILL).value == pytest.approx(45.0, abs=0.15) for facet in facets.found)


def test_roughness_is_no_facets_of_its_own_when_it_is_finer_than_asked_for():
    random = np.random.default_rng(4)
    rough = np.stack([ndimage.gaussian_filter(random.standard_normal((192, 192)), 1.5) for _ in range(2)])
    slope, _ = pyramid_slopes(192, (22.0, 22.0, 22.0, 22.0))
    frame = frame_of(slope + 0.07 * rough / rough.std(), 0.01, 1)
    coarse = find_facets(frame, GRID, Flatness(finest_px=6.0, least_pixels=300))
    assert len(coarse) == 4
    assert all(facet.tilt_deg(STILL).value == pytest.approx(22.0, abs=1.0) for facet in coarse.found)


def test_an_empty_frame_has_none():
    frame = frame_of(np.zeros((2, 32, 32)), 0.02, 0)
    assert len(find_facets(replace(frame, slope=np.full_like(frame.slope, np.nan)), GRID)) == 0


def test_more_electrons_do_not_make_a_face_surer_than_the_inversion_is():
    slope, _ = pyramid_slopes(96, (45.0, 45.0, 45.0, 45.0))
    facets = find_facets(frame_of(slope, 1e-4, 1), GRID, inversion_u_deg=0.05)
    found = facets.found[0]
    assert found.tilt_deg(STILL).random_u == pytest.approx(0.05, rel=0.02)
    assert found.azimuth_deg(STILL).random_u == pytest.approx(0.05 / np.sin(np.pi / 4), rel=0.02)
