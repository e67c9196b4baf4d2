"""New frames in a window, painted and timed: `python -m eclips4d.pipeline.bench.viewer.painting.child STORE FRAMES`.

Prints one line of JSON: by how much of the images is painted, milliseconds of the window's own thread for each frame,
those before Qt paints and all.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from eclips4d.pipeline.bench.viewer.opened import window_on
from eclips4d.viewer.panels.detail_seen import detail_seen
from eclips4d.viewer.picture import Detail, Picture, Wanted
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.window import Window


def painted(store: Path, frames: int) -> dict[str, list[tuple[float, float]]]:
    """Paint so many frames in the layout that a window begins with."""
    with window_on(store) as window:
        details = {"as large as on the screen": detail_seen(window.area), "every pixel": Detail()}
        scales, reader = window.model.scales, StoreFrames(store)
        pictures = {
            name: [reader.look(Wanted(k, scales, detail=detail)) for k in range(frames)]
            for name, detail in details.items()
        }
        return {name: [_painted(window, picture) for picture in taken] for name, taken in pictures.items()}


def _painted(window: Window, picture: Picture) -> tuple[float, float]:
    window.model.accept(picture)
    began = time.thread_time()
    window.draw()
    drawn = time.thread_time()
    window.grab()
    return 1e3 * (drawn - began), 1e3 * (time.thread_time() - began)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(painted(Path(sys.argv[1]), int(sys.argv[2]))) + "\n")
