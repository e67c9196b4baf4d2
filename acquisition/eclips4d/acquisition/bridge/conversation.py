"""What is said to a bridge, and which of its frames are taken: in order, each once, whatever is sent again."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from eclips4d.acquisition.bridge.messages import Asked, Pushed, Told

AHEAD = 8
"""Frames that may be under way beyond those that are on disk: about as many as the sender's ring keeps in memory."""
QUIET_S = 5.0
"""A bridge that has said nothing for longer is gone, and another may take its place."""


@dataclass(slots=True)
class Conversation:
    """With one bridge at a time.

    A frame's number is its sequence. A bridge that comes new to a run begins with the number that is wanted.

    Attributes
    ----------
    run
        What the bridge knows this run by; frames that were numbered for another are not taken.
    wanted
        Number of the next frame.
    durable
        All frames below it are safe.
    is_ending
        No more frames are taken.
    clock_ahead_s
        What the run's clock shows when the bridge's shows 0. Until the first frame has come, each message tells, and
        the quickest is believed; then it stands, so that time goes one way.
    bridges, sender
        How many have been heard: more than one, and a bridge has come back, or another has come; and the last of them.
    """

    run: str
    wanted: int
    durable: int
    is_ending: bool = False
    clock: Callable[[], float] = time.monotonic
    clock_ahead_s: float = math.inf
    bridges: int = 0
    sender: bytes = b""
    _heard: float = -math.inf
    _begun: bool = False

    def next_one(self, run: str, start: int) -> Conversation:
        """About this run, from number `start` on; as the clocks were compared so they stay."""
        return Conversation(run, start, start, clock=self.clock, clock_ahead_s=self.clock_ahead_s, _begun=self._begun)

    def listens_to(self, sender: bytes) -> bool:
        """Whether it is this one's turn."""
        now = self.clock()
        if sender != self.sender:
            if now - self._heard < QUIET_S:
                return False
            self.sender, self.bridges = sender, self.bridges + 1
        self._heard = now
        return True

    def hears(self, said: Asked | Pushed, now_s: float) -> None:
        """A message came when the run's clock showed `now_s`."""
        if not self._begun:
            self.clock_ahead_s = min(self.clock_ahead_s, now_s - said.clock_s)

    def is_next(self, pushed: Pushed) -> bool:
        """Whether this is the frame that is wanted, or the first that the bridge has after it."""
        return not self.is_ending and pushed.run == self.run and pushed.after < self.wanted <= pushed.number

    def takes(self, pushed: Pushed) -> None:
        """The next frame is taken."""
        self._begun = True
        self.wanted = pushed.number + 1

    def answer(self, said: Asked | Pushed) -> Told:
        """How things stand; a frame that one is missing before, or of another run, is to be sent again."""
        if isinstance(said, Asked):
            return self.told(said.asked)
        return self.told(again=said.run != self.run or said.after >= self.wanted)

    def told(self, answer: int = 0, *, again: bool = False) -> Told:
        """How things stand."""
        room = self.wanted if self.is_ending else self.durable + AHEAD
        return Told(self.run, self.wanted, self.durable, room, answer, again)
