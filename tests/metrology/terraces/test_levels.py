"""Coverage by level, and heights that neither tilt nor slow waves disturb."""

import numpy as np
import pytest
from scipy.special import ndtr

from eclips4d.metrology.terraces.levels import levels_of
from eclips4d.metrology.terraces.segmentation import segment

ISLANDS = (((-80.0, -90.0), 62.0), ((90.0, -60.0), 45.0), ((20.0, 100.0), 50.0))


def levels(surfaces, height, **how):
    frame = surfaces.frame_of(height, **how)
    return levels_of(segment(frame, surfaces.grid), frame, surfaces.grid)


def wedding_cake(x, y, surfaces):
    top = surfaces.disc(x, y, 40.0, at=ISLANDS[0][0])
    return sum(surfaces.disc(x, y, r, at=at) for at, r in ISLANDS) + top


def test_coverage_is_the_area_of_the_islands(surfaces):
    found = levels(surfaces, lambda x, y: sum(surfaces.disc(x, y, r, at=at) for at, r in ISLANDS), sd=0.02)
    truth = sum(np.pi * r**2 for _, r in ISLANDS) / (96 * 4.0) ** 2
    base, island = found.table.itertuples()
    assert (base.terraces, island.terraces) == (1, 3)
    assert island.share == pytest.approx(truth, abs=2 * np.hypot(island.share_u, island.share_systematic_u))
    assert base.share + island.share == pytest.approx(1.0)
    assert island.height_nm == pytest.approx(8.0, abs=4 * island.height_u_nm) and island.height_u_nm < 0.2
    assert island.height_systematic_u_nm == pytest.approx(0.08, rel=0.05)


def test_slow_waves_and_tilts_do_not_split_a_level(surfaces):
    def wavy(x, y):
        return sum(surfaces.disc(x, y, r, at=at) for at, r in ISLANDS) + 6.0 * np.sin(np.pi * x / 380.0)

    found = levels(surfaces, wavy, sd=0.01, plane=(3.0, 0.1, -0.2))
    assert list(found.table["terraces"]) == [1, 3]
    np.testing.assert_allclose(found.table["height_nm"], [0.0, 8.0], atol=0.3)


def test_terraces_on_terraces_make_three_levels(surfaces):
    found = levels(surfaces, lambda x, y: wedding_cake(x, y, surfaces), sd=0.005, shape=(128, 128))
    np.testing.assert_allclose(found.table["height_nm"], [0.0, 8.0, 16.0], atol=0.25)
    assert not found.wound


def test_a_spiral_is_wound(surfaces):
    def spiral(x, y):
        turn = (np.hypot(x, y) / 120.0 - np.arctan2(y, x) / (2 * np.pi)) + 0.5
        near = turn - np.floor(turn)
        return 8.0 * (near - ndtr((near - 0.5) * 120.0 / 6.0)) + 8.0 * np.arctan2(y, x) / (2 * np.pi) * 0.0

    assert levels(surfaces, spiral, shape=(160, 160)).wound


def test_steps_that_do_not_close_are_told(surfaces):
    found = levels(surfaces, lambda x, y: wedding_cake(x, y, surfaces), sd=0.02)
    assert np.isnan(found.closing_nm) or found.closing_nm < 0.5


def test_stated_uncertainty_of_a_height_is_that_of_its_errors(surfaces):
    found = [
        levels(surfaces, lambda x, y: surfaces.disc(x, y, 70.0), shape=(72, 72), sd=0.04, seed=seed).table.iloc[-1]
        for seed in range(30)
    ]
    error = np.array([row.height_nm for row in found])
    stated = np.mean([row.height_u_nm for row in found])
    assert error.std() / stated == pytest.approx(1.0, abs=0.4)
