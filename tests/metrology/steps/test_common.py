"""Frames in which everything jumps are told from motion that all steps share."""

import numpy as np
import pytest

from eclips4d.metrology.steps.common import common_jumps
from eclips4d.metrology.steps.edge import Edge
from eclips4d.metrology.steps.track import Track
from eclips4d.metrology.steps.velocity import velocities
from eclips4d.metrology.steps.wander import Wander, sights_of, wander_of

FRAMES = 40


def tracks(way, count=4, noise=0.2, seed=0):
    random = np.random.default_rng(seed)
    made = []
    for n in range(count):
        place = 80.0 * n + way + random.normal(0.0, noise, FRAMES)
        edges = tuple(Edge(p, noise, 0.0, 10.0, -8.0, 0.1, 0.0, 0.1, 7.0, float(k), 50.0) for k, p in enumerate(place))
        made.append(Track(n + 1, np.arange(FRAMES), edges))
    return made


def even():
    return 3.0 * np.arange(FRAMES)


@pytest.mark.parametrize("at", [0, 17, 39])
def test_a_frame_that_jumps_is_unsure_by_as_much_and_velocities_stay_right(at):
    way = even()
    way[at] += 6.0
    moved = tracks(way)
    jump = common_jumps(moved, FRAMES)
    assert jump[at] == pytest.approx(6.0, abs=1.5)
    assert np.count_nonzero(jump) <= 3
    wander = wander_of([sights_of(track, jump) for track in moved], 1.0)
    for track in moved:
        found = velocities(sights_of(track, jump), wander)
        bare = velocities(sights_of(track), Wander(1.0))
        near = slice(max(at - 4, 0), at + 5)
        assert np.abs(found.nm_s - 3.0)[near].max() < 0.5 * np.abs(bare.nm_s - 3.0)[near].max()
        assert np.mean(np.abs(found.nm_s - 3.0) <= 2.0 * found.u_nm_s) > 0.85


def test_steps_that_speed_up_together_have_not_jumped():
    time = np.arange(FRAMES)
    way = even() + 0.05 * np.maximum(time - 15.0, 0.0) ** 2
    assert np.count_nonzero(common_jumps(tracks(way), FRAMES)) <= 1


def test_one_step_that_jumps_alone_is_no_jump_of_the_frame():
    jumped = tracks(even())
    alone = even()
    alone[20] += 6.0
    assert common_jumps([*jumped[:3], tracks(alone, count=4, seed=1)[3]], FRAMES)[20] == 0.0


def test_without_two_steps_nothing_is_said():
    assert not common_jumps(tracks(even(), count=1), FRAMES).any()
    assert common_jumps([], 5).shape == (5,)
