"""A run on a SharkSEM microscope whose acquisition is killed, and whose microscope is away for a while."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
import xarray as xr

from eclips4d.acquisition.sharksem.fake import fake_of, query_of
from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.storage.reader import summary

pytestmark = [pytest.mark.slow, pytest.mark.timeout(800)]
SIMULATED = simulated_microscope("sim://copper-redox?size=32&fps=20&seed=3")
FRAMES = 120
LONGEST_S = 120.0


def until(true: Callable[[], object]) -> object:
    """Its first answer that is not nothing."""
    ends = time.monotonic() + LONGEST_S
    while time.monotonic() < ends:
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError("it never happened")


def recorded(store: Path) -> int:
    return summary(store).recorded if (store / "zarr.json").exists() else 0


def acquisition(run: subprocess.Popen[bytes]) -> psutil.Process | None:
    stages = psutil.Process(run.pid).children(recursive=True)
    return next((stage for stage in stages if "acquisition" in stage.cmdline()), None)


def test_frames_go_on_on_one_time_axis(tmp_path: Path) -> None:
    instrument, store = tmp_path / "fake.toml", tmp_path / "run.zarr"
    instrument.write_text(SIMULATED.instrument_toml)
    with fake_of(SIMULATED, loop=4) as fake:
        port = int(fake.address.rpartition(":")[2])
        address = f"sharksem://{fake.address}?{query_of(SIMULATED)}&frames={FRAMES}"
        options = ["--instrument", str(instrument), "--out", str(store), "--record-only", "--no-view"]
        run = subprocess.Popen([sys.executable, "-m", "eclips4d.pipeline", "run", address, *options])
        until(lambda: recorded(store) >= 10)
        stage = acquisition(run)
        assert stage is not None
        stage.kill()
        before = recorded(store)
        until(lambda: recorded(store) >= before + 20)
    away = recorded(store)
    with fake_of(SIMULATED, loop=4, port=port):
        assert run.wait(LONGEST_S) == 0
    with xr.open_zarr(store) as data:
        times, status = data["time"].values, data["status"].values
    assert len(times) == FRAMES > away
    assert (np.diff(times) > 0).all()
    assert np.count_nonzero(status & 2) <= 1, "the frame that was cut off, and none of those that nobody heard of"
    assert np.diff(times).max() > 0.2, "no stage is started again in less"
    events = [json.loads(line) for line in (store / "events.jsonl").read_text().splitlines()]
    assert any("acquisition: restarting" in event["event"] for event in events)
    assert sum(event.get("count", 0) for event in events if "came back" in event["event"]) == 1
