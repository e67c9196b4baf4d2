"""Part `workers`: what the chain carries with one, two, three, … inference workers when more is offered than it can.

Until the cores are full and a little beyond: what one core cannot do twice, more workers do not do either.
"""

from __future__ import annotations

import os

from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.bench.speed.context import SpeedContext
from eclips4d.pipeline.bench.speed.trial import highest_rate, trial

FIRST = (1, 2, 3)
SEARCH_SECONDS = 12.0
MORE = 1.5
"""Rate that is offered for each worker that has two cores, over the highest that one carries without lagging."""


def rows(context: SpeedContext) -> list[Row]:
    """A table for the largest size."""
    size, cores = max(context.sizes), len(os.sched_getaffinity(0))
    title = f"Workers, `{context.model}`, 4 × {size}²"
    best, _ = highest_rate(size, SEARCH_SECONDS, context.console, **context.settings)
    made = [
        Row(title, "cores", float(cores)),
        Row(title, "highest rate that one worker carries without lagging, frames/s", best.fps),
    ]
    for workers in counts(cores):
        fps = offered(best.fps, workers, cores)
        run = trial(size, fps, context.seconds, workers=workers, **context.settings)
        plural = "s" if workers > 1 else ""
        what = f"frames/s carried with {workers} worker{plural} [{fps:.2f} offered]; {run.gaps} gaps"
        made.append(Row(title, what, run.carried_fps))
    return made


def counts(cores: int) -> tuple[int, ...]:
    """Numbers of workers: the first few, then half as many again each time, up to one more than there are cores."""
    found = [*FIRST]
    while found[-1] < cores + 1:
        found.append(min(cores + 1, found[-1] * 3 // 2))
    return tuple(found)


def offered(one_carries: float, workers: int, cores: int) -> float:
    """More than so many workers can carry, but not so much more that recording it takes what they need."""
    return MORE * one_carries * max(1, min(workers, cores // 2))
