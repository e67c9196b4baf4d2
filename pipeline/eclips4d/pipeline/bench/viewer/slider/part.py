"""Part `slider` of `eclips4d bench viewer`: from a step of the slider to the frame in the window.

A machine that does something else meanwhile measures that as well; processors' time suffers less.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np

from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.viewer.child import told
from eclips4d.pipeline.bench.viewer.context import ViewerContext
from eclips4d.pipeline.bench.viewer.many_frames import write_run
from eclips4d.storage.pyramids import make_pyramids

SLIDER = "A step of the slider: milliseconds until the window has the frame"
FRAMES, SIZE_PX, STEPS = 2000, 1024, 60
FINISHED = 60
"""Frames of the store with smaller images; a step costs the same however many there are."""
COLD_MS, WARM_MS = 100.0, 30.0
BARS = {"jumps": COLD_MS, "dragged": COLD_MS, "one by one": WARM_MS, "back": WARM_MS}
SAYS = {
    "jumps": "to a frame anywhere, at once after the step before",
    "dragged": "to the next frame, at once after the step before",
    "one by one": "to the next frame, 0.15 s after the step before",
    "back": "back to a frame seen a moment ago",
}


def rows(context: ViewerContext) -> list[Row]:
    """The table."""
    frames, steps = context.times(FRAMES), max(12, context.times(STEPS))
    made = [Row(SLIDER, f"cores; frames of 4 × {SIZE_PX}²; {steps} steps of each kind", float(os.cpu_count() or 1))]
    with tempfile.TemporaryDirectory(prefix="eclips4d-slider-") as folder:
        for name, count in (("as recorded", max(24, frames)), ("with smaller images", max(24, min(frames, FINISHED)))):
            store = Path(folder) / f"{name}.zarr"
            with context.console.status(f"writing {count} frames"):
                write_run(store, count, SIZE_PX, context.seed)
            if name != "as recorded":
                make_pyramids(store)
            with context.console.status(f"steps, {name}"):
                found = told(f"{__package__}.child", store, min(steps, count // 2 - 1), context.seed)
            made += [row for kind, taken in found.items() for row in _rows(f"{count} frames {name}", kind, taken)]
    return made


def _rows(store: str, kind: str, taken: list[tuple[float, float]]) -> list[Row]:
    clock, processors = np.array(taken).T
    says = f"{store}: {SAYS[kind]}"
    return [
        Row(SLIDER, f"{says}: median (of all processors {np.median(processors):.0f})", float(np.median(clock))),
        at_most(SLIDER, f"{says}: 95th percentile", float(np.percentile(clock, 95)), BARS[kind]),
    ]
