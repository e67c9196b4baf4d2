"""A view service on a thread, and looking until something is shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import zmq

from eclips4d.pipeline.security.gate import Gate
from eclips4d.pipeline.view_service.notes import NotePost
from eclips4d.pipeline.view_service.service import ViewService
from eclips4d.pipeline.view_service.shelf import Shelf
from eclips4d.viewer.picture import Picture, Wanted
from eclips4d.viewer.remote.frames import RemoteFrames

PATIENCE_S = 20.0


class Served:
    """A view service on a thread; `notes` of a shelf takes notes."""

    def __init__(
        self,
        path: Path,
        address: str = "tcp://127.0.0.1:*",
        keys: tuple[Any, ...] = (),
        notes: Callable[[Shelf], NotePost] | None = None,
    ) -> None:
        self.context: zmq.Context[Any] = zmq.Context()
        self.gate = Gate(self.context, *keys, handshake_s=0.5) if keys else None
        shelf = Shelf(path)
        post = None if notes is None else notes(shelf)
        self.service = ViewService(shelf, self.context, address, self.gate, notes=post)
        self.address = self.service.address
        self._end = threading.Event()
        self._thread = threading.Thread(target=self.service.run, args=(lambda: not self._end.is_set(),))
        self._thread.start()

    def close(self) -> None:
        self._end.set()
        self._thread.join()
        self.service.close()
        if self.gate is not None:
            self.gate.close()
        self.context.term()


def until(frames: RemoteFrames, wanted: Wanted, holds: Callable[[Picture], bool]) -> Picture:
    """Look until what is hoped for is shown."""
    end = time.monotonic() + PATIENCE_S
    while not holds(picture := frames.look(wanted)):
        assert time.monotonic() < end, (picture.note, picture.trouble, picture.wanted, picture.surface)
    return picture


def shows(wanted: Wanted) -> Callable[[Picture], bool]:
    """Whether this is shown whole, and nothing is wrong."""

    def holds(picture: Picture) -> bool:
        return picture.state is not None and picture.wanted == wanted and not (picture.coarse or picture.trouble)

    return holds
