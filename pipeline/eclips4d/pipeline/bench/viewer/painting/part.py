"""Part `painting` of `eclips4d bench viewer`: what a new frame costs the thread on which the window reacts."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.viewer.child import told
from eclips4d.pipeline.bench.viewer.context import WINDOW_PX, ViewerContext
from eclips4d.pipeline.bench.viewer.many_frames import write_run

PAINTING = "A new frame of 4 × 1024² painted: milliseconds of the window's thread"
FRAMES, SIZE_PX = 24, 1024
PAINT_MS, OURS_MS = 30.0, 5.0


def rows(context: ViewerContext) -> list[Row]:
    """The table."""
    frames = max(6, context.times(FRAMES))
    with tempfile.TemporaryDirectory(prefix="eclips4d-painting-") as folder, context.console.status("painting"):
        store = Path(folder) / "run.zarr"
        write_run(store, frames, SIZE_PX, context.seed)
        found = told(f"{__package__}.child", store, frames)
    made = [
        Row(
            PAINTING,
            f"frames; window of {WINDOW_PX[0]} × {WINDOW_PX[1]}, segments, height, slope, profile, drift",
            frames,
        )
    ]
    return made + [row for name, taken in found.items() for row in _rows(name, taken)]


def _rows(name: str, taken: list[tuple[float, float]]) -> list[Row]:
    ours, whole = np.array(taken).T
    return [
        at_most(PAINTING, f"{name}: median", float(np.median(whole)), PAINT_MS),
        Row(PAINTING, f"{name}: 95th percentile", float(np.percentile(whole, 95))),
        at_most(PAINTING, f"{name}: of it before Qt paints, median", float(np.median(ours)), OURS_MS),
    ]
