"""Part `speed` of `eclips4d bench metrology`: a long run analysed whole, by the clock, and the memory it takes.

A machine that does something else meanwhile measures that as well; processors' seconds suffer less.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from eclips4d.pipeline.bench.metrology.context import MetrologyContext
from eclips4d.pipeline.bench.metrology.speed.long_run import write_long_run
from eclips4d.pipeline.bench.rows import Row, at_most

WHOLE = "A run of 500 frames of 512², analysed whole"
FRAMES, SHORT, SIDE_PX, DISTINCT = 500, 50, 512, 10
PROCESSES = 2
SECONDS = 60.0
GROWTH_FRAMES = 16.0
"""Frames' worth of memory by which ten times as many frames may take more."""
FRAME_MB = SIDE_PX**2 * (4 + 2 * 4 + 2 * 4 + 1) / 2**20
"""Of one frame: height, slopes, standard deviations, trust."""


def rows(context: MetrologyContext) -> list[Row]:
    """The table."""
    made = [Row(WHOLE, f"cores; {PROCESSES} processes", float(len(os.sched_getaffinity(0))))]
    with tempfile.TemporaryDirectory(prefix="eclips4d-speed-") as folder:
        for scene in ("stepflow", "spiral"):
            with context.console.status(f"{FRAMES} frames of {scene}"):
                long, short = (_measured(Path(folder), scene, frames) for frames in (FRAMES, SHORT))
            made += _rows(scene, long, short)
    return made


def _rows(scene: str, long: dict[str, Any], short: dict[str, Any]) -> list[Row]:
    sections = ", ".join(f"{name} {count}" for name, count in long["rows"].items())
    missing = "; ".join(f"{name}: {why}" for name, why in long["unanswered"].items())
    grown = (long["peak_mb"] - short["peak_mb"]) / FRAME_MB
    return [
        at_most(WHOLE, f"{scene}: seconds by the clock (rows of tables: {sections})", long["seconds"], SECONDS),
        Row(WHOLE, f"{scene}: seconds of all processors", long["cpu_seconds"]),
        Row(WHOLE, f"{scene}: sections without an answer{': ' if missing else ''}{missing}", len(long["unanswered"])),
        Row(WHOLE, f"{scene}: peak memory of a process, MiB", long["peak_mb"]),
        at_most(WHOLE, f"{scene}: more than with {SHORT} frames, in frames ({FRAME_MB:.2g} MiB)", grown, GROWTH_FRAMES),
    ]


def _measured(folder: Path, scene: str, frames: int) -> dict[str, Any]:
    """What it took to analyse a run of so many frames, in a process of its own."""
    store = folder / f"{scene}-{frames}.zarr"
    write_long_run(store, f"sim://{scene}?size={SIDE_PX}&dose=1500&drift_px=0.4", DISTINCT, frames)
    command = [sys.executable, "-m", "eclips4d.pipeline.bench.metrology.speed.child", str(store), str(PROCESSES)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
