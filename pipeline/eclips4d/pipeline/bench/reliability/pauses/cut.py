"""The network between the microscope's host and the store's is cut for a while, at full load."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eclips4d.core.results import Status
from eclips4d.pipeline.bench.reliability.chain import pause, until
from eclips4d.pipeline.bench.reliability.pauses.proxy import Net, free_port, proxy
from eclips4d.pipeline.config import Endpoints, RunConfig, to_toml
from eclips4d.storage.reader import open as open_store
from eclips4d.storage.reader import summary

FRAMES_PER_S, SIZE = 12.0, 1024
"""Of 8.4 MB: 100 MB/s."""
BEFORE_S, AFTER_S = 8.0, 12.0
SPILL_BYTES = 8 << 30


@dataclass(frozen=True, slots=True)
class Cut:
    """How it went; `caught_up_s` from the network's return to the last frame being durable."""

    code: int
    frames: int
    gaps: int
    out_of_order: int
    megabytes_per_s: float
    caught_up_s: float


def cut(how: Net, seconds: float, folder: Path) -> Cut:
    """Record over a network that is away for so long."""
    frames = round((BEFORE_S + seconds + AFTER_S) * FRAMES_PER_S)
    source = f"sim://flood?size={SIZE}&fps={FRAMES_PER_S:g}&frames={frames}"
    port = free_port()
    with proxy(port) as network:
        here = _config(folder, source, f"tcp://127.0.0.1:{port}")
        there = _config(folder, source, f"tcp://127.0.0.1:{network.port}")
        with _stage("storage", here, folder) as storage, _stage("acquisition", there, folder) as acquisition:
            until(lambda: _recorded(here.out) > 0 or storage.poll() is not None, "first frame")
            began, passed = time.monotonic(), network.passed
            pause(BEFORE_S)
            rate = (network.passed - passed) / (time.monotonic() - began) / 1e6
            network.net = how
            pause(seconds)
            network.net = Net.UP
            back = time.monotonic()
            until(lambda: _recorded(here.out) >= frames or storage.poll() is not None, "last frame", 600.0)
            caught_up = time.monotonic() - back
            code = storage.wait(120) or acquisition.wait(120)
    with open_store(here.out) as data:
        status, numbers = data["status"].values, data["frame_id"].values
        gaps = int((status & Status.GAP).astype(bool).sum()) + frames - len(status)
        return Cut(code, frames, gaps, int((np.diff(numbers) != 1).sum()), rate, caught_up)


def _config(folder: Path, source: str, hub: str) -> RunConfig:
    return RunConfig(
        run_id="cut",
        source=source,
        out=folder / "run.zarr",
        endpoints=Endpoints(hub=hub, surfaces=f"ipc://{folder}/surfaces", notices=f"ipc://{folder}/notices"),
        record_only=True,
        spill_dir=folder / "spill",
        spill_bytes=SPILL_BYTES,
    )


@contextmanager
def _stage(name: str, config: RunConfig, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    file = folder / f"{name}.toml"
    file.write_text(to_toml(config), encoding="utf-8")
    command = [sys.executable, "-m", "eclips4d.pipeline", "stage", name, "--config", str(file)]
    with (folder / f"{name}.txt").open("ab") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _recorded(store: Path) -> int:
    return summary(store).recorded if (store / "zarr.json").exists() else 0
