"""Part `reading` of `eclips4d bench viewer`: what a frame costs before the window has it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.bench.viewer.child import told
from eclips4d.pipeline.bench.viewer.context import ViewerContext
from eclips4d.pipeline.bench.viewer.many_frames import write_run
from eclips4d.storage.pyramids import make_pyramids

READING = "A frame of 4 × 1024² read and painted: milliseconds of all processors"
FRAMES, SIZE_PX = 24, 1024


def rows(context: ViewerContext) -> list[Row]:
    """The table."""
    frames = max(8, context.times(FRAMES))
    with tempfile.TemporaryDirectory(prefix="eclips4d-reading-") as folder, context.console.status("reading"):
        store = Path(folder) / "run.zarr"
        write_run(store, frames, SIZE_PX, context.seed)
        found = {"as recorded": told(f"{__package__}.child", store, frames)}
        make_pyramids(store)
        found["with smaller images in the store"] = told(f"{__package__}.child", store, frames)
    return [
        Row(READING, f"{store_is}: {way}; median of {len(taken)} frames", float(np.median(taken)))
        for store_is, ways in found.items()
        for way, taken in ways.items()
    ]
