"""The chain on a simulated microscope with faults: it ends by itself, counts each of them, and changes no frame."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from eclips4d.acquisition.accountant import FrameAccountant
from eclips4d.acquisition.fakes import FakeSource
from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.acquisition.source import Health
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.source_watch import EVERY_S, SourceWatch

pytestmark = pytest.mark.timeout(400)
FRAMES = 40
PLANNED = "lost:2@3,duplicate:1@7,late:1@9,late:4@12,corrupt:1@20,reconnect:0.2@24,stall:1@30,duplicate:2@39"
GAPS = {3, 4, 12, 20, 24, 25, 26, 27}
ADDRESS = f"sim://copper-redox?size=48&fps=20&frames={FRAMES}&seed=3"


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("faulty") / "run.zarr"
    assert main(["run", f"{ADDRESS}&faults={PLANNED}", "--out", str(store), "--no-view"]) == 0
    return store


def test_every_frame_that_came_is_committed_unchanged(faulty: Path) -> None:
    undisturbed = simulated_microscope(ADDRESS)
    with xr.open_zarr(faulty) as data:
        assert data.sizes["time"] == FRAMES
        status = data["status"].values
        assert set(np.flatnonzero(status & 2)) == GAPS
        np.testing.assert_array_equal(data["frame_id"].values, np.arange(FRAMES))
        for k in set(range(FRAMES)) - GAPS:
            assert status[k] & (1 | 32), f"frame {k} is neither inverted nor deferred"
            np.testing.assert_array_equal(data["raw"].values[k], undisturbed.frame(k).data, err_msg=f"frame {k}")


def test_every_fault_is_an_event(faulty: Path) -> None:
    events = [json.loads(line) for line in (faulty / "events.jsonl").read_text().splitlines()]

    def counted(word: str) -> int:
        return sum(e["count"] for e in events if word in e["event"])

    assert sum(e["gaps"] for e in events if "gaps" in e) == len(GAPS)
    assert counted("twice") == 1 + 2
    assert counted("put back in order") == 1
    assert counted("too late") == 1
    assert counted("damaged") == 1
    assert counted("came back") == 1
    (silence,) = [e["seconds"] for e in events if "silent" in e["event"]]
    assert silence == pytest.approx(1.0, abs=0.3)


def test_the_last_line_counts_them(faulty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(faulty)]) == 0
    said = capsys.readouterr().out
    assert f"{len(GAPS)} gap" in said and "duplicate dropped" in said


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_watch_tells_each_thing_once() -> None:
    clock, accountant = Clock(), FrameAccountant()
    watch = SourceWatch(accountant, 0.1, clock)
    fake = FakeSource(9)
    for k in (0, 0, 2, 1):
        list(accountant.take(fake.frame(k)))
        watch.heard()
    health = Health(state="running", lost=3, damaged=2)
    assert watch.news(health) == [], "not its turn yet"
    clock.now = EVERY_S
    told = {remark.what.split()[1]: remark.values["count"] for remark in watch.news(health)}
    assert told == {"arrived": 2, "came": 1, "found": 1}
    clock.now += EVERY_S
    assert watch.news(health) == []
    watch.heard()
    (silence,) = watch.news(health, all_of_it=True)
    assert silence.values == {"seconds": 2.0}


def test_silence_means_nothing_where_frames_may_wait() -> None:
    clock = Clock()
    watch = SourceWatch(FrameAccountant(), None, clock)
    for clock.now in (0.0, 100.0):
        watch.heard()
    assert watch.news(Health(state="running"), all_of_it=True) == []
