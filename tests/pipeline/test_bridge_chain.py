"""The whole chain behind a bridge: whatever is killed on either side, each frame that was pushed is there once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import numpy as np
import psutil
import pytest
import xarray as xr
import zmq

from eclips4d.acquisition.fakes import INSTRUMENT_TOML
from eclips4d.storage.reader import summary

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
FRAMES, FIRST_BRIDGE, SECOND_RUN, SIZE = 80, 50, 65, 48
SITE = """
import os, sys, time, numpy
sys.path.insert(0, sys.argv[1])
from eclips4d_bridge import Bridge
address, folder, first, last = sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
bridge = Bridge(address, folder)
for k in range(first, last):
    while k == {second_run} and not os.path.exists(sys.argv[6]):
        time.sleep(0.01)
    now_s = time.time()
    assert bridge.push(numpy.random.RandomState(k).poisson(500, (4, 48, 48)).astype("uint16"), now_s - 0.02, now_s)
    print(k, flush=True)
    time.sleep(0.03)
if last > {first_bridge}:
    sys.exit(bridge.close(60.0))
time.sleep(600)
""".replace("{first_bridge}", str(FIRST_BRIDGE)).replace("{second_run}", str(SECOND_RUN))
"""The last frames are pushed when a second run was begun: without it none could come."""


def until(look: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 100
    while not look():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def recorded(store: Path) -> int:
    return summary(store).recorded if (store / "zarr.json").exists() else 0


def kill_stage(run: subprocess.Popen[bytes], name: str) -> None:
    for child in psutil.Process(run.pid).children():
        with suppress(psutil.NoSuchProcess):
            if name in child.cmdline():
                child.kill()


def site(folder: Path, address: str, first: int, last: int) -> subprocess.Popen[bytes]:
    """A program as a site would write it, on the microscope's computer; its interpreter may be an older one."""
    where = str(files("eclips4d.acquisition.bridge"))
    words = [where, address, str(folder / "kept"), str(first), str(last), str(folder / "second-run")]
    interpreter = os.environ.get("ECLIPS4D_BRIDGE_PYTHON", sys.executable)
    with (folder / "pushed").open("ab") as pushed:
        return subprocess.Popen([interpreter, "-c", SITE, *words], stdout=pushed)


def pushed_by_now(folder: Path) -> int:
    return len((folder / "pushed").read_text().split())


def test_kills_on_either_side_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        port = socket.bind_to_random_port("tcp://127.0.0.1")
    store, instrument = tmp_path / "run.zarr", tmp_path / "instrument.toml"
    instrument.write_text(INSTRUMENT_TOML)
    source = f"bridge://127.0.0.1:{port}?width={SIZE}&height={SIZE}&fps=30"
    asked = ["--instrument", str(instrument), "--out", str(store), "--no-view", "--record-only"]
    command = [sys.executable, "-m", "eclips4d.pipeline", "run", source, *asked]
    first = site(tmp_path, f"tcp://127.0.0.1:{port}", 0, FIRST_BRIDGE)
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    processes = [first, run]
    try:
        until(lambda: recorded(store) > 10, "the first frames")
        kill_stage(run, "acquisition")
        until(lambda: pushed_by_now(tmp_path) == FIRST_BRIDGE, "frames of the first bridge")
        first.kill()
        first.wait()
        second = site(tmp_path, f"tcp://127.0.0.1:{port}", FIRST_BRIDGE, FRAMES)
        processes.append(second)
        kill_stage(run, "storage")
        until(lambda: recorded(store) > 60, "frames after storage and the bridge were killed")
        run.send_signal(signal.SIGINT)
        assert run.wait(60) == 130
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        processes.append(run)
        (tmp_path / "second-run").touch()
        assert second.wait(100) == 0, "frames stayed with the bridge"
        run.send_signal(signal.SIGINT)
        assert run.wait(60) == 130
    finally:
        for process in processes:
            if process.poll() is None:
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
            process.kill()
            process.wait()
    with xr.open_zarr(store) as data:
        assert data.sizes["time"] == FRAMES
        np.testing.assert_array_equal(data["frame_id"].values, np.arange(FRAMES))
        assert (np.diff(data["time"].values) > 0).all()
        for k, raw in enumerate(data["raw"].values):
            np.testing.assert_array_equal(raw, np.random.RandomState(k).poisson(500, (4, SIZE, SIZE)), err_msg=str(k))
    assert not list((tmp_path / "kept").glob("*.frame"))
