"""The spiral scene, measured on its heights."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.core.errors import InputError
from eclips4d.physics.scenes import build_scene
from eclips4d.physics.scenes.spiral import Spiral, SpiralOptions, spiral

FIELD = (600.0, 600.0)


@pytest.fixture(scope="module")
def one() -> Spiral:
    return spiral(FIELD, 1, 12.0, SpiralOptions(spacing_nm=100.0, cores=1, riser_nm=4.0))


def height(scene: Spiral, x: np.ndarray, y: np.ndarray, t_s: float) -> np.ndarray:
    """At any points: each is a line of its own."""
    shape = np.broadcast_shapes(np.shape(x), np.shape(y))
    xs, ys = (np.ascontiguousarray(np.broadcast_to(v, shape)).ravel() for v in (x, y))
    return scene.lines(xs, 1.0, 1, ys, np.full(xs.size, t_s)).height.reshape(shape)


def step_angle(scene: Spiral, radius: float, t_s: float) -> float:
    """Direction (array axes) in which a circle around the first core meets the step."""
    x, y, _ = scene.labels()["cores"][0]
    angle = np.linspace(-np.pi, np.pi, 7200, endpoint=False)
    h = height(scene, x + radius * np.cos(angle), y + radius * np.sin(angle), t_s)
    return float(angle[np.abs(np.roll(h, -1) - np.roll(h, 1)).argmax()])


def test_it_turns_once_in_the_time_that_was_asked_for(one: Spiral) -> None:
    times = np.linspace(0.0, 60.0, 25)
    angle = np.unwrap([step_angle(one, 150.0, t) for t in times])
    assert angle[-1] - angle[0] == pytest.approx(2.0 * np.pi, abs=0.02), "+1: clockwise on the screen"
    assert np.abs(angle - np.interp(times, times[[0, -1]], angle[[0, -1]])).max() < 0.03, "steadily"


def test_turns_are_as_far_apart_as_asked_for(one: Spiral) -> None:
    x, y, _ = one.labels()["cores"][0]
    r = np.arange(100.0, 380.0, 0.25)
    for angle in (0.3, 2.0):
        slope = np.gradient(height(one, x + r * np.cos(angle), y + r * np.sin(angle), 5.0), r)
        steps = r[1:-1][(slope[1:-1] < slope[:-2]) & (slope[1:-1] < slope[2:]) & (slope[1:-1] < -0.5)]
        assert len(steps) >= 2
        assert np.diff(steps) == pytest.approx(100.0, rel=0.03), "the spacing is reached from above, as 1 + 3/r² or so"


def test_a_turn_adds_one_step_everywhere(one: Spiral) -> None:
    x, y = np.random.default_rng(0).uniform(-290, 290, (2, 500))
    assert height(one, x, y, 67.0) - height(one, x, y, 7.0) == pytest.approx(12.0, abs=1e-6)
    assert one.labels()["growth_nm_s"] == 0.2


def test_volume_grows_as_steps_advance(one: Spiral) -> None:
    """dV/dt = step height · integral along the step of v_inf·(1 − r_c·curvature), the step traced on the heights."""
    told = one.labels()
    x, y, _ = told["cores"][0]
    r = np.arange(8.0, 222.0, 2.0)
    theta = np.unwrap([step_angle(one, radius, 20.0) for radius in r])
    step_x, step_y = (np.concatenate([[0.0], r * f(theta)]) for f in (np.cos, np.sin))
    length = np.hypot(np.diff(step_x), np.diff(step_y)).sum()
    tangent = np.unwrap(np.arctan2(np.diff(step_y), np.diff(step_x)))
    turning = abs(tangent[-1] - tangent[0])
    swept = told["velocity_nm_s"] * (length - told["critical_radius_nm"] * turning)
    at_x, at_y = np.meshgrid(x + np.arange(-220.0, 221.0, 4.0), y + np.arange(-220.0, 221.0, 4.0))
    inside = np.hypot(at_x - x, at_y - y) < 220.0
    grown = (height(one, at_x, at_y, 21.0) - height(one, at_x, at_y, 19.0))[inside].mean() / 2.0
    assert grown == pytest.approx(told["growth_nm_s"], rel=0.01)
    assert told["step_height_nm"] * swept == pytest.approx(grown * np.pi * 220.0**2, rel=0.03)


def test_risers_have_the_width_that_was_asked_for(one: Spiral) -> None:
    """The steepest slope of an error function: height/(sqrt(2 pi)·sd)."""
    x, y, _ = one.labels()["cores"][0]
    r = np.arange(250.0, 360.0, 0.1)
    slope = np.gradient(height(one, x + r * np.cos(1.0), y + r * np.sin(1.0), 3.0), r)
    assert slope.min() == pytest.approx(-12.0 / (np.sqrt(2.0 * np.pi) * 4.0), rel=0.02)


def test_terraces_are_helicoidal(one: Spiral) -> None:
    """Following a terrace once around the core one comes out a step higher or lower."""
    x, y, _ = one.labels()["cores"][0]
    start = step_angle(one, 150.0, 0.0)
    angle = start + np.linspace(1.2, 2.0 * np.pi - 1.2, 200)
    h = height(one, x + 150.0 * np.cos(angle), y + 150.0 * np.sin(angle), 0.0)
    assert np.abs(np.gradient(h, angle)) == pytest.approx(12.0 / (2.0 * np.pi), rel=0.02)


def test_neighbours_turn_the_other_way_or_the_same() -> None:
    for senses, wanted in (("alternate", [1.0, -1.0, 1.0]), ("same", [1.0, 1.0, 1.0])):
        scene = spiral(FIELD, 2, 12.0, SpiralOptions(spacing_nm=130.0, cores=3, senses=senses))
        cores = scene.labels()["cores"]
        assert cores[:, 2].tolist() == wanted
        assert scene.labels()["periodicity_defect_rad"] < 0.15
        distance = np.hypot(*(cores[:, None, :2] - cores[None, :, :2]).transpose(2, 0, 1))[np.triu_indices(3, 1)]
        assert distance.min() > 80.0
    x, y, _ = cores[0]
    r = np.hypot(x, y)
    assert r < 200.0, "the first is near the middle"


def test_the_second_spiral_turns_counter_clockwise() -> None:
    scene = spiral(FIELD, 2, 12.0, SpiralOptions(spacing_nm=130.0, cores=2, turn_s=40.0))
    x, y, sense = scene.labels()["cores"][1]
    angle = np.linspace(-np.pi, np.pi, 3600, endpoint=False)

    def at(t_s: float) -> float:
        h = height(scene, x + 40.0 * np.cos(angle), y + 40.0 * np.sin(angle), t_s)
        return float(angle[np.abs(np.roll(h, -1) - np.roll(h, 1)).argmax()])

    turned = np.unwrap([at(t) for t in np.linspace(0.0, 40.0, 17)])
    assert sense == -1.0 and turned[-1] - turned[0] == pytest.approx(-2.0 * np.pi, abs=0.05)


def test_it_follows_the_gas_if_asked() -> None:
    options = {"spacing_nm": 130.0, "cores": 1}
    free, driven = (build_scene("spiral", (500.0, 500.0), 1, 12.0, gas_driven=g, **options) for g in (False, True))
    x, y = np.random.default_rng(0).uniform(-200, 200, (2, 50))
    running = float(driven.gas.advanced_s(np.array(9.0)))
    assert running < 8.0
    assert height(driven, x, y, 9.0) == pytest.approx(height(free, x, y, running), abs=1e-9)


def test_steps_per_core_share_a_turn() -> None:
    scene = spiral((500.0, 500.0), 1, 12.0, SpiralOptions(spacing_nm=90.0, cores=1, steps_per_core=2, turn_s=40.0))
    x, y = np.random.default_rng(0).uniform(-200, 200, (2, 50))
    assert height(scene, x, y, 20.0) - height(scene, x, y, 0.0) == pytest.approx(12.0, abs=1e-6)
    assert scene.labels()["rotation_per_s"] == pytest.approx(1.0 / 40.0)
    turned = np.unwrap([step_angle(scene, 120.0, t) for t in np.linspace(0.0, 5.0, 11)], period=np.pi)
    assert turned[-1] - turned[0] == pytest.approx(np.pi / 4.0, abs=0.05)


def test_a_square_has_its_sides_along_the_crystal() -> None:
    scene = spiral((700.0, 700.0), 1, 12.0, SpiralOptions(spacing_nm=120.0, cores=1, square=1.0, orientation_deg=20.0))
    y = np.arange(-300.0, 300.0, 3.0)
    h = scene.lines(np.full(200, -300.0), 3.0, 200, y, np.zeros(200)).height
    q, p = np.gradient(h, 3.0)
    steep = np.hypot(p, q) > 0.4
    normal = np.degrees(np.arctan2(-q, p))[steep]
    off = np.abs((normal - 20.0 + 45.0) % 90.0 - 45.0)
    assert np.median(off) < 4.0 < 15.0, "normals of a circle would be 22 degrees off"


def test_elementary_steps_are_labelled() -> None:
    def label(height_nm: float) -> object:
        return spiral((60.0, 60.0), 1, 12.0, SpiralOptions(step_height_nm=height_nm, cores=1)).labels()["step"]

    assert label(0.2135) == "elementary, Cu2O {100}"
    assert label(0.2087) == "elementary, Cu {111}" and "bunch of 57" in str(label(12.0))
    slope = spiral((60.0, 60.0), 1, 12.0, SpiralOptions(step_height_nm=0.213, spacing_nm=20.0, riser_nm=1.0, cores=1))
    assert slope.labels()["slope_deg"] == pytest.approx(0.61, abs=0.01), "elementary steps make gentle hillocks"


def test_too_many_turns_for_the_grid() -> None:
    with pytest.raises(InputError, match="too narrow"):
        spiral((9000.0, 9000.0), 1, 12.0, SpiralOptions(spacing_nm=50.0))
