"""Part `rate`: the highest rate that holds, its latency, and the processors that the chain takes beside its arithmetic.

Overhead: processor seconds per frame of all processes of the chain, over those of the same pure functions of the same
frames plus encoding, writing and syncing the same bytes in one process, minus 1. Where processors are threads of one
core, work takes more of their time when all of them are busy, as a chain at its highest rate keeps them: a row of its
own tells.
"""

from __future__ import annotations

import os
import statistics

import numpy as np

from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.speed.context import SpeedContext
from eclips4d.pipeline.bench.speed.pure import pure_cpu_of_busy_machine, pure_cpu_per_frame
from eclips4d.pipeline.bench.speed.trial import LAG_LIMIT_S, Trial, highest_rate, trial

REPEATS = 3
LEAST_FPS = {512: 20.0, 1024: 5.0}
MOST_OVERHEAD_PERCENT, MOST_PERIODS = 30.0, 3.0


def rows(context: SpeedContext) -> list[Row]:
    """A table for each size."""
    return [row for size in context.sizes for row in _of_size(context, size)]


def table(model: str, size: int) -> str:
    """Title of a size's table."""
    return f"The whole chain, `{model}`, 4 × {size}²"


def _of_size(context: SpeedContext, size: int) -> list[Row]:
    best, failed = highest_rate(size, context.seconds, context.console, **context.settings)
    pure = [pure_cpu_per_frame(size, context.model, context.engine, best.fps) for _ in range(REPEATS)]
    again = [trial(size, best.fps, context.seconds, **context.settings).cpu_per_frame for _ in range(REPEATS - 1)]
    busy = pure_cpu_of_busy_machine(size, context.model, context.engine, best.fps)
    chain = [best.cpu_per_frame, *again]
    return told(table(context.model, size), size, best, failed, chain, pure, busy, context.seconds)


def told(
    title: str,
    size: int,
    best: Trial,
    failed: float,
    chain: list[float],
    pure: list[float],
    busy: float,
    seconds: float,
) -> list[Row]:
    """The rows of one size.

    Parameters
    ----------
    failed
        Lowest rate that did not hold.
    chain, pure
        Processor seconds per frame, repeated.
    busy
        As `pure`, while every processor does the same.
    """
    least = LEAST_FPS.get(size)
    overhead = 100.0 * (statistics.median(chain) / statistics.median(pure) - 1.0)
    middle, late = np.nanpercentile(best.latency_ms, (50, 99))
    return [
        Row(title, f"cores; seconds of each trial: {seconds:g}", float(len(os.sched_getaffinity(0)))),
        Row(
            title,
            f"highest rate without a gap and with at most {LAG_LIMIT_S:g} s of lag at the end, frames/s",
            best.fps,
            "" if least is None else f"≥ {least:g}",
            None if least is None else best.fps >= least,
        ),
        Row(title, "lowest rate that did not hold, frames/s", failed),
        Row(title, "latency at that highest rate, median, ms", float(middle)),
        at_most(title, "latency, 99th percentile, in frame periods", float(late) * best.fps / 1e3, MOST_PERIODS),
        Row(title, f"processors per frame, all processes, ms [{_range(chain)}]", 1e3 * statistics.median(chain)),
        Row(title, f"processors per frame, pure functions, ms [{_range(pure)}]", 1e3 * statistics.median(pure)),
        Row(title, "the same while every processor does the same, ms", 1e3 * busy),
        at_most(title, "overhead, %", overhead, MOST_OVERHEAD_PERCENT),
    ]


def _range(values: list[float]) -> str:
    return f"{1e3 * min(values):.0f}, {1e3 * max(values):.0f}"
