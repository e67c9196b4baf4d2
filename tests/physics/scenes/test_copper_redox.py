"""The copper scene against closed forms, brute force and independent solvers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.ndimage import map_coordinates
from scipy.special import erf

from eclips4d.core.errors import InputError
from eclips4d.physics.scenes import build_scene
from eclips4d.physics.scenes import copper_redox_kernel as kernel
from eclips4d.physics.scenes.bcf.radial import phase_at, steady_spiral
from eclips4d.physics.scenes.copper_redox import CopperRedox, CopperRedoxOptions, copper_redox
from eclips4d.physics.scenes.gas import SIDE_UNITS, gas_program
from eclips4d.physics.scenes.islands import OXIDE_YIELD
from eclips4d.physics.scenes.profile import upper
from eclips4d.physics.scenes.tile import along_row, tile_row
from eclips4d.physics.scenes.train import ELEMENTARY_NM, RISER_HALF_WIDTH_NM, train_height


@pytest.fixture(scope="module")
def scene() -> CopperRedox:
    return copper_redox((2400.0, 2400.0), 1, 12.0, CopperRedoxOptions())


def grid(scene: CopperRedox, count: int = 160, t_s: float = 0.0, extent: float = 2000.0):
    y = np.linspace(-extent / 2, extent / 2, count)
    return scene.lines(np.full(count, -extent / 2), extent / (count - 1), count, y, np.full(count, t_s))


def train(scene: CopperRedox, q: float) -> float:
    return train_height(q, scene.train.table, len(scene.train.bunches))[0]


def test_step_train_is_the_sum_of_its_risers(scene: CopperRedox) -> None:
    """Brute force: every riser of five periods, minus the mean slope."""
    (position, height), period = scene.train.bunches.T, scene.train.period_nm
    elementary = round(period / 48.0)
    at = np.concatenate([position + k * period for k in range(-2, 3)])
    rise = np.tile(height, 5)
    single = np.arange(-2 * elementary, 3 * elementary) * period / elementary
    mean = (height.sum() + elementary * ELEMENTARY_NM) / period

    def formula(q: float) -> float:
        bunched = (rise * 0.5 * (1.0 + np.tanh((q - at) / RISER_HALF_WIDTH_NM))).sum()
        return mean * q - bunched - (ELEMENTARY_NM * 0.5 * (1.0 + erf((q - single) / (math.sqrt(2.0) * 2.5)))).sum()

    zero = train(scene, 0.0) - formula(0.0)
    for q in np.random.default_rng(1).uniform(-period, period, 300):
        assert train(scene, q) == pytest.approx(formula(q) + zero, abs=1e-4)


def test_a_riser_is_as_steep_as_its_height_over_twice_its_half_width(scene: CopperRedox) -> None:
    position, height = scene.train.bunches[20]
    steepest = min(
        (train(scene, position + s + 0.01) - train(scene, position + s)) / 0.01 for s in np.arange(-4, 4, 0.1)
    )
    assert steepest == pytest.approx(-height / (2 * RISER_HALF_WIDTH_NM), rel=0.25)
    assert len(scene.train.bunches) == 64


def test_every_point_knows_its_nearest_bunch(scene: CopperRedox) -> None:
    position, period, n = scene.train.bunches[:, 0], scene.train.period_nm, len(scene.train.bunches)
    at = np.concatenate([position + k * period for k in range(-2, 3)])
    for q in np.random.default_rng(6).uniform(-period, period, 300):
        _, number, off = train_height(q, scene.train.table, n)
        k = np.abs(q - at).argmin()
        if np.sort(np.abs(q - at))[:2] @ [-1, 1] > 2.0:
            assert number == k - 2 * n and off == pytest.approx(q - at[k], abs=1e-9)


def spiral(scene: CopperRedox, dx: float, dy: float, shift: float, rough: bool = False) -> float:
    row = scene.roughness[0] if rough else np.zeros(512)
    return kernel._spiral(dx, dy, shift, scene.hills, 0, scene.phase, 0.0, row)


@pytest.mark.parametrize("rough", [False, True])
def test_spiral_is_single_valued_and_turns_once_per_spacing(scene: CopperRedox, rough: bool) -> None:
    angle = np.linspace(-np.pi, np.pi, 4001)
    for radius in (20.0, 75.0, 300.0):
        h = np.array([spiral(scene, radius * np.cos(a), radius * np.sin(a), 10.0, rough) for a in angle])
        assert h[0] == pytest.approx(h[-1], abs=1e-9)
        assert np.abs(np.diff(h)).max() < 0.7 * radius * (angle[1] - angle[0])
    for x, y in np.random.default_rng(2).uniform(-400, 400, (50, 2)):
        assert spiral(scene, x, y, 3.0 + 150.0) == pytest.approx(spiral(scene, x, y, 3.0), abs=1e-9)


def test_spiral_step_advances_outwards_by_the_shift(scene: CopperRedox) -> None:
    """Far out, where a step hardly bends, it moves as far as the steps of the train do."""
    r = np.linspace(400.0, 550.0, 4001)

    def riser(shift: float) -> float:
        return float(r[np.argmin(np.gradient([spiral(scene, a, 0.0, shift) for a in r], r))])

    assert (riser(30.0) - riser(10.0)) % 150.0 == pytest.approx(20.0, rel=0.03)


def test_the_spirals_step_lies_where_theory_puts_it(scene: CopperRedox) -> None:
    """phi(r) − theta is a whole turn at the steepest place."""
    critical = 150.0 / steady_spiral().spacing
    r = np.linspace(200.0, 340.0, 2001)
    h = np.array([spiral(scene, a, 0.0, 0.0) for a in r])
    at = r[np.argmin(np.gradient(h, r))]
    turns = 0.15 - float(phase_at(np.array([at / critical]))[0]) / (2.0 * np.pi)
    assert turns == pytest.approx(round(turns), abs=0.01)


def test_envelope_leaves_out_only_what_lies_below(scene: CopperRedox) -> None:
    """The same maxima without any shortcut."""
    row = scene.roughness[7].copy()
    n = len(scene.train.bunches)
    for x, y in np.random.default_rng(3).uniform(-1100, 1100, (3000, 2)):
        wanted, cells = -1e30, x / kernel.ROUGHNESS_STEP_NM
        for k, hill in enumerate(scene.hills):
            one = kernel._spiral(x - hill[0], y - hill[1], 5.0, scene.hills, k, scene.phase, cells, row)
            wanted = upper(wanted, one, kernel.MEETING_NM)
        q = x * kernel.FLOW_COS + y * kernel.FLOW_SIN + 4.0 - 5.0
        wanted = upper(wanted, kernel._train(q, cells, scene.train.table, n, row), kernel.MEETING_NM)
        layout = (scene.train.table, n, scene.train_range, scene.hills, scene.phase, row)
        assert kernel.crystal(x, y, 4.0, 5.0, *layout) == pytest.approx(wanted, abs=1e-9)


def test_roughness_is_the_spline_that_scipy_evaluates(scene: CopperRedox) -> None:
    x, y = np.random.default_rng(4).uniform(-800, 800, (2, 200))
    wanted = map_coordinates(scene.roughness, np.stack([y, x]), order=3, mode="grid-wrap", prefilter=False)
    row = np.empty(512)
    for a, b, value in zip(x, y, wanted, strict=True):
        tile_row(b, scene.roughness, row)
        assert along_row(a, row) == pytest.approx(value, abs=1e-9)


def test_roughness_stays_until_a_step_passes() -> None:
    """Without particles and islands a terrace only moves with its step; the plane between two steps stays as it is."""
    smooth, bare = (
        build_scene("copper-redox", (900.0, 900.0), 2, 1e6, islands_per_um2=0.0, roughness_nm=rms) for rms in (0.0, 0.6)
    )

    def roughness(t_s: float) -> np.ndarray:
        y = np.linspace(-400.0, 400.0, 80)
        args = (np.full(80, -400.0), 10.0, 80, y, np.full(80, t_s))
        return bare.lines(*args).height - smooth.lines(*args).height

    before, soon, later = roughness(0.0), roughness(0.5), roughness(33.0)
    kept = np.isclose(before, soon, atol=1e-6)
    assert kept.mean() > 0.5, "only near the steps, which have gone 3 nm, anything is new"
    assert np.corrcoef(before.ravel(), later.ravel())[0, 1] < 0.35, "steps have gone by nearly everywhere"
    assert 0.3 < before.std() < 0.7


def island_slopes(scene: CopperRedox, k: int) -> np.ndarray:
    """Slope angles on a fine grid over one island in full oxygen, from differences of heights well inside a facet."""
    x, y = scene.islands[k, :2]
    at = y + np.arange(-60.0, 60.0, 0.5)
    n = len(at)
    made = scene.lines(np.full(n, x - 60.0), 0.5, n, at, np.full(n, 7.5))
    inner = np.array([np.roll(made.grain == k + 1, s, a) for a in (0, 1) for s in (-2, 2)]).all(axis=0)
    q, p = np.gradient(made.height, 0.5)
    curved = np.hypot(np.gradient(p, axis=1), np.gradient(q, axis=0))
    return np.degrees(np.arctan(np.hypot(p, q)))[inner & (curved < 1e-4)]


def test_islands_show_a_flat_top_and_both_families_of_facets() -> None:
    scene = copper_redox((2400.0, 2400.0), 1, 12.0, CopperRedoxOptions(particles_per_um2=1e-9))
    found = np.concatenate([island_slopes(scene, k) for k in range(6)])
    angles = np.array([0.0, 45.0, math.degrees(math.atan(math.sqrt(2.0)))])
    away = np.abs(found[:, None] - angles).min(axis=1)
    assert np.percentile(away, 99) < 0.05
    assert all((np.abs(found - angle) < 0.05).sum() > 50 for angle in angles)


def test_oxide_grows_in_oxygen_and_lowers_the_yield(scene: CopperRedox) -> None:
    """Hydrogen ends at a full period, oxygen somewhat after half of one."""
    covered = []
    for t_s in (0.0, 8.0, 12.0):
        _, relative_yield, _ = grid(scene, t_s=t_s)
        assert relative_yield.min() >= OXIDE_YIELD and relative_yield.max() == 1.0
        covered.append((relative_yield < 0.9).mean())
    assert covered[0] == pytest.approx(covered[2], abs=0.003), "only the steps around the islands have moved"
    assert covered[1] > 2 * covered[0]


def test_relief_is_plain_and_mostly_gentle(scene: CopperRedox) -> None:
    height, _, _ = grid(scene, 1001)
    slope = np.hypot(*np.gradient(height, 2.0))
    assert 50.0 < np.ptp(height) < 120.0
    assert np.degrees(np.arctan(np.percentile(slope, 99))) < 56.0
    assert 15.0 < np.degrees(np.arctan(np.percentile(slope, 97))) < 35.0


def test_each_line_has_its_own_time_and_place(scene: CopperRedox) -> None:
    """A line alone is the same as among others."""
    random = np.random.default_rng(5)
    x0, y, t = random.uniform(-900, 0, 20), random.uniform(-900, 900, 20), random.uniform(0, 30, 20)
    together, _, _ = scene.lines(x0, 3.0, 50, y, t)
    for k in range(20):
        alone, _, _ = scene.lines(x0[k : k + 1], 3.0, 50, y[k : k + 1], t[k : k + 1])
        assert np.array_equal(alone[0], together[k])
    shifted, _, _ = scene.lines(x0 + 30.0, 3.0, 40, y, t)
    assert shifted == pytest.approx(together[:, 10:], abs=1e-6)


def test_steps_advance_as_the_gas_lets_them() -> None:
    gas = gas_program(12.0)
    for t_s in (0.5, 5.0, 6.5, 12.0, 31.0):
        wanted, _ = quad(lambda t: 1.0 - 0.75 * float(gas.oxygen(t)), 0.0, t_s, limit=200)
        assert float(gas.advanced_s(np.array(t_s))) == pytest.approx(wanted, abs=1e-4)


def test_oxide_coverage_solves_its_rate_equation() -> None:
    gas = gas_program(12.0)

    def rate(t: float, theta: np.ndarray) -> np.ndarray:
        o = float(gas.oxygen(t))
        return 0.6 * o * (1.0 - theta) - 0.45 * (1.0 - o) * theta

    t = np.linspace(0.0, 12.0, 25)
    start = float(gas.coverage(np.array(0.0)))
    solved = solve_ivp(rate, (0.0, 12.0), [start], t_eval=t, rtol=1e-8, atol=1e-10)
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
