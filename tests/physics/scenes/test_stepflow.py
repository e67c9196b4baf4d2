"""Step flow against brute force on the positions of its steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erf

from eclips4d.physics.scenes.islands import OXIDE_YIELD
from eclips4d.physics.scenes.stepflow import Stepflow, StepflowOptions, stepflow
from eclips4d.physics.scenes.stepflow_kernel import step_number

FIELD = (900.0, 900.0)
BARE = {"particles_per_um2": 0.0, "patches_per_um2": 0.0}


def built(**options: object) -> Stepflow:
    return stepflow(FIELD, 5, 12.0, StepflowOptions.model_validate({**BARE, "roughness_nm": 0.0, **options}))


def line(scene: Stepflow, x: np.ndarray, y: float, t_s: float) -> np.ndarray:
    return scene.lines(x[:1], x[1] - x[0], len(x), np.array([y]), np.array([t_s])).height[0]


def places(scene: Stepflow, steps: np.ndarray, across: float, t_s: float) -> np.ndarray:
    """Along the flow, from the formula in the module's text."""
    o = scene.options
    bunch = 2.0 * np.pi * (steps / o.steps_per_bunch + t_s / o.wave_s)
    amplitude = o.bunching * o.spacing_nm * o.steps_per_bunch / (2.0 * np.pi)
    turn = 2.0 * np.pi * across / o.meander_length_nm
    phase = min(0.35, 0.1 * o.spacing_nm / max(o.meander_nm, 1e-9))
    edge = o.meander_nm * (np.sin(turn + phase * steps) + 0.5 * np.sin(2.3 * turn))
    return o.spacing_nm * steps + o.velocity_nm_s * t_s + amplitude * np.sin(bunch) + edge


def test_heights_are_those_of_all_steps_one_by_one() -> None:
    """Straight steps: the sum of their risers."""
    scene = built(meander_nm=0.0, flow_deg=0.0, levelled=False, bunching=0.5, riser_nm=5.0)
    x = np.arange(-400.0, 400.0, 1.7)
    steps = np.arange(-40, 41)
    for t_s in (0.0, 31.0):
        at = places(scene, steps, 0.0, t_s)
        wanted = -8.0 * 0.5 * (1.0 + erf((x[:, None] - at) / (np.sqrt(2.0) * 5.0))).sum(axis=1)
        made = line(scene, x, 0.0, t_s)
        assert np.abs(made - wanted - (made - wanted).mean()).max() < 0.25, (
            "where risers spread the profile bends a little"
        )


@settings(max_examples=60, deadline=None)
@given(along=st.floats(-3000, 3000), across=st.floats(-3000, 3000), wave=st.floats(-50, 50), guess=st.floats(-100, 100))
def test_the_step_number_solves_its_equation_from_any_guess(
    along: float, across: float, wave: float, guess: float
) -> None:
    scene = built(bunching=0.85, steps_per_bunch=12.0)
    number = step_number(along, across, wave, guess, scene.train)
    t = scene.train
    at = t[0] * number + t[1] * np.sin(t[2] * number - wave) + t[3] * np.sin(t[4] * across + t[5] * number)
    assert at + t[6] * np.sin(t[7] * across) == pytest.approx(along, abs=1e-6)


@pytest.mark.parametrize("flow_deg", [0.0, 35.0, -120.0])
def test_steps_lie_where_the_formula_puts_them(flow_deg: float) -> None:
    """Steepest descents along a line in the direction of the flow."""
    scene = built(flow_deg=flow_deg, riser_nm=2.0)
    o = np.radians(flow_deg)
    flow, aside = np.array([np.cos(o), -np.sin(o)]), np.array([np.sin(o), np.cos(o)])
    across, t_s = 120.0, 17.0
    s = np.arange(-350.0, 350.0, 0.2)
    point = s[:, None] * flow + across * aside
    h = scene.lines(point[:, 0], 1.0, 1, point[:, 1], np.full(len(s), t_s)).height[:, 0]
    slope = np.gradient(h, s)
    found = s[1:-1][(slope[1:-1] < slope[:-2]) & (slope[1:-1] <= slope[2:]) & (slope[1:-1] < -0.3)]
    wanted = places(scene, np.arange(-20, 21), across, t_s)
    wanted = wanted[(wanted > -345.0) & (wanted < 345.0)]
    assert found == pytest.approx(wanted, abs=0.5)


def test_labelled_velocities_are_those_of_the_steps_and_the_bunches() -> None:
    scene = built()
    told = scene.labels()
    steps = np.arange(0, 60)
    velocity = (places(scene, steps, 0.0, 10.01) - places(scene, steps, 0.0, 9.99)) / 0.02
    assert velocity.min() == pytest.approx(told["velocity_least_nm_s"], abs=0.02)
    assert velocity.max() == pytest.approx(told["velocity_most_nm_s"], abs=0.02)
    phase = 7.0 / scene.options.steps_per_bunch
    later = (phase - 40.0 / scene.options.wave_s) * scene.options.steps_per_bunch
    moved = places(built(meander_nm=0.0), np.array([later]), 0.0, 40.0) - places(
        built(meander_nm=0.0), np.array([7.0]), 0.0, 0.0
    )
    assert moved[0] / 40.0 == pytest.approx(told["bunch_velocity_nm_s"], rel=1e-9)


def test_volume_grows_as_steps_advance() -> None:
    """Mean growth over whole periods is height · velocity / spacing."""
    scene = built(meander_nm=0.0, flow_deg=0.0)
    x = np.arange(0.0, 720.0, 1.0)
    grown = (line(scene, x, 0.0, 480.0 * 2) - line(scene, x, 0.0, 0.0)).mean() / 960.0
    assert grown == pytest.approx(scene.labels()["growth_nm_s"], rel=2e-3)


def test_roughness_stays_until_a_step_passes() -> None:
    smooth, bare = built(riser_nm=3.0), built(roughness_nm=0.5, riser_nm=3.0)

    def roughness(t_s: float) -> np.ndarray:
        y = np.linspace(-400.0, 400.0, 90)
        args = (np.full(90, -400.0), 9.0, 90, y, np.full(90, t_s))
        return bare.lines(*args).height - smooth.lines(*args).height

    before, soon, later = roughness(0.0), roughness(2.0), roughness(60.0)
    kept = np.isclose(before, soon, atol=1e-9)
    assert 0.6 < kept.mean() < 0.99
    assert np.abs((before - soon)[~kept]).max() > 0.3
    assert abs(np.corrcoef(before.ravel(), later.ravel())[0, 1]) < 0.3
    assert 0.3 < before.std() < 0.6


def test_particles_stay_and_patches_grow() -> None:
    scene = stepflow(FIELD, 5, 12.0, StepflowOptions())
    bare = stepflow(FIELD, 5, 12.0, StepflowOptions.model_validate(BARE | {"roughness_nm": 0.0}))
    x, y, high, _ = max(scene.labels()["particles"], key=lambda particle: particle[2])
    for t_s in (0.0, 20.0, 77.0):
        around = np.full(1, x), 1.0, 1, np.full(1, y), np.full(1, t_s)
        assert scene.lines(*around).height[0, 0] - bare.lines(*around).height[0, 0] == pytest.approx(high, abs=3.5)
    y = np.linspace(-440.0, 440.0, 200)
    covered = []
    for t_s in (0.0, 7.5, 12.0):
        made = scene.lines(np.full(200, -440.0), 4.4, 200, y, np.full(200, t_s)).relative_yield
        assert OXIDE_YIELD - 1e-9 <= made.min() < 0.81 and made.max() == 1.0
        covered.append((made < 0.9).mean())
    assert covered[1] > 2.0 * covered[0] and covered[2] == pytest.approx(covered[0], rel=1e-6)


def test_the_gas_can_drive_it() -> None:
    driven, free = built(gas_driven=True), built()
    x = np.arange(-300.0, 300.0, 3.0)
    running = float(driven.gas.advanced_s(np.array(10.0)))
    assert line(driven, x, 20.0, 10.0) == pytest.approx(line(free, x, 20.0, running), abs=1e-9)


def test_steps_are_labelled() -> None:
    assert built(step_height_nm=0.2087).labels()["step"] == "elementary, Cu {111}"
    assert "bunch of 38" in str(built().labels()["step"])
