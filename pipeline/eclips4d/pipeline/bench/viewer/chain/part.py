"""Part `chain` of `eclips4d bench viewer`: what a window costs the chain that it watches, and what its death costs.

Without a display the window paints offscreen, which is the same work but for the way to the screen.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Timer

from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.speed import Trial, highest_rate, trial
from eclips4d.pipeline.bench.viewer.context import ViewerContext
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.window import Window, can_show

COST = "A window on a run of 4 × 1024² at the chain's highest rate"
SAFE = "A run that is watched"
SIDE_PX, SECONDS = 1024, 12.0
MOST_COST_PERCENT, LEAST_SHOWN = 15.0, 3.0
RECORD_FPS, RECORD_SECONDS = 10.0, 20.0
DISTURBED_AFTER_S = 6.0
BELOW_HIGHEST = 0.8
"""Share of the highest rate at which a run with a disturbed window is tried."""


@dataclass(slots=True)
class Watched:
    """What became of one window."""

    dropped: int = 0
    seconds: float = 0.0


def rows(context: ViewerContext) -> list[Row]:
    """The table."""
    shown = Watched()
    with context.console.status("the chain alone"):
        alone, _ = highest_rate(SIDE_PX, SECONDS, context.console)
    with context.console.status("the chain and a window"):
        together, _ = highest_rate(SIDE_PX, SECONDS, context.console, partial(_watched, shown))
    return [*_cost(alone, together, shown), *_safe(context, BELOW_HIGHEST * together.fps)]


def _cost(alone: Trial, together: Trial, shown: Watched) -> list[Row]:
    cost = 100.0 * (1.0 - together.fps / alone.fps)
    painted = (together.samples[-1][0] - shown.dropped) / max(shown.seconds, 1e-9)
    return [
        Row(COST, "cores", float(len(os.sched_getaffinity(0)))),
        Row(COST, "frames/s alone", alone.fps),
        Row(COST, "frames/s with a window (rates are found to 6 %)", together.fps),
        at_most(COST, "cost, %", cost, MOST_COST_PERCENT),
        Row(COST, "frames/s that it shows", painted, f"≥ {LEAST_SHOWN}", painted >= LEAST_SHOWN),
    ]


def _safe(context: ViewerContext, fps: float) -> list[Row]:
    with context.console.status("recording only"):
        recorded = trial(SIDE_PX, RECORD_FPS, RECORD_SECONDS, partial(_watched, Watched()), record_only=True)
    made = [at_most(SAFE, f"--record-only at {RECORD_FPS:g} frames/s: frames lost", float(recorded.gaps), 0.0)]
    for word, number in (("stopped", signal.SIGSTOP), ("killed", signal.SIGKILL)):
        with context.console.status(f"a window that is {word}"):
            disturbed = trial(SIDE_PX, fps, 2 * SECONDS, partial(_watched, Watched(), disturb=number))
        what = f"window {word} after {DISTURBED_AFTER_S:g} s, {fps:.1f} frames/s: "
        made.append(at_most(SAFE, what + "frames lost", float(disturbed.gaps), 0.0))
        made.append(at_most(SAFE, what + "lag at the end, s", disturbed.lag_s, 1.0))
    return made


@contextmanager
def _watched(shown: Watched, config: RunConfig, disturb: signal.Signals | None = None) -> Iterator[None]:
    """A window on the run, which may be stopped or killed some seconds later."""
    before = os.environ.get("QT_QPA_PLATFORM")
    if not can_show():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    window, began = Window(config), time.monotonic()
    timer = None if disturb is None else _later(window.pid, disturb)
    try:
        yield
    finally:
        shown.dropped, shown.seconds = window.dropped(), time.monotonic() - began
        if timer is not None:
            timer.cancel()
        if disturb is signal.SIGSTOP:
            os.kill(window.pid, signal.SIGCONT)
        window.close()
        if before is None:
            os.environ.pop("QT_QPA_PLATFORM", None)


def _later(pid: int, number: signal.Signals) -> Timer:
    timer = Timer(DISTURBED_AFTER_S, os.kill, (pid, number))
    timer.start()
    return timer
