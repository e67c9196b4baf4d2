"""A store's raw frames, published as a Stream V2 series while a run writes it or afterwards; the run is asked nothing.

Frames are read from the store, where they are durable before anybody sees them. A reader that is slow is shown the
newest ones, as a window is, or every one if that is asked for: the store waits for nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from eclips4d.acquisition.streamv2.publisher import StreamPublisher
from eclips4d.core.errors import InputError
from eclips4d.core.frame import Frame
from eclips4d.core.results import Status
from eclips4d.pipeline.security.addresses import is_private
from eclips4d.storage import StoredFrames, summary
from eclips4d.storage import open as open_store

LOOK_S = 0.1
PATIENCE_S = 0.5
"""For so long a frame waits for its reader at most, before it is looked whether anybody has said to end."""
BEHIND = 2
"""Frames that a reader may be behind; then the newest follows."""


def check_reach(address: str, *, unprotected: bool) -> None:
    """Refuse an address that other hosts can reach, unless that is meant: the protocol knows no keys.

    Raises
    ------
    InputError
    """
    if not address.startswith("tcp://"):
        raise InputError("no address for a stream", where=address, cure="give tcp://HOST:PORT")
    if not is_private(address) and not unprotected:
        raise InputError(
            "anybody who reaches this address can read the frames: Stream V2 knows no keys",
            where=address,
            cure="listen at tcp://127.0.0.1:31001 and let readers come through ssh -L, or say --unprotected",
        )


@dataclass(slots=True)
class StoreStream:
    """The frames of one store, on their way to one reader.

    Attributes
    ----------
    every
        Every frame, from the first one on; otherwise the newest ones.
    passed
        Frames that were passed over: a reader was there, and busy.
    """

    store: Path
    publisher: StreamPublisher
    every: bool
    passed: int = 0
    _next: int = field(default=0)

    def run(self, go_on: Callable[[], bool]) -> None:
        """Publish until the run has ended and its last frame is taken, or as long as `go_on` says."""
        if not self.every:
            self._next = summary(self.store).recorded
        pause = Event()
        while go_on():
            now = summary(self.store)
            if self._next < now.recorded:
                self._publish(now.recorded, go_on)
            elif now.ended:
                if self.publisher.end(PATIENCE_S) or not self.every:
                    return
            else:
                pause.wait(LOOK_S)

    def _publish(self, recorded: int, go_on: Callable[[], bool]) -> None:
        frames, gaps = StoredFrames(self.store), _gaps(self.store)
        while self._next < recorded and go_on():
            heard = self.publisher.is_heard(PATIENCE_S)
            if not heard and self.every:
                continue
            if not self.every and recorded - self._next > BEHIND:
                self.passed += recorded - 1 - self._next if self.publisher.readers else 0
                self._next = recorded - 1
            if not heard:
                return
            if self._next in gaps or self._sent(frames) or not self.every:
                self._next += 1

    def _sent(self, frames: StoredFrames) -> bool:
        return self.publisher.send(Frame(frames.header(self._next), frames.raw(self._next)), PATIENCE_S)


def _gaps(store: Path) -> set[int]:
    with open_store(store, recorded=True) as data:
        status = data["status"].values
    return set((status & int(Status.GAP)).nonzero()[0].tolist())
