"""Normal velocities between frames, and pieces of edges that keep their numbers."""

import numpy as np
import pytest
from scipy.special import ndtr

from eclips4d.metrology.terraces.blocks import BLOCK_PX, Followed
from eclips4d.metrology.terraces.contours import edges
from eclips4d.metrology.terraces.motion import motion


def step_at(place, angle=0.3):
    def height(x, y):
        return 8.0 * ndtr((place - x * np.cos(angle) - y * np.sin(angle)) / 6.0)

    return height


def found(surfaces, height, start=0.0, line_s=0.0, **how):
    return edges(surfaces.frame_of(height, times=start + line_s * np.arange(96), **how), surfaces.grid)


@pytest.mark.parametrize("way", [-9.0, -1.0, 0.0, 0.3, 4.0, 17.0])
def test_a_straight_step_moves_along_its_normal(surfaces, way):
    (moved,) = motion(found(surfaces, step_at(0.0)), found(surfaces, step_at(way), start=2.0))
    known = np.isfinite(moved.velocity_nm_s)
    assert known.mean() > 0.85
    np.testing.assert_allclose(np.median(moved.velocity_nm_s[known]), way / 2.0, atol=0.02)
    np.testing.assert_allclose(moved.velocity_nm_s[known], way / 2.0, atol=0.1)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_velocity_is_positive_when_the_upper_terrace_grows(surfaces, sign):
    def disc(radius):
        return lambda x, y: surfaces.disc(x, y, radius, step=8.0 * sign)

    (moved,) = motion(found(surfaces, disc(80.0)), found(surfaces, disc(86.0), start=2.0))
    np.testing.assert_allclose(moved.velocity_nm_s, sign * 3.0, atol=0.1)
    np.testing.assert_allclose(moved.curvature_per_nm, sign * (1 / 80 + 1 / 86) / 2, rtol=0.03)
    np.testing.assert_allclose(moved.curvature_change_per_nm.mean(), sign * (1 / 86 - 1 / 80), rtol=0.1)


def test_times_are_those_of_the_rows_where_the_edge_was_met(surfaces):
    """A step that runs along the scan meets its later rows later: its velocity does not depend on the scan."""
    start, line_s, speed = 3.0, 0.02, 4.0

    def seen(begin):
        def height(x, y):
            when = begin + line_s * (y / surfaces.pixel_nm + 47.5)
            return 8.0 * ndtr((speed * (when - start) - y) / 6.0) + 0.0 * x

        return found(surfaces, height, start=begin, line_s=line_s)

    (moved,) = motion(seen(0.0), seen(start))
    assert np.nanmedian(moved.velocity_nm_s) == pytest.approx(speed, rel=0.01)
    assert np.nanmedian(moved.seconds) == pytest.approx(start * (1 + speed * line_s / surfaces.pixel_nm), rel=0.01)


def test_steps_that_go_far_for_their_distance_are_doubtful(surfaces):
    def train(place):
        return lambda x, y: sum(8.0 * ndtr((place + 80.0 * k - x) / 6.0) for k in range(-4, 4)) + 0.0 * y

    near, far = (motion(found(surfaces, train(0.0)), found(surfaces, train(p), start=1.0)) for p in (15.0, 35.0))
    assert np.concatenate([m.doubtful for m in near]).mean() < 0.02
    assert np.concatenate([m.doubtful for m in far])[np.isfinite(np.concatenate([m.velocity_nm_s for m in far]))].all()


def test_an_edge_that_was_not_there_has_no_velocity(surfaces):
    (moved,) = motion([], found(surfaces, step_at(0.0)))
    assert np.isnan(moved.velocity_nm_s).all() and (moved.earlier == -1).all()
    (too_far,) = motion(found(surfaces, step_at(-60.0)), found(surfaces, step_at(60.0), start=1.0))
    assert np.isnan(too_far.velocity_nm_s).all()
    assert motion(found(surfaces, step_at(0.0)), []) == []


def test_pieces_keep_their_numbers_while_edges_move(surfaces):
    followed = Followed()
    tables = [followed.advance(k, found(surfaces, step_at(3.0 * k), start=2.0 * k), 0.3) for k in range(4)]
    assert tables[0].empty
    first, last = tables[1], tables[-1]
    assert set(last["block"]) == set(first["block"]) and first["edge"].nunique() == 1
    assert len(first) == pytest.approx(96 / BLOCK_PX, abs=1)
    np.testing.assert_allclose(last["velocity_nm_s"], 1.5, atol=0.02)
    np.testing.assert_allclose(last["time_s"], 5.0)
    np.testing.assert_allclose(first["drift_u_nm_s"], 0.3 * np.sqrt(2) / 2.0, rtol=1e-6)
    np.testing.assert_allclose(first[["normal_x", "normal_y"]], [[np.cos(0.3), np.sin(0.3)]] * len(first), atol=0.01)


def test_a_new_edge_gets_new_numbers(surfaces):
    def two(x, y):
        return surfaces.disc(x, y, 50.0, at=(-100.0, -90.0)) + surfaces.disc(x, y, 45.0, at=(90.0, 80.0))

    followed = Followed()
    followed.advance(0, found(surfaces, lambda x, y: surfaces.disc(x, y, 48.0, at=(-100.0, -90.0))))
    known = len(followed.edge_of)
    table = followed.advance(1, found(surfaces, two, start=1.0))
    assert set(table["block"]) <= set(range(known)) and len(followed.edge_of) > known
    assert followed.edges_born == 2
