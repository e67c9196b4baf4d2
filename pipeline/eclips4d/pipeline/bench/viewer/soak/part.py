"""Part `soak` of `eclips4d bench viewer`: thousands of frames painted one after the other leave nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.viewer.context import ViewerContext
from eclips4d.pipeline.bench.viewer.many_frames import DISTINCT, write_run

SOAK = "Frames of 512² painted one after the other, every 2-D panel"
FRAMES, SETTLED, SIDE_PX = 5000, 1000, 512
GROWTH_MB, REFERENCES = 40.0, 100.0
"""By which memory and references to `True` may differ between the settled window and the last frame."""


def rows(context: ViewerContext) -> list[Row]:
    """The table."""
    with tempfile.TemporaryDirectory(prefix="eclips4d-soak-") as folder:
        store = Path(folder) / "run.zarr"
        write_run(store, DISTINCT, SIDE_PX, seed=context.seed)
        with context.console.status(f"{context.times(FRAMES)} frames"):
            told = _painted(store, context.times(FRAMES), context.times(SETTLED))
    return [
        Row(SOAK, "frames", float(context.times(FRAMES))),
        at_most(SOAK, f"memory after the last less after {context.times(SETTLED)}, MiB", told["grown_mb"], GROWTH_MB),
        at_most(SOAK, "references to True gained", told["references"], REFERENCES),
        at_most(SOAK, "threads gained", told["threads"], 0.0),
    ]


def _painted(store: Path, frames: int, settled: int) -> dict[str, float]:
    """In a process of its own, so that its memory is the window's."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "eclips4d.pipeline.bench.viewer.soak.child", str(store), str(frames), str(settled)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told
