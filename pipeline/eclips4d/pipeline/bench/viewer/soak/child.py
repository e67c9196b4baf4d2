"""Paints frames and tells what was left behind; run as a process with STORE FRAMES SETTLED."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

import psutil


def left_behind(store: Path, frames: int, settled: int) -> dict[str, float]:
    """What is there more after so many frames than when the window had settled."""
    from PySide6.QtWidgets import QApplication

    from eclips4d.viewer.model import Model
    from eclips4d.viewer.reader import Reader
    from eclips4d.viewer.store import StoreFrames
    from eclips4d.viewer.window import Window

    application = QApplication.instance() or QApplication(["soak"])
    pictures = StoreFrames(store)
    window = Window(Model(), Reader(StoreFrames(store)), title="soak")
    window.resize(1600, 1000)
    window.show()
    before = _now()
    for k in range(frames):
        window.model.select(k % 6)
        window.model.accept(pictures.look(window.model.wanted))
        window.draw()
        window.grab()
        application.processEvents()
        if k == settled:
            before = _now()
    after = _now()
    window.close()
    return {name: after[name] - before[name] for name in after}


def _now() -> dict[str, float]:
    gc.collect()
    process = psutil.Process()
    return {
        "grown_mb": process.memory_info().rss / 2**20,
        "references": float(sys.getrefcount(True)),
        "threads": float(process.num_threads()),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(left_behind(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))) + "\n")
