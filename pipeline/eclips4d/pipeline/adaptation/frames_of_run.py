"""The frames of a run that a model is adapted to and, between them, those that it is checked on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from eclips4d import storage
from eclips4d.core.errors import InputError
from eclips4d.core.results import Status
from eclips4d.pipeline.adaptation.stored import StoredFrame, stored_frame

FRAMES: Final = 8
SMALLEST_PX: Final = 32
"""Side of the smallest frames that say anything about an instrument."""
_UNFIT: Final = Status.GAP | Status.DUPLICATE | Status.QUARANTINED


def frames_of_run(run: Path, count: int = FRAMES) -> list[StoredFrame]:
    """As many frames with results, evenly over what is committed; every second one is to check on.

    Raises
    ------
    InputError
        There are fewer than two, or they are too small.
    StoreError
        The store is damaged.
    """
    with storage.open(run) as seen:
        status = np.asarray(seen["status"].values)
        sides = (seen.sizes["y"], seen.sizes["x"])
    fit = np.flatnonzero((status & int(Status.DONE) > 0) & (status & int(_UNFIT) == 0))
    if len(fit) < 2:
        cure = "wait for more frames, or reprocess what has none"
        raise InputError(f"{len(fit)} frames with results, two are the least", where=str(run), cure=cure)
    if min(sides) < SMALLEST_PX:
        raise InputError(f"frames of {sides[0]} × {sides[1]} pixels are too small to adapt to", where=str(run))
    chosen = fit[np.unique(np.linspace(0, len(fit) - 1, max(count, 2)).round().astype(int))]
    return [stored_frame(run, int(sequence)) for sequence in chosen]
