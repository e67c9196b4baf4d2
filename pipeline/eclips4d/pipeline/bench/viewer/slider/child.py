"""Steps of the slider in a window, timed: `python -m eclips4d.pipeline.bench.viewer.slider.child STORE STEPS SEED`.

Prints one line of JSON: by kind of step, milliseconds by the clock and of the process's processors, one pair a step.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np

from eclips4d.pipeline.bench.viewer.opened import is_shown, settle, wait_until, window_on
from eclips4d.viewer.window import Window

PAUSE_S = 0.15
"""Between steps of a user who goes on frame by frame: time in which the next frames are read."""
BACK = 6
"""Frames that lie behind when it is gone back."""


def steps(store: Path, count: int, seed: int) -> dict[str, list[tuple[float, float]]]:
    """Take the steps."""
    with window_on(store) as window:
        frames = window.model.last + 1
        jumps = np.random.default_rng(seed).permutation(frames)[:count].tolist()
        begin = frames // 2
        onwards = range(begin, min(frames, begin + count))
        found = {"jumps": _timed(window, jumps, 0.0), "dragged": _timed(window, range(0, count), 0.0)}
        window.select(begin - 1)
        settle(1.0)
        found["one by one"] = _timed(window, onwards, PAUSE_S)
        found["back"] = _timed(window, reversed(onwards[-BACK - 1 : -1]), 0.0)
        return found


def _timed(window: Window, sequences: Iterable[int], pause_s: float) -> list[tuple[float, float]]:
    found = []
    for sequence in sequences:
        clock, processors = time.perf_counter(), time.process_time()
        window.select(sequence)
        wait_until(partial(_shows, window, sequence))
        found.append((1e3 * (time.perf_counter() - clock), 1e3 * (time.process_time() - processors)))
        settle(pause_s)
    return found


def _shows(window: Window, sequence: int) -> bool:
    return is_shown(window.model.picture, sequence)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(steps(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))) + "\n")
