"""Playing a run: which frame is due, by the run's own time stamps; knows no Qt.

Nothing is queued: whoever asks is told the newest frame that is due, and those between are passed over.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

FASTEST: Final = math.inf
SPEEDS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, FASTEST)
"""Times the run's own pace; the last one shows every frame as soon as the one before is shown."""
LONGEST_WAIT_S = 3.0
"""For the next frame, whatever the time stamps say: of a pause in a run one wants to see that it was, not all of it."""


class Player:
    """Plays, or does not.

    Parameters
    ----------
    clock : callable
        Seconds, never set back.

    Attributes
    ----------
    playing : bool
    speed : float
        One of `SPEEDS`.
    loop : bool
        Begin again at the end.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.playing = False
        self.speed = 1.0
        self.loop = False
        self._clock = clock
        self._since = 0.0
        """When the frame shown was due."""

    def play(self) -> None:
        """Go on from the frame shown."""
        self.playing, self._since = True, self._clock()

    def pause(self) -> None:
        """Stay at the frame shown."""
        self.playing = False

    def set_speed(self, speed: float) -> None:
        """Play so many times faster than the run was."""
        self.speed, self._since = speed, self._clock()

    def change_speed(self, steps: int) -> None:
        """Play faster by some steps of `SPEEDS`, or slower."""
        at = SPEEDS.index(self.speed) + steps
        self.set_speed(SPEEDS[min(max(at, 0), len(SPEEDS) - 1)])

    def due(self, sequence: int, time_s: NDArray[np.float64], *, is_shown: bool, ended: bool) -> int:
        """The frame to show now.

        Parameters
        ----------
        sequence : int
            The frame to show until now.
        time_s : float64 [frame]
            Start of every frame, seconds.
        is_shown : bool
            Whether it can be seen already.
        ended : bool
            No more frames will come: the last one is the end.
        """
        if not self.playing:
            return sequence
        if sequence >= time_s.size - 1:
            return self._at_the_end(sequence, is_shown, ended)
        if self.speed == FASTEST:
            return sequence + 1 if is_shown else sequence
        return self._by_time(sequence, time_s)

    def _at_the_end(self, sequence: int, is_shown: bool, ended: bool) -> int:
        now = self._clock()
        if not ended and not self.loop:
            self._since = now  # frames that come are played
        elif is_shown and not self.loop:
            self.pause()
        elif is_shown and (self.speed == FASTEST or now - self._since >= 1.0 / self.speed):
            self._since = now
            return 0
        return sequence

    def _by_time(self, sequence: int, time_s: NDArray[np.float64]) -> int:
        now = self._clock()
        while sequence < time_s.size - 1:
            lasts_s = _lasts(time_s[sequence], time_s[sequence + 1]) / self.speed
            due_at = self._since + min(lasts_s, LONGEST_WAIT_S)
            if due_at > now:
                break
            sequence, self._since = sequence + 1, due_at
        return sequence


def _lasts(start_s: float, next_s: float) -> float:
    """How long a frame is there; times that are set back or none at all last nothing."""
    step = float(next_s) - float(start_s)
    return step if step > 0 else 0.0
