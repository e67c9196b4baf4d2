"""Part `workers`: what the chain carries with one, two, three inference workers when more is offered than it can."""

from __future__ import annotations

import os

from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.bench.speed.context import SpeedContext
from eclips4d.pipeline.bench.speed.trial import highest_rate, trial

COUNTS = (1, 2, 3)
SEARCH_SECONDS = 12.0
MORE = 1.5
"""Rate that is offered, over the highest that one worker carries without lagging."""


def rows(context: SpeedContext) -> list[Row]:
    """A table for the largest size."""
    size = max(context.sizes)
    title = f"Workers, `{context.model}`, 4 × {size}²"
    best, _ = highest_rate(size, SEARCH_SECONDS, context.console, **context.settings)
    offered = MORE * best.fps
    made = [
        Row(title, "cores", float(len(os.sched_getaffinity(0)))),
        Row(title, f"frames/s offered, {MORE:g} of the highest that one worker carries without lagging", offered),
    ]
    for workers in COUNTS:
        run = trial(size, offered, context.seconds, workers=workers, **context.settings)
        what = f"frames/s carried with {workers} worker{'s' if workers > 1 else ''}; {run.gaps} gaps"
        made.append(Row(title, what, run.carried_fps))
    return made
