"""Part `latency`: how long after its last pixel a frame is received, durable, inferred, registered, written, painted.

At a share of the highest rate, as somebody would run it who wants to see what happens while it happens: alone, and with
a window that says itself when it has painted a frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

import numpy as np

from eclips4d.core.messages import Notice
from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.speed.context import SpeedContext
from eclips4d.pipeline.bench.speed.trial import Trial, highest_rate, trial
from eclips4d.pipeline.bench.viewer.chain.watched import Watched, watched
from eclips4d.pipeline.budget import PAINTED, Reach
from eclips4d.pipeline.journal import STAGES
from eclips4d.pipeline.supervisor import Supervisor

SHARE = 0.8
SEARCH_SECONDS = 12.0
WARM = 3
"""Frames at the start that find cold caches."""
MOST_PERIODS = 3.0
"""In which 99 of 100 frames shall be durable with their results."""


def rows(context: SpeedContext) -> list[Row]:
    """A table for each size."""
    found: list[Row] = []
    for size in context.sizes:
        best, _ = highest_rate(size, SEARCH_SECONDS, context.console, **context.settings)
        fps, title = SHARE * best.fps, f"Latency, `{context.model}`, 4 × {size}²"
        found += told(title, trial(size, fps, context.seconds, **context.settings))
        if find_spec("PySide6") is not None and find_spec("pyqtgraph") is not None:
            found += seen(title, _with_a_window(context, size, fps))
    return found


def told(title: str, run: Trial) -> list[Row]:
    """Median, 99th percentile and worst of each step, with the worst frame's number."""
    made = [Row(title, f"rate, {100 * SHARE:.0f} % of the highest, frames/s; {len(run.steps_ms)} frames", run.fps)]
    late = float("nan")
    for name, ms in zip(STAGES, run.steps_ms.T, strict=True):
        told_by = np.flatnonzero(np.isfinite(ms) & (np.arange(ms.size) >= WARM))
        if not told_by.size:
            made.append(Row(title, f"{name}: told by no frame", float("nan")))
            continue
        middle, late = np.percentile(ms[told_by], (50, 99)).tolist()
        worst = int(told_by[ms[told_by].argmax()])
        made.append(_row(title, name, (middle, late, float(ms[worst]), worst)))
    what = f"{STAGES[-1]}, 99th percentile, in frame periods"
    return [*made, at_most(title, what, late * run.fps / 1e3, MOST_PERIODS)]


def seen(title: str, reaches: Mapping[str, Reach]) -> list[Row]:
    """What a window adds: when results were durable beside it, and when it had painted them."""
    steps = {STAGES[-1]: f"with a window: {STAGES[-1]}", PAINTED: "with a window: on the screen"}
    return [_row(title, what, reaches[step]) for step, what in steps.items() if step in reaches]


def _row(title: str, name: str, reach: Reach) -> Row:
    middle, late, worst, frame = reach
    return Row(title, f"{name}, ms, median [99 %: {late:.0f}, worst: {worst:.0f} at frame {frame}]", middle)


def _with_a_window(context: SpeedContext, size: int, fps: float) -> Mapping[str, Reach]:
    newest: dict[str, Reach] = {}

    def heard(_: Supervisor, notice: Notice) -> None:
        newest.update(notice.latency)

    trial(size, fps, context.seconds, lambda config: watched(Watched(), config), heard, **context.settings)
    return newest
