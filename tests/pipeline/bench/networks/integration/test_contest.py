"""Scores, the choice of parameters, verdicts and rows, on frames whose outcome is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from eclips4d.core.errors import InputError
from eclips4d.pipeline.bench.networks.integration import (
    cases,
    contest,
    faults,
    kept,
    part,
    pictures,
    scores,
    tables,
    timing,
)
from eclips4d.pipeline.bench.networks.integration.contenders import PEERS, Contender
from eclips4d.pipeline.bench.networks.integration.ours import integrator
from eclips4d.pipeline.bench.networks.integration.slopes import Slopes
from eclips4d.pipeline.bench.networks.slopes.scores import Interval

FRESH = kept.Kept(None)


def made(scene="hill", dose=1000.0, seed=0, size=32):
    """A case without a microscope: one hill, white noise."""
    y, x = np.mgrid[:size, :size] / size - 0.5
    height = 20.0 * np.exp(-(x**2 + y**2) / 0.05)
    q, p = np.gradient(height, 4.0)
    noise = np.random.default_rng(seed).standard_normal((2, size, size))
    sd = 3.0 / np.sqrt(dose)
    everywhere = np.ones((size, size), dtype=bool)
    slopes = Slopes(np.stack([p, q]) + sd * noise, np.full((size, size), sd), everywhere, (4.0, 4.0))
    return cases.Case(slopes, height, everywhere, True)


def perfect(worse=0.0):
    """An integrator that knows the truth but for waves of an amplitude."""
    return Contender("ours", lambda slopes: made(size=len(slopes.slope_sd)).height + worse * _wave(slopes.shape))


def _wave(shape):
    return np.cos(np.pi * (np.arange(shape[1]) + 0.5) * 2.0 / shape[1]) * np.ones((shape[0], 1))


@settings(deadline=None)
@given(st.floats(-3.0, 3.0), st.floats(-1.0, 1.0), st.integers(0, 100))
def test_scores_see_neither_mean_nor_plane_and_bands_add_up(mean, tilt, seed):
    random = np.random.default_rng(seed)
    truth, error = random.standard_normal((2, 40, 48))
    counted = random.random((40, 48)) > 0.1
    y, x = np.mgrid[:40, :48]
    plain = scores.score(truth + error, truth, counted)
    tilted = scores.score(truth + error + mean + tilt * x - tilt * y, truth, counted)
    assert tilted.rms == pytest.approx(plain.rms)
    assert np.hypot.reduce(plain.bands) == pytest.approx(plain.rms, rel=1e-6)


def test_waves_fall_in_their_bands_and_steps_are_scaled():
    x = np.arange(128) + 0.5
    truth = np.tile(np.where((x // 16) % 2, 3.0, 0.0), (128, 1))
    everywhere = np.ones(truth.shape, dtype=bool)
    for wavelength, band in ((64.0, 0), (25.6, 1), (8.0, 2)):
        wave = np.tile(np.cos(2.0 * np.pi * x / wavelength), (128, 1))
        found = scores.score(truth + wave, truth, everywhere)
        assert found.bands[band] == pytest.approx(np.sqrt(0.5), rel=0.05)
        assert found.rms == pytest.approx(np.sqrt(0.5), rel=0.05)
    assert scores.score(0.97 * truth, truth, everywhere).step == pytest.approx(-0.03)
    assert scores.score(np.full_like(truth, np.nan), truth, everywhere).rms == np.inf


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=9, unique=True), st.integers(-2, 12))
def test_climbing_ends_where_neighbours_are_worse(errors, start):
    rung = contest.climb(errors.__getitem__, len(errors), start)
    assert all(errors[k] >= errors[rung] for k in (rung - 1, rung + 1) if 0 <= k < len(errors))
    assert contest.climb(lambda k: abs(k - 6.0), 9, start) == 6


def waves(*amplitudes):
    return tuple({"wave": amplitude} for amplitude in amplitudes)


def test_parameters_are_chosen_on_the_truth():
    frames = [made(seed=seed) for seed in range(3)]
    known = Contender("known", lambda slopes, wave: made().height + wave * _wave(slopes.shape), (waves(3, 2, 1, 5),))
    entry = contest.enter(known, frames, FRESH)
    assert entry.parameters == {"wave": 1}
    assert entry.rms.shape == (3,)


def test_where_a_row_like_it_was_best_only_the_best_ladder_is_climbed():
    ladders = (waves(9, 4, 3), waves(8, 7, 2, 0.5))
    known = Contender("known", lambda slopes, wave: made().height + wave * _wave(slopes.shape), ladders)
    frames = [made(seed=seed) for seed in range(2)]
    first = contest.enter(known, frames, FRESH)
    assert (first.rungs, first.parameters) == ((2, 3), {"wave": 0.5})
    again = contest.enter(known, frames, FRESH, (0, 1))
    assert (again.rungs, again.parameters) == ((0, 3), {"wave": 0.5})


def test_verdicts():
    assert tables.within(Interval(0.9, 0.8, 0.95))
    assert tables.within(Interval(1.05, 0.99, 1.12))
    assert not tables.within(Interval(1.05, 1.02, 1.08))
    assert not tables.within(Interval(np.nan, np.nan, np.nan))


@pytest.fixture
def without_microscope(monkeypatch):
    monkeypatch.setattr(part, "case", made)
    monkeypatch.setattr(pictures, "case", made)
    monkeypatch.setattr(pictures, "SCENES", (("hill", 1000.0),))


def test_rows_say_who_is_best(without_microscope, monkeypatch):
    entrants = (*PEERS[:2], perfect(0.01))
    monkeypatch.setattr(tables, "LEAST_SEEDS", 3)
    found = part.all_contests(Console(quiet=True), 3, entrants, FRESH, ["hill"], (100.0, 1000.0), 96)
    rows = tables.rows_of(found, ["ours"])
    first = [row for row in rows if row.table == tables.AGAINST.format("ours")]
    assert len(first) == 2
    assert all(row.met and row.value < 0.5 for row in first)
    assert sum(row.table == tables.BAND.format("ours") for row in rows) == 6
    losers = part.all_contests(Console(quiet=True), 3, (*PEERS[:2], perfect(5.0)), FRESH, ["hill"], (1000.0,), 96)
    assert tables.rows_of(losers, ["ours"])[0].met is False
    monkeypatch.setattr(tables, "LEAST_SEEDS", 4)
    assert tables.rows_of(losers, ["ours"])[0].met is None
    timed = timing.rows_of(found[0], made(size=96), PEERS[0].name)
    assert timed[0].value == 1.0
    assert len(timed) == len(entrants)


def test_pictures_are_drawn(without_microscope, tmp_path):
    pictures.draw(tmp_path, [perfect()], FRESH)
    assert (tmp_path / "integrators-hill.png").stat().st_size > 10_000


def test_missing_weights_are_said_to_be_missing(tmp_path):
    with pytest.raises(InputError, match="no such weights"):
        integrator(str(tmp_path / "none.onnx"))


@pytest.mark.parametrize("fault", [faults.torn, faults.saturated])
def test_faults_are_reproducible_and_leave_most(fault):
    lost, _ = fault((64, 64), np.random.default_rng(3))
    again, _ = fault((64, 64), np.random.default_rng(3))
    np.testing.assert_array_equal(lost, again)
    assert 0.002 < lost.mean() < 0.3


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_frames_have_the_noise_they_say_and_lack_what_they_should():
    plain, torn, dazzled = (
        cases.case(scene, 1000.0, 0, 96) for scene in ("sharp steps", "torn steps", "dazzled steps")
    )
    ratio = [plain.slopes.unit, torn.slopes.unit]
    assert ratio[0] == pytest.approx(ratio[1], rel=0.02)
    assert plain.slopes.valid.mean() > 0.98
    assert np.isnan(torn.slopes.slope[:, ~torn.counted]).all()
    assert not torn.slopes.valid[~torn.counted].any()
    assert not dazzled.slopes.valid[~dazzled.counted].any()
    lsq = PEERS[0](plain.slopes, {})
    assert scores.score(lsq, plain.height, plain.counted).rms < 0.3 * plain.height.std()


def test_scores_of_peers_are_kept_those_of_networks_are_not(tmp_path):
    calls = []

    def integrate(slopes, wave):
        calls.append(wave)
        return made().height + wave * _wave(slopes.shape)

    lasting = Contender("lasting", integrate, (waves(1, 2),), lasting=True)
    first = kept.Kept(tmp_path)(lasting, {"wave": 2}, made())
    again = kept.Kept(tmp_path)(lasting, {"wave": 2}, made())
    assert first == again
    assert calls == [2]
    kept.Kept(tmp_path)(lasting, {"wave": 2}, made(seed=1))
    kept.Kept(tmp_path)(lasting, {"wave": 1}, made())
    assert calls == [2, 2, 1]
    for _ in range(2):
        kept.Kept(tmp_path)(Contender("network", integrate), {"wave": 3}, made())
    assert calls == [2, 2, 1, 3, 3]
