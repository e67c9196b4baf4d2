"""A window on a store, painted without a screen, in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop
from PySide6.QtWidgets import QApplication

from eclips4d.pipeline.bench.viewer.context import WINDOW_PX
from eclips4d.viewer.allocation import keep_freed
from eclips4d.viewer.fonts import ensure_font
from eclips4d.viewer.model import Model
from eclips4d.viewer.picture import Picture
from eclips4d.viewer.reader import Reader
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.window import Window

PATIENCE_S = 60.0


@contextmanager
def window_on(store: Path) -> Iterator[Window]:
    """The window at work on a store, its first picture drawn."""
    keep_freed()
    app = QApplication(["bench", "-platform", "offscreen"])
    ensure_font(app)
    frames = StoreFrames(store)
    window = Window(Model(), Reader(frames, frames.ahead), title=store.name)
    window.resize(*WINDOW_PX)
    window.show()
    window.start()
    wait_until(lambda: window.model.picture.surface is not None)
    settle(0.5)
    yield window
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def wait_until(reached: Callable[[], bool]) -> None:
    """Run the window until then.

    Raises
    ------
    TimeoutError
        It takes longer than a minute.
    """
    until = time.monotonic() + PATIENCE_S
    while not reached():
        if time.monotonic() > until:
            raise TimeoutError("the window shows nothing")
        # Without a bound it would wait for an event: the timer's come soon.
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def settle(seconds: float) -> None:
    """Let the window run for so long."""
    until = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= until)


def is_shown(picture: Picture, sequence: int) -> bool:
    """Whether raw and surface are of this frame."""
    raw, surface = picture.raw, picture.surface
    return raw is not None and surface is not None and raw.sequence == surface.sequence == sequence
