"""Part `start` of `eclips4d bench viewer`: from the start of the process to the window with its first frame."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.viewer.context import ViewerContext
from eclips4d.pipeline.bench.viewer.many_frames import write_run

START = "The window's start: seconds until its first frame of 4 × 1024² is painted"
FRAMES, SIZE_PX, STARTS = 24, 1024, 5
START_S = 3.0


def rows(context: ViewerContext) -> list[Row]:
    """The table."""
    starts = max(2, context.times(STARTS))
    with tempfile.TemporaryDirectory(prefix="eclips4d-start-") as folder, context.console.status("starting windows"):
        store = Path(folder) / "run.zarr"
        write_run(store, FRAMES, SIZE_PX, context.seed)
        _started(store)  # whoever starts a program for the first time also waits for the disk
        clock, processors = np.array([_started(store) for _ in range(starts)]).T
    return [
        Row(START, "starts", starts),
        at_most(START, "by the clock, median; it ends with a PNG of the window", float(np.median(clock)), START_S),
        Row(START, "by the clock, longest", float(clock.max())),
        Row(START, "of all processors, median", float(np.median(processors))),
    ]


def _started(store: Path) -> tuple[float, float]:
    """Seconds by the clock, and of all processors."""
    command = [sys.executable, "-m", "eclips4d.viewer", str(store), "--png", str(store.with_suffix(".png"))]
    before, began = os.times(), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    after, ended = os.times(), time.perf_counter()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return ended - began, spent
