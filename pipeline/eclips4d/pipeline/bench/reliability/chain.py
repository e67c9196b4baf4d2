"""A run as a process of its own, its stages as they are found from outside, its store as a reader sees it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TypeVar

import numpy as np
import psutil
import xarray as xr

from eclips4d.core.errors import EclipsError, StageDiedError
from eclips4d.core.results import Status
from eclips4d.pipeline.commands.simulate import simulate
from eclips4d.storage.reader import summary

T = TypeVar("T")
STAGES = ("storage", "acquisition", "inference-0", "registration")
UNLIKE = "latency_ms"
"""The one array that depends on how a run went."""


@dataclass(frozen=True, slots=True)
class Chain:
    """One running `eclips4d run`."""

    process: subprocess.Popen[bytes]
    store: Path

    def stage(self, name: str) -> psutil.Process | None:
        """The living process of a stage."""
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.process.pid).children():
                with suppress(psutil.NoSuchProcess):
                    if name in child.cmdline():
                        return child
        return None

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> bool:
        """Signal a stage, or `everything` with the supervisor first; False when it is not there."""
        if name == "everything":
            return self.kill_everything()
        victim = self.stage(name)
        if victim is None:
            return False
        with suppress(psutil.NoSuchProcess):
            victim.send_signal(number)
            return True
        return False

    def kill_everything(self) -> bool:
        """SIGKILL for the supervisor and all its stages at once."""
        if self.ended:
            return False
        tree = [psutil.Process(self.process.pid)]
        tree += tree[0].children(recursive=True)
        for one in tree:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(tree[1:], timeout=10)
        self.process.wait()
        return True

    @property
    def ended(self) -> bool:
        """The command has returned."""
        return self.process.poll() is not None

    def counts(self) -> tuple[int, int]:
        """Frames committed and recorded, as a reader sees them."""
        with suppress(EclipsError, OSError, ValueError):
            held = summary(self.store)
            return held.committed, held.recorded
        return 0, 0


@contextmanager
def running(source: str, store: Path, *words: str) -> Iterator[Chain]:
    """The command, killed with all its stages when the block is left before it has ended."""
    command = [sys.executable, "-m", "eclips4d.pipeline", "run", source, "--out", str(store), "--no-view", *words]
    with (store.parent / "output.txt").open("ab") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    chain = Chain(process, store)
    try:
        yield chain
    finally:
        chain.kill_everything()


def until(look: Callable[[], T | None], what: str, seconds: float = 120.0) -> T:
    """Wait for something to become true.

    Raises
    ------
    StageDiedError
        It does not.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        pause(0.02)
    raise StageDiedError(f"no {what} within {seconds:.0f} s")


def pause(seconds: float) -> None:
    """Let others go on for so long."""
    Event().wait(seconds)


def completed(source: str, store: Path, *words: str, seconds: float = 300.0) -> int:
    """Run the command to its end; returns its exit code."""
    with running(source, store, *words) as chain:
        return chain.process.wait(seconds)


def small_recording(folder: Path, frames: int, period_s: float, size: int = 96, seed: int = 3) -> Path:
    """Frames of the simulated microscope as a recording."""
    path = folder / "small.ome.tif"
    simulate(f"copper-redox?fps={1 / period_s:g}", out=path, frames=frames, size=str(size), seed=seed)
    return path


def differences(one: Path, other: Path, *, deferred: bool = False) -> list[str]:
    """Arrays in which two stores differ, bit for bit, latencies apart.

    Parameters
    ----------
    deferred
        Frames of the second were deferred for a while, which `status` remembers: that bit is not compared.
    """
    with xr.open_zarr(one) as a, xr.open_zarr(other) as b:
        names = sorted({*map(str, a.variables), *map(str, b.variables)} - {UNLIKE})
        return [name for name in names if not _same(a, b, name, but=Status.DEFERRED if deferred else Status(0))]


def _same(a: xr.Dataset, b: xr.Dataset, name: str, but: Status) -> bool:
    if name not in a.variables or name not in b.variables:
        return False
    left, right = a[name].values, b[name].values
    if name == "status":
        left, right = left & (255 ^ int(but)), right & (255 ^ int(but))
    equal_nan = bool(np.issubdtype(left.dtype, np.floating))
    return left.shape == right.shape and bool(np.array_equal(left, right, equal_nan=equal_nan))
