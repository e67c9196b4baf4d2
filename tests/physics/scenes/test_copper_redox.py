"""The copper scene against closed forms, brute force and independent solvers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.ndimage import map_coordinates

from eclips4d.core.errors import InputError
from eclips4d.physics.scenes import build_scene
from eclips4d.physics.scenes import copper_redox_kernel as kernel
from eclips4d.physics.scenes.copper_redox import STEP_SPEED_NM_S, CopperRedox, CopperRedoxOptions, copper_redox
from eclips4d.physics.scenes.gas import SIDE_UNITS, gas_program


@pytest.fixture(scope="module")
def scene() -> CopperRedox:
    return copper_redox((2400.0, 2400.0), 1, 12.0, CopperRedoxOptions())


def grid(scene: CopperRedox, count: int = 160, t_s: float = 0.0, extent: float = 2000.0):
    y = np.linspace(-extent / 2, extent / 2, count)
    return scene.lines(np.full(count, -extent / 2), extent / (count - 1), count, y, np.full(count, t_s))


def test_step_train_is_the_sum_of_its_risers(scene: CopperRedox) -> None:
    """Brute force: every riser of nine periods, minus the mean slope."""
    n, period = len(scene.bunches), scene.period_nm
    at = np.concatenate([scene.bunches[:, 0] + k * period for k in range(-4, 5)])
    rise = np.tile(scene.bunches[:, 1], 9)
    per_period = scene.bunches[:, 1].sum()
    for q in np.random.default_rng(1).uniform(-period, period, 300):
        below = (rise * 0.5 * (1.0 + np.tanh((q - at) / kernel.RISER_HALF_WIDTH_NM))).sum() - 4 * per_period
        wanted = per_period * q / period - below
        assert kernel.train_profile(q, scene.bunches, period) == pytest.approx(wanted, abs=1e-6)
    assert n == 64


def test_a_riser_is_as_steep_as_its_height_over_twice_its_half_width(scene: CopperRedox) -> None:
    position, height, _ = scene.bunches[20]
    mean_slope = scene.bunches[:, 1].sum() / scene.period_nm
    d = 1e-3
    profile = [kernel.train_profile(position + s * d, scene.bunches, scene.period_nm) for s in (-1, 1)]
    slope = (profile[1] - profile[0]) / (2 * d)
    assert slope == pytest.approx(mean_slope - height / (2 * kernel.RISER_HALF_WIDTH_NM), rel=1e-5)


def test_spiral_is_single_valued_and_turns_once_per_spacing(scene: CopperRedox) -> None:
    hill = scene.hills[0]
    angle = np.linspace(-np.pi, np.pi, 2001)
    for radius in (20.0, 75.0, 300.0):
        x, y = hill[0] + radius * np.cos(angle), hill[1] + radius * np.sin(angle)
        h = np.array([kernel._spiral(a, b, 10.0, scene.hills, 0) for a, b in zip(x, y, strict=True)])
        assert h[0] == pytest.approx(h[-1], abs=1e-9)
        assert np.abs(np.diff(h)).max() < 0.7 * radius * (angle[1] - angle[0])
    for x, y in np.random.default_rng(2).uniform(-400, 400, (50, 2)):
        one = kernel._spiral(x, y, 3.0, scene.hills, 0)
        assert kernel._spiral(x, y, 3.0 + hill[4], scene.hills, 0) == pytest.approx(one, abs=1e-9)


def test_spiral_step_advances_outwards_by_the_shift(scene: CopperRedox) -> None:
    """Along the direction in which the spiral is circular the riser moves as far as the steps of the train do."""
    hill = scene.hills[0]
    angle = math.pi / 8.0
    r = np.linspace(200.0, 200.0 + hill[4], 4001)

    def riser(shift: float) -> float:
        h = [kernel._spiral(hill[0] + a * math.cos(angle), hill[1] + a * math.sin(angle), shift, scene.hills, 0)
             for a in r]  # fmt: skip
        return float(r[np.argmin(np.gradient(h, r))])

    moved = (riser(30.0) - riser(10.0)) % hill[4]
    assert moved == pytest.approx(20.0, abs=0.3)


def test_envelope_leaves_out_only_what_lies_below(scene: CopperRedox) -> None:
    """The same maxima without any shortcut."""
    for x, y in np.random.default_rng(3).uniform(-1100, 1100, (3000, 2)):
        wanted = -1e30
        for k in range(len(scene.hills)):
            wanted = kernel._upper(wanted, kernel._spiral(x, y, 5.0, scene.hills, k), kernel.MEETING_NM)
        wanted = kernel._upper(wanted, kernel._train(x, y, 5.0, scene.bunches, scene.period_nm), kernel.MEETING_NM)
        got = kernel._crystal(x, y, 5.0, scene.bunches, scene.period_nm, scene.train_range, scene.hills)
        assert got == pytest.approx(wanted, abs=1e-9)


def test_roughness_is_the_spline_that_scipy_evaluates(scene: CopperRedox) -> None:
    x, y = np.random.default_rng(4).uniform(-4000, 4000, (2, 200))
    at = np.stack([y, x]) / kernel.ROUGHNESS_STEP_NM
    wanted = map_coordinates(scene.roughness, at, order=3, mode="grid-wrap", prefilter=False)
    got = [kernel._spline(a, b, scene.roughness) for a, b in zip(x, y, strict=True)]
    assert got == pytest.approx(wanted, abs=1e-9)


def test_facets_have_their_angle(scene: CopperRedox) -> None:
    """Half way down a side of an isolated pyramid."""
    island = scene.islands[:1].copy()
    top, height = island[0, 3], island[0, 4]
    d = top + 0.5 * height / kernel.TAN_FACET
    x, y = island[0, 0] + d * island[0, 5], island[0, 1] + d * island[0, 6]
    step = 0.01
    ahead = kernel._island(x + step * island[0, 5], y + step * island[0, 6], 1.0, island, 0)
    angle = math.degrees(math.atan((kernel._island(x, y, 1.0, island, 0) - ahead) / step))
    assert angle == pytest.approx(kernel.FACET_DEG, abs=0.01)


def test_oxide_grows_in_oxygen_and_lowers_the_yield(scene: CopperRedox) -> None:
    """Hydrogen ends at a full period, oxygen somewhat after half of one."""
    covered = []
    for t_s in (0.0, 8.0, 12.0, CopperRedoxOptions()):
        _, relative_yield, _ = grid(scene, t_s=t_s)
        assert relative_yield.min() >= kernel.OXIDE_YIELD - 1e-12 and relative_yield.max() == 1.0
        covered.append((relative_yield < 0.9).mean())
    assert covered[0] == pytest.approx(covered[2], abs=0.003), "only the steps around the islands have moved"
    assert covered[1] > 2 * covered[0]


def test_relief_is_plain_and_gentle(scene: CopperRedox) -> None:
    height, _, _ = grid(scene, 1001)
    slope = np.hypot(*np.gradient(height, 2.0))
    assert 50.0 < np.ptp(height) < 120.0
    assert np.degrees(np.arctan(slope.max())) < 38.0
    assert 20.0 < np.degrees(np.arctan(np.percentile(slope, 97))) < 35.0


def test_each_line_has_its_own_time_and_place(scene: CopperRedox) -> None:
    """A line alone is the same as among others."""
    random = np.random.default_rng(5)
    x0, y, t = random.uniform(-900, 0, 20), random.uniform(-900, 900, 20), random.uniform(0, 30, 20)
    together, _, _ = scene.lines(x0, 3.0, 50, y, t)
    for k in range(20):
        alone, _, _ = scene.lines(x0[k : k + 1], 3.0, 50, y[k : k + 1], t[k : k + 1])
        assert np.array_equal(alone[0], together[k])
    shifted, _, _ = scene.lines(x0 + 30.0, 3.0, 40, y, t)
    assert shifted == pytest.approx(together[:, 10:], abs=1e-9)


def test_steps_advance_as_the_gas_lets_them() -> None:
    gas = gas_program(12.0)
    for t_s in (0.5, 5.0, 6.5, 12.0, 31.0):
        wanted, _ = quad(lambda t: 1.0 - 0.75 * float(gas.oxygen(t)), 0.0, t_s, limit=200)
        assert float(gas.advanced_s(np.array(t_s))) == pytest.approx(wanted, abs=1e-4)
    assert STEP_SPEED_NM_S * float(gas.advanced_s(np.array(1.0))) == pytest.approx(STEP_SPEED_NM_S, rel=1e-3)


def test_oxide_coverage_solves_its_rate_equation() -> None:
    gas = gas_program(12.0)

    def rate(t: float, theta: np.ndarray) -> np.ndarray:
        o = float(gas.oxygen(t))
        return 0.6 * o * (1.0 - theta) - 0.45 * (1.0 - o) * theta

    t = np.linspace(0.0, 12.0, 25)
    start = float(gas.coverage(np.array(0.0)))
    solved = solve_ivp(rate, (0.0, 12.0, CopperRedoxOptions()), [start], t_eval=t, rtol=1e-8, atol=1e-10)
    assert gas.coverage(t) == pytest.approx(solved.y[0], abs=2e-3)
    assert solved.y[0, -1] == pytest.approx(start, abs=2e-3)


def test_side_values_have_units_and_follow_the_gas(scene: CopperRedox) -> None:
    assert set(scene.side(0.0)) == set(scene.side_units) == set(SIDE_UNITS)
    assert scene.side(0.0)["pressure_h2"] > 90.0 > 30.0 > scene.side(6.0)["pressure_h2"]
    assert scene.side(6.0)["pressure_o2"] > 20.0


@pytest.mark.parametrize("field_nm", [(64.0, 64.0), (500.0, 300.0), (9000.0, 9000.0)])
def test_any_field_can_be_laid_out(field_nm: tuple[float, float]) -> None:
    height, _, _ = grid(copper_redox(field_nm, 3, 12.0, CopperRedoxOptions()), 40, extent=min(field_nm))
    assert np.isfinite(height).all() and np.ptp(height) > 0


def test_seeds() -> None:
    one, same, other = (grid(build_scene("copper-redox", (900.0, 900.0), seed, 12.0))[0] for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_unknown_scene() -> None:
    with pytest.raises(InputError, match="copper-redox"):
        build_scene("gold-foil", (1.0, 1.0), 0, 1.0)
