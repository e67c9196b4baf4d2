"""Waking a thread that polls sockets, from any other thread."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable


class Wake:
    """An event descriptor that any thread may set and one poller waits for."""

    def __init__(self) -> None:
        self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._done: deque[Callable[[], None]] = deque()

    def call(self, action: Callable[[], None]) -> None:
        """Have `action` run in the polling thread."""
        self._done.append(action)
        os.eventfd_write(self.fd, 1)

    def run(self) -> None:
        """Run what was asked for since the last time; in the polling thread."""
        try:
            os.eventfd_read(self.fd)
        except BlockingIOError:
            return
        while self._done:
            self._done.popleft()()

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.fd)
