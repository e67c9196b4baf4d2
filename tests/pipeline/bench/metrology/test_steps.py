"""What the part `steps` judges by: the closed form of the flow, lines clear of particles, and what counts as found."""

import numpy as np
import pytest

from eclips4d.metrology.steps.events import Event
from eclips4d.physics.scenes import build_scene
from eclips4d.pipeline.bench.metrology.steps.flow import Crossings
from eclips4d.pipeline.bench.metrology.steps.happenings import Happening, happening_scene
from eclips4d.pipeline.bench.metrology.steps.lines import clear_lines
from eclips4d.pipeline.bench.metrology.steps.movies import Frozen
from eclips4d.pipeline.bench.metrology.steps.trials import EventTrial, matched


@pytest.fixture(scope="module")
def scene():
    calm = {"roughness_nm": "0", "particles_per_um2": "20", "patches_per_um2": "0", "velocity_nm_s": "6"}
    return build_scene("stepflow", (800.0, 800.0), 3, 12.0, **calm)


def test_steps_cross_the_line_where_the_scene_is_steepest(scene):
    truth = Crossings(scene, ((100.0, 320.0), (540.0, 320.0)), (320.0, 320.0))
    for t in (0.0, 7.5):
        number = int(np.rint(truth.numbers(np.array([220.0]), np.array([t]))[0]))
        place = truth.place(number, np.array([220.0]), np.array([t]))[0]
        x0 = place + 100.0 - 320.0 - 15.0
        height = scene.lines(np.array([x0]), 0.25, 121, np.array([0.0]), np.array([t])).height[0]
        steepest = place - 15.0 + 0.25 * (np.argmin(np.diff(height)) + 0.5)
        assert steepest == pytest.approx(place, abs=0.5)
        assert truth.numbers(np.array([place]), np.array([t]))[0] == pytest.approx(number, abs=1e-6)


def test_velocity_is_the_change_of_place(scene):
    truth = Crossings(scene, ((100.0, 420.0), (540.0, 250.0)), (320.0, 320.0))
    one, near = np.ones(1), np.array([200.0])
    number = int(np.rint(truth.numbers(near, 0 * one)[0]))
    start = truth.place(number, near, 0 * one)
    later = truth.place(number, start, 2.0 * one)
    assert truth.velocity(number, start, 1.0 * one)[0] == pytest.approx((later - start)[0] / 2.0, rel=1e-3)


def test_lines_stay_in_the_field_and_off_particles(scene):
    lines = clear_lines(640.0, 28.0, scene.particles, 40.0)
    assert len(lines) == 2
    for start, end in lines:
        assert all(0.0 < v < 640.0 for v in (*start, *end))
        assert np.degrees(np.arctan2(start[1] - end[1], end[0] - start[0])) == pytest.approx(28.0)


def test_a_frozen_scene_does_not_move(scene):
    frozen = Frozen(scene, 3.0)
    line = (np.array([-100.0]), 1.0, 200, np.array([10.0]))
    np.testing.assert_array_equal(
        frozen.lines(*line, np.array([9.0])).height, scene.lines(*line, np.array([3.0])).height
    )


def test_a_pair_is_nothing_before_its_birth_and_after_its_end():
    random = happening_scene(540.0, 30.0, 4)
    assert sorted(h.kind for h in random.happenings) == ["annihilated", "born", "merged"]
    born = Happening("born", 10.0, 5.0, 3.0, 0.0, 8.0)
    (left, up), (right, down) = born.steps(np.array([2.0, 7.0]))
    np.testing.assert_allclose([left, right], [[10.0, 4.0], [10.0, 16.0]])
    assert (up == 8.0).all() and (down == -8.0).all()


def test_events_are_matched_once_by_kind_place_and_time():
    happened = (Happening("born", 100.0, 10.0, 3.0, 0.0, 8.0), Happening("merged", 300.0, 12.0, 1.0, 4.0, 8.0))
    found = (
        Event("born", 22, 11.0, 110.0, (1, 2)),
        Event("born", 24, 12.0, 95.0, (3, 4)),
        Event("merged", 24, 12.0, 400.0, (5, 6, 7)),
    )
    trial = EventTrial(1000.0, 1, happened, found)
    assert matched(trial, ("born",)) == (1, 1, 0)
    assert matched(trial, ("merged",)) == (0, 1, 1)
