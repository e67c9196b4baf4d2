"""A run whose clock is set while it goes on: every stage sees the date jump, and the jump back."""

from __future__ import annotations

import os
from pathlib import Path

from eclips4d.pipeline.bench.reliability.chain import pause, running, until
from eclips4d.pipeline.bench.reliability.pauses.live import Losses, losses
from eclips4d.storage.folder import EVENTS

SHIM = """
import pathlib, time
_offset_file = pathlib.Path({file!r})
_time, _time_ns = time.time, time.time_ns
def _offset():
    try:
        return float(_offset_file.read_text())
    except (OSError, ValueError):
        return 0.0
time.time = lambda: _time() + _offset()
time.time_ns = lambda: _time_ns() + int(_offset() * 1e9)
"""
"""What every Python process of the run executes before anything else."""
ADDRESS = "sim://copper-redox?size=96&fps=2&frames=24&seed=5"


def with_clock_set(seconds: float, folder: Path) -> tuple[int, Losses, int]:
    """Set the clock after a few frames and back a few frames later.

    Returns
    -------
    int
        Exit code.
    Losses
    int
        Events that tell of it.
    """
    offset = folder / "offset"
    shims = folder / "shims"
    shims.mkdir()
    (shims / "sitecustomize.py").write_text(SHIM.format(file=str(offset)))
    store = folder / "run.zarr"
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(shims), *([before] if before else [])])
    try:
        with running(ADDRESS, store, "--lag", "keep") as chain:
            until(lambda: chain.counts()[0] >= 4 or chain.ended, "first frames")
            _set(offset, seconds)
            pause(3.0)
            _set(offset, 0.0)
            code = chain.process.wait(300)
    finally:
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before
    events = (store / EVENTS).read_text(encoding="utf-8")
    return code, losses(store, ADDRESS), events.count('"the clock was set"')


def _set(file: Path, seconds: float) -> None:
    partial = file.with_suffix(".partial")
    partial.write_text(f"{seconds}")
    partial.replace(file)
