"""Processor time of whole runs of the chain, alone and beside each other, on recordings that wait for it."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from eclips4d.core.errors import StageDiedError
from eclips4d.core.results import Status
from eclips4d.pipeline.bench.scaling.trial import recorded_run
from eclips4d.storage import open as open_store

SIDE = 128


def processor_s(frames: Sequence[int], model: str, side: int = SIDE) -> float:
    """Processor seconds of all processes of runs that go on at once, of so many frames each; start and end as well.

    Raises
    ------
    StageDiedError
        A run ended badly, or did not settle all its frames.
    """
    scratch = Path(tempfile.mkdtemp(prefix="eclips4d-costs-", dir=Path.cwd()))
    try:
        recordings = {count: recorded_run(scratch / f"of-{count}.zarr", count, side) for count in set(frames)}
        before = _children_s()
        with ExitStack() as stack:
            runs = [
                stack.enter_context(_run(recordings[count], scratch / f"{k}.zarr", model))
                for k, count in enumerate(frames)
            ]
            codes = [run.wait() for run in runs]
        if any(codes) or not all(_is_whole(scratch / f"{k}.zarr", count) for k, count in enumerate(frames)):
            raise StageDiedError("a run did not end well", where="bench scaling", cure="the machine is too busy")
        return _children_s() - before
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _run(recording: Path, store: Path, model: str) -> subprocess.Popen[bytes]:
    words = ("run", str(recording), "--out", str(store), "--model", model, "--speed", "max", "--no-view")
    return subprocess.Popen([sys.executable, "-m", "eclips4d.pipeline", *words], stdout=subprocess.DEVNULL)


def _is_whole(store: Path, frames: int) -> bool:
    with open_store(store) as data:
        done = data["status"].values & int(Status.DONE)
    return bool(done.size == frames and np.all(done > 0))


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
