"""Frames read and painted, timed: `python -m eclips4d.pipeline.bench.viewer.reading.child STORE FRAMES`.

Prints one line of JSON: what was done, and milliseconds of all processors for each frame.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from eclips4d import storage
from eclips4d.storage.glance import Glance
from eclips4d.viewer.allocation import keep_freed
from eclips4d.viewer.picture import Detail, Wanted
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.stored_images import StoredImages

SHOWN = ("raw", "height", "height_sd", "slope")
SMALL = Detail(raw=2, surface=1)
"""As in a window of 1600 × 1000 that is not zoomed."""


def costs(store: Path, frames: int) -> dict[str, list[float]]:
    """Milliseconds of each way to get at a frame, a frame at a time."""
    keep_freed()  # as the window does
    run, images = storage.open(store), StoredImages(store)
    images.look_again()
    first = StoreFrames(store).look(Wanted(0))

    def look(detail: Detail) -> Callable[[int], object]:
        reader = StoreFrames(store)
        return lambda k: reader.look(Wanted(k, first.scales, detail=detail))

    ways: dict[str, Callable[[int], object]] = {
        "the store opened by xarray": lambda k: storage.open(store),
        "the store glanced at": lambda k: Glance(store, images.look_again(), images.planes)["status"].values,
        "read by xarray": lambda k: [run[name][k].values for name in SHOWN],
        "read as written": lambda k: [images.read(name, k) for name in SHOWN],
        "read and painted whole": look(Detail()),
        "read and painted as large as on the screen": look(SMALL),
    }
    for way in ways.values():
        way(0)  # what is loaded at the first frame is loaded once
    return {name: [_took(way, k) for k in range(1, frames)] for name, way in ways.items()}


def _took(way: Callable[[int], object], sequence: int) -> float:
    began = time.process_time()
    way(sequence)
    return 1e3 * (time.process_time() - began)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(costs(Path(sys.argv[1]), int(sys.argv[2]))) + "\n")
