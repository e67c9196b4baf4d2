"""Part `latency`: how long after its last pixel a frame is received, durable, inferred, registered, written.

At a share of the highest rate, as somebody would run it who wants to see what happens while it happens.
"""

from __future__ import annotations

import numpy as np

from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.bench.speed.context import SpeedContext
from eclips4d.pipeline.bench.speed.trial import Trial, highest_rate, trial
from eclips4d.pipeline.journal import STAGES

SHARE = 0.8
SEARCH_SECONDS = 12.0
WARM = 3
"""Frames at the start that find cold caches."""


def rows(context: SpeedContext) -> list[Row]:
    """A table for each size."""
    found: list[Row] = []
    for size in context.sizes:
        best, _ = highest_rate(size, SEARCH_SECONDS, context.console, **context.settings)
        run = trial(size, SHARE * best.fps, context.seconds, **context.settings)
        found += told(f"Latency, `{context.model}`, 4 × {size}²", run)
    return found


def told(title: str, run: Trial) -> list[Row]:
    """Median, 99th percentile and worst of each step, with the worst frame's number."""
    made = [Row(title, f"rate, {100 * SHARE:.0f} % of the highest, frames/s; {len(run.steps_ms)} frames", run.fps)]
    for name, ms in zip(STAGES, run.steps_ms.T, strict=True):
        told_by = np.flatnonzero(np.isfinite(ms) & (np.arange(ms.size) >= WARM))
        if not told_by.size:
            made.append(Row(title, f"{name}: told by no frame", float("nan")))
            continue
        middle, late = np.percentile(ms[told_by], (50, 99))
        worst = told_by[ms[told_by].argmax()]
        made.append(
            Row(title, f"{name}, ms, median [99 %: {late:.0f}, worst: {ms[worst]:.0f} at frame {worst}]", middle)
        )
    return made
