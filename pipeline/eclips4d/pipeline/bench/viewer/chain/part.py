"""Part `chain` of `eclips4d bench viewer`: what a window costs the chain that it watches, and what its end costs.

The cost is that of a window at work: both the chain and the window are up when the measured time begins. The source
delivers at the lowest rate that the chain alone does not carry, so that what it does carry is its own limit, with the
window and without, in turn. Without a display the window paints offscreen, which is the same work but for the way to
the screen.
"""

from __future__ import annotations

import os
import signal
from functools import partial

import numpy as np

from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.speed.trial import Trial, highest_rate, trial
from eclips4d.pipeline.bench.viewer.chain.watched import DISTURBED_AFTER_S, Watched, watched
from eclips4d.pipeline.bench.viewer.context import ViewerContext

COST = "A window on a run of 4 × 1024² at the chain's highest rate"
SAFE = "A run that is watched"
SIDE_PX, SECONDS = 1024, 12.0
PAIRS, PAIR_SECONDS = 3, 40.0
MOST_COST_PERCENT, LEAST_SHOWN = 15.0, 3.0
RECORD_FPS, RECORD_SECONDS = 10.0, 20.0
BELOW_HIGHEST = 0.8
"""Share of what the chain carries beside a window at which a run with a disturbed window is tried."""
CLOSED_S = 1.0
"""From the wish to close a window to the end of its process."""
LEAST_FPS = 0.5
"""Of such a run on a machine that does much else."""


def rows(context: ViewerContext) -> list[Row]:
    """The table."""
    with context.console.status("the chain alone"):
        best, fps = highest_rate(SIDE_PX, SECONDS, context.console)
    pairs = [_pair(context, fps) for _ in range(context.times(PAIRS))]
    carried_together = min(together for _, together, _ in pairs)
    return [*_cost(best, fps, np.array(pairs)), *_safe(context, max(BELOW_HIGHEST * carried_together, LEAST_FPS))]


def _pair(context: ViewerContext, fps: float) -> tuple[float, float, float]:
    """What the chain carries alone and with a window, and what the window shows of it, frames per second."""
    with context.console.status(f"the chain alone, {fps:.1f} frames/s offered"):
        alone = trial(SIDE_PX, fps, PAIR_SECONDS).carried_fps
    seen = Watched()
    with context.console.status(f"the chain and a window, {fps:.1f} frames/s offered"):
        together = trial(SIDE_PX, fps, PAIR_SECONDS, partial(watched, seen)).carried_fps
    shown = seen.rate(PAIR_SECONDS / 3, PAIR_SECONDS)
    context.console.print(f"alone {alone:.2f}, with a window {together:.2f}, shown {shown:.2f} frames/s")
    return alone, together, shown


def _cost(best: Trial, fps: float, pairs: np.ndarray) -> list[Row]:
    alone, together, shown = pairs.T
    cost = 100.0 * (1.0 - together / np.where(alone > 0, alone, np.nan))  # where nothing was carried nothing is known
    painted = float(np.median(shown))
    return [
        Row(COST, "cores", float(len(os.sched_getaffinity(0)))),
        Row(COST, "highest rate that the chain alone carries without lagging, frames/s", best.fps),
        Row(COST, "rate that is offered below", fps),
        Row(COST, f"frames/s alone, median of {len(pairs)} trials", float(np.median(alone))),
        Row(
            COST,
            f"frames/s with a window, median of {len(pairs)} in turn with those",
            float(np.median(together)),
        ),
        at_most(COST, "cost, %, median", float(np.median(cost)), MOST_COST_PERCENT),
        Row(COST, "cost, %, least", float(cost.min())),
        Row(COST, "cost, %, greatest", float(cost.max())),
        Row(COST, "frames/s that it shows, median", painted, f"≥ {LEAST_SHOWN}", painted >= LEAST_SHOWN),
    ]


def _safe(context: ViewerContext, fps: float) -> list[Row]:
    with context.console.status("recording only"):
        recorded = trial(SIDE_PX, RECORD_FPS, RECORD_SECONDS, partial(watched, Watched()), record_only=True)
    made = [at_most(SAFE, f"--record-only at {RECORD_FPS:g} frames/s: frames lost", float(recorded.gaps), 0.0)]
    for word, number in (("stopped", signal.SIGSTOP), ("killed", signal.SIGKILL), ("closed", signal.SIGTERM)):
        seen = Watched()
        with context.console.status(f"a window that is {word}"):
            disturbed = trial(SIDE_PX, fps, 2 * SECONDS, partial(watched, seen, disturb=number))
        what = f"window {word} after {DISTURBED_AFTER_S:g} s, {fps:.1f} frames/s: "
        made.append(at_most(SAFE, what + "frames lost", float(disturbed.gaps), 0.0))
        made.append(at_most(SAFE, what + "lag at the end, s", disturbed.lag_s, 1.0))
        if number is signal.SIGTERM:
            made.append(at_most(SAFE, what + "until its process has ended, s", seen.ended_s, CLOSED_S))
    return made
