"""Telling systemd how a stage is (sd_notify): that it has started, what it does, and that its loop turns.

The watchdog is fed by a thread, but only while the loop turns: a stage that hangs is killed and started again by
systemd, and so is one whose process stands still.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Event, Thread

from eclips4d.core.pulse import Pulse
from eclips4d.pipeline.vital_signs import alive, ready

EVERY_S = 1.0


@contextmanager
def notifying(pulse: Pulse, patience_s: float, environment: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Keep systemd informed while the block runs; nothing where no systemd asks."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        yield
        return
    limit_us = environment.get("WATCHDOG_USEC", "")
    every_s = min(EVERY_S, int(limit_us) / 4e6) if limit_us.isdigit() else EVERY_S
    over = Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.setblocking(False)
        teller = Teller(pulse, patience_s, lambda text: _send(end, address, text))
        thread = Thread(target=teller.run, args=(over, every_s), name="systemd", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            _send(end, address, "STOPPING=1")


class Teller:
    """What is said, and when.

    Parameters
    ----------
    pulse : Pulse
    patience_s : float
        A loop that has not turned for so long no longer feeds the watchdog.
    send : callable
        Takes one message.
    """

    def __init__(self, pulse: Pulse, patience_s: float, send: Callable[[str], None]) -> None:
        self._pulse, self._patience_s, self._send = pulse, patience_s, send
        self._begun = False
        self._said = ""

    def run(self, over: Event, every_s: float) -> None:
        """Say what is new, again and again."""
        while True:
            self.tell()
            if over.wait(every_s):
                return

    def tell(self) -> None:
        """Say what is new since the last time, and feed the watchdog if the loop turns."""
        beat = self._pulse.feel()
        words = []
        if beat.begun and not self._begun:
            self._begun = True
            words.append("READY=1")
        says = ready(beat, self._patience_s).why
        if says != self._said:
            self._said = says
            words.append(f"STATUS={says}")
        if alive(beat, self._patience_s).ok:
            words.append("WATCHDOG=1")
        if words:
            self._send("\n".join(words))


def _send(end: socket.socket, address: str, text: str) -> None:
    with suppress(OSError):  # systemd is busy or gone: no reason to die of
        end.sendto(text.encode(), "\0" + address[1:] if address.startswith("@") else address)
