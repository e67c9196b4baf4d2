"""The scene obeys the law it is to be judged by, and its volume is that of its discs."""

import numpy as np
import pytest

from eclips4d.pipeline.bench.metrology.terraces import moving
from eclips4d.pipeline.bench.metrology.terraces.films import PIXEL_NM, SIZE
from eclips4d.pipeline.bench.metrology.terraces.round_islands import RoundIslands, round_islands


@pytest.fixture(scope="module")
def scene():
    return round_islands((1024.0, 1024.0), 3, v_inf_nm_s=2.0, critical_nm=60.0, last_s=20.0)


def test_radii_follow_the_law(scene):
    """r + r_c ln|r - r_c| = v t for an island, with the opposite sign of r_c for the radius of a pit that fills."""
    for k, up in enumerate(scene.up):
        t = np.linspace(0.0, 15.0, 4)
        r = scene.radius(k, t)
        if (r < 5.0).any():
            continue
        law = r + up * 60.0 * np.log(np.abs(r - up * 60.0))
        np.testing.assert_allclose(law - law[0], up * 2.0 * t, atol=0.02)
    assert {1.0, -1.0} == set(scene.up)


def test_what_has_shrunk_away_is_gone():
    small = round_islands(
        (600.0, 600.0), 1, v_inf_nm_s=2.0, critical_nm=60.0, last_s=40.0, radii_nm=(20.0, 20.0), roughness_nm=1e-9
    )
    at = np.linspace(-300, 300, 50)
    lines = small.lines(np.full(50, -300.0), 12.0, 50, at, np.full(50, 40.0))
    assert np.abs(lines.height).max() < 1e-6


def test_islands_do_not_meet(scene):
    islands = np.flatnonzero(scene.radii[-1] > 0)
    for i in islands:
        for j in islands[islands > i]:
            apart = np.hypot(*(scene.centres[i] - scene.centres[j]))
            assert apart > scene.radii[-1, i] + scene.radii[-1, j] + 6 * scene.riser_nm


def test_the_true_volume_is_that_of_the_discs():
    inside = RoundIslands(
        np.zeros((1, 2)),
        np.ones(1),
        np.array([0.0, 9.0]),
        np.array([[80.0], [80.0]]),
        8.0,
        6.0,
        0.0,
        60.0,
        np.ones((8, 8)),
    )
    assert moving._filled(inside, 0.0) == pytest.approx(8.0 * np.pi * (80.0**2 + 6.0**2), rel=1e-3)
    assert SIZE * PIXEL_NM > 200
