"""A window on a view service, timed: `python -m eclips4d.pipeline.bench.viewer.remote.child ADDRESS FRAMES`.

Prints one line of JSON: how many frames were shown, seconds by the clock and of this process's processors for them,
and how many were asked for in all, with those before the clock began.
"""

from __future__ import annotations

import json
import sys
import time
from functools import partial

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from eclips4d.pipeline.bench.viewer.context import WINDOW_PX
from eclips4d.pipeline.bench.viewer.opened import settle, wait_until
from eclips4d.viewer.fonts import ensure_font
from eclips4d.viewer.model import Model
from eclips4d.viewer.reader import Reader
from eclips4d.viewer.remote.frames import RemoteFrames
from eclips4d.viewer.remote.link import Place
from eclips4d.viewer.window import Window

WARM = 2
"""Frames before the clock begins: libraries are loaded, the line is known."""


def frame_by_frame(address: str, count: int) -> dict[str, float]:
    """Go through the frames."""
    app = QApplication(["bench", "-platform", "offscreen"])
    ensure_font(app)
    window = Window(Model(), Reader(RemoteFrames(Place(address))), title="bench")
    window.resize(*WINDOW_PX)
    window.show()
    window.start()
    try:
        wait_until(lambda: window.model.picture.surface is not None)
        settle(0.5)
        for sequence in range(WARM):
            _show(window, sequence)
        clock, processors = time.perf_counter(), time.process_time()
        for sequence in range(WARM, count):
            _show(window, sequence)
        spent = {"clock_s": time.perf_counter() - clock, "processors_s": time.process_time() - processors}
        return {"frames": count - WARM, "asked": count + 1, **spent}
    finally:
        window.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _show(window: Window, sequence: int) -> None:
    window.select(sequence)
    wait_until(partial(_is_shown, window, sequence))


def _is_shown(window: Window, sequence: int) -> bool:
    picture = window.model.picture
    return picture.surface is not None and picture.surface.sequence == sequence and not picture.coarse


if __name__ == "__main__":
    sys.stdout.write(json.dumps(frame_by_frame(sys.argv[1], int(sys.argv[2]))) + "\n")
