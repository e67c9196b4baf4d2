"""The parts of `eclips4d bench viewer` on frames that are small: what they measure, not how fast it is."""

from __future__ import annotations

import importlib
import signal
import time
from functools import cache
from types import ModuleType

import numpy as np
import psutil
import pytest
from rich.console import Console

from eclips4d import storage
from eclips4d.pipeline.bench.speed.trial import Trial
from eclips4d.pipeline.bench.viewer import many_frames
from eclips4d.pipeline.bench.viewer.chain import watched
from eclips4d.pipeline.bench.viewer.context import ViewerContext
from eclips4d.pipeline.bench.viewer.many_frames import DISTINCT, write_run
from eclips4d.pipeline.bench.viewer.run import PARTS
from eclips4d.pipeline.plan_run import make_config

CONTEXT = ViewerContext(Console(quiet=True), seed=1, scale=0.01)


simulated_once = cache(many_frames.simulated)


@pytest.fixture(autouse=True)
def few_simulations(monkeypatch):
    """Every store is made of the same six frames, which are simulated once."""
    monkeypatch.setattr(many_frames, "simulated", lambda _size, frames, seed: simulated_once(64, frames, seed))


def part(name: str) -> ModuleType:
    return importlib.import_module(f"eclips4d.pipeline.bench.viewer.{name}.part")


def test_a_long_run_is_a_few_frames_again_and_again_and_takes_their_room(tmp_path):
    path = tmp_path / "run.zarr"
    write_run(path, 3 * DISTINCT + 1, 64, seed=1)
    run = storage.open(path)
    assert storage.summary(path).ended
    assert run.sizes["time"] == 3 * DISTINCT + 1
    assert (np.diff(run["time"].values) > 0).all()
    for name in ("raw", "height", "slope", "trust"):
        images = run[name].values
        np.testing.assert_array_equal(images[DISTINCT:], images[:-DISTINCT])
        assert len({file.stat().st_ino for file in (path / name).glob("c.*")}) == DISTINCT
    assert any(not np.array_equal(run["raw"][0], run["raw"][k]) for k in range(1, DISTINCT))


TIMED = ("slider", "reading", "painting", "start", "remote")


def test_every_part_can_be_asked_for():
    assert set(PARTS) == {*TIMED, "chain", "remote", "soak"}
    assert all(hasattr(part(name), "rows") for name in PARTS)


@pytest.mark.parametrize("name", TIMED)
def test_each_part_measures(name, monkeypatch):
    module = part(name)
    monkeypatch.setattr(module, "SIZE_PX", 64)
    rows = module.rows(CONTEXT)
    assert len({row.table for row in rows}) == 1
    assert all(np.isfinite(row.value) and row.value > 0 for row in rows)


@pytest.mark.parametrize(("name", "bars"), [("slider", 8), ("reading", 0), ("painting", 4), ("start", 1)])
def test_what_is_demanded(name, bars, monkeypatch):
    module = part(name)
    told = {
        "slider": {kind: [(1e3, 1.0)] * 3 for kind in ("jumps", "dragged", "one by one", "back")},
        "reading": {"way": [1.0]},
        "painting": {"whole": [(1e2, 1e3)] * 3, "small": [(1e2, 1e3)] * 3},
    }
    monkeypatch.setattr(module, "write_run", lambda *_: None)
    monkeypatch.setattr(module, "make_pyramids", lambda *_: None, raising=False)
    monkeypatch.setattr(module, "told", lambda *_: told[name], raising=False)
    monkeypatch.setattr(module, "_started", lambda *_: (1e3, 1.0), raising=False)
    rows = module.rows(CONTEXT)
    assert [row.met for row in rows if row.met is not None] == [False] * bars


def test_a_short_soak_leaves_nothing_behind(monkeypatch):
    module = part("soak")
    monkeypatch.setattr(module, "SIDE_PX", 64)
    rows = module.rows(CONTEXT)
    assert rows[0].value == 50
    assert [row.met for row in rows[1:]] == [True] * 3


def a_trial(fps, frames=60, *, gaps=0, lag_s=0.1, carries=None):
    """Of a chain that settles so many frames per second of those that are offered."""
    behind_s = np.arange(frames) * (1 / (carries or fps) - 1 / fps)
    return Trial(fps, gaps, lag_s, 1e3 * (0.2 + behind_s))


def test_the_rate_that_is_carried_is_that_of_the_chain_and_not_that_of_the_source():
    assert a_trial(5.0).carried_fps == pytest.approx(5.0)
    assert a_trial(5.0, carries=4.0).carried_fps == pytest.approx(4.0)
    lost = a_trial(5.0, carries=4.0)
    lost.latency_ms[::3] = np.nan
    assert lost.carried_fps == pytest.approx(4.0 * 2 / 3, rel=0.05)
    assert a_trial(5.0, 1).carried_fps == 0.0


@pytest.mark.parametrize(
    "together, shown, gaps, ended_s, verdicts",
    [
        (4.5, 3.2, 0, 0.4, [True] * 10),
        (4.0, 2.9, 3, 1.2, [False, False, False, False, True, False, True, False, True, False]),
    ],
)
def test_what_a_window_may_cost(together, shown, gaps, ended_s, verdicts, monkeypatch):
    module = part("chain")

    def trial(size, fps, seconds, beside=None, **settings):
        if seconds != module.PAIR_SECONDS:
            beside.args[0].ended_s = ended_s
            return a_trial(fps, gaps=gaps)
        if beside is not None:
            beside.args[0].counts += [(float(at), round(shown * at)) for at in range(1, 60)]
        return a_trial(fps, carries=5.0 if beside is None else together)

    monkeypatch.setattr(module, "highest_rate", lambda *_: (a_trial(4.9), 5.2))
    monkeypatch.setattr(module, "trial", trial)
    rows = module.rows(CONTEXT)
    assert [row.met for row in rows if row.met is not None] == verdicts
    assert {row.table for row in rows} == {module.COST, module.SAFE}
    cost = next(row.value for row in rows if row.what.startswith("cost"))
    assert cost == pytest.approx(100 * (1 - together / 5.0))


def test_a_chain_that_carries_nothing_tells_no_cost(monkeypatch):
    module = part("chain")
    monkeypatch.setattr(module, "highest_rate", lambda *_: (a_trial(4.9), 5.2))
    monkeypatch.setattr(module, "trial", lambda size, fps, *_, **__: a_trial(fps, 1))
    cost = next(row for row in module.rows(CONTEXT) if row.target == "≤ 15.0")
    assert np.isnan(cost.value) and cost.met is False


def test_what_a_window_shows_is_counted_within_the_time_that_is_measured():
    seen = watched.Watched()
    assert seen.rate(0.0, 10.0) == 0.0
    seen.counts += [(at / 10, 0 if at < 50 else 5 + 3 * (at - 50)) for at in range(200)]
    assert seen.rate(1.0, 9.0) == pytest.approx(30.0)


def test_a_watched_run_has_a_window_that_is_up_can_be_stopped_and_is_gone_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr(watched, "DISTURBED_AFTER_S", 0.5)
    seen = watched.Watched()
    config = make_config("sim://flood?size=64&frames=1", tmp_path / "none.zarr", tmp_path)
    with watched.watched(seen, config, signal.SIGSTOP):
        process = psutil.Process().children()[-1]
        end = time.monotonic() + 30
        while process.status() != psutil.STATUS_STOPPED and time.monotonic() < end:
            time.sleep(0.05)
        assert process.status() == psutil.STATUS_STOPPED
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    assert seen.counts and seen.counts[-1][1] == 0, "there was nothing to show"


def test_a_window_that_is_told_to_close_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(watched, "DISTURBED_AFTER_S", 0.5)
    seen = watched.Watched()
    assert seen.ended_s == np.inf
    config = make_config("sim://flood?size=64&frames=1", tmp_path / "none.zarr", tmp_path)
    with watched.watched(seen, config, signal.SIGTERM):
        process = psutil.Process().children()[-1]
        process.wait(60)
    assert 0.0 < seen.ended_s < np.inf
