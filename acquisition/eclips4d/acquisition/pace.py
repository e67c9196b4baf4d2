"""When a frame is due: original timing, a multiple of it, or as fast as it can be read."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

from eclips4d.core.errors import InputError


def parse_speed(speed: str) -> float | None:
    """Frames' time over wall time; None is as fast as possible.

    Raises
    ------
    InputError
        Not `realtime`, `max` or a positive number followed by `x`.
    """
    if speed in ("realtime", "max"):
        return 1.0 if speed == "realtime" else None
    try:
        factor = float(speed.removesuffix("x"))
    except ValueError:
        factor = math.nan
    if not (speed.endswith("x") and 0.0 < factor < math.inf):
        raise InputError(f"speed {speed!r} is not understood", cure="use realtime, max, or a factor such as 4x")
    return factor


@dataclass(slots=True)
class Pace:
    """A clock that says when frames are due; it never slips, so a late frame does not delay the ones after it.

    `wait` returns how late the frame is, in seconds of wall time, and returns at once when `stopped` is set.
    """

    speed: float | None
    clock: Callable[[], float] = time.monotonic
    _origin: float = 0.0

    def start(self, at_s: float) -> None:
        """Let the frames' time `at_s` be now."""
        if self.speed is not None:
            self._origin = self.clock() - at_s / self.speed

    def wait(self, until_s: float, stopped: Event) -> float:
        """Wait for the frames' time `until_s`."""
        if self.speed is None:
            return 0.0
        due = self._origin + until_s / self.speed
        while (left := due - self.clock()) > 0.0:
            if stopped.wait(left):
                return 0.0
        return -left
