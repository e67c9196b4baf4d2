"""The end of a run is said until every host has heard it: a line that is cut in that moment takes the word with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from eclips4d.core.log import get_logger
from eclips4d.core.messages import Bye
from eclips4d.pipeline.ports import HubPort
from eclips4d.pipeline.security.allowance import Allowances
from eclips4d.pipeline.stage_watch import MOST_SUPERVISORS

WAIT_S = 120.0
"""A host that has not heard it by then has gone without a word."""
TICK_MS = 100
TOLD_PER_S, TOLD_AT_ONCE = 2.0, 4
"""Times that one who still says something is told."""


class Farewell:
    """Who watches over stages, and has neither left nor heard that the run is complete.

    Parameters
    ----------
    port : HubPort
    """

    def __init__(self, port: HubPort) -> None:
        self._port = port
        self._unaware: set[bytes] = set()
        self._told = Allowances(TOLD_PER_S, TOLD_AT_ONCE)

    def expect(self, supervisor: bytes) -> None:
        """It has introduced itself."""
        if len(self._unaware) < MOST_SUPERVISORS:
            self._unaware.add(supervisor)

    def heard(self, supervisor: bytes) -> None:
        """It has said goodbye itself."""
        self._unaware.discard(supervisor)

    def say(self, names: Iterable[bytes], keep_going: Callable[[], bool]) -> None:
        """Tell these peers that the run is complete, and whoever comes back, until every supervisor has answered.

        Parameters
        ----------
        keep_going
            Called in every turn; False ends it.
        """
        for name in names:
            self._port.send(name, Bye(reason="the run is complete"))
        until = time.monotonic() + WAIT_S
        while self._unaware and time.monotonic() < until and keep_going():
            self._port.socket.poll(TICK_MS)
            self._answer()
        if self._unaware:
            unaware = sorted(name.decode() for name in self._unaware)
            get_logger().warning("not heard of the end", supervisors=unaware, waited_s=WAIT_S)

    def _answer(self) -> None:
        for mail in self._port.arrived():
            if isinstance(mail.message.body, Bye):
                self.heard(mail.sender)
            elif self._told.take(mail.sender):
                self._port.send(mail.sender, Bye(reason="the run is complete"))
