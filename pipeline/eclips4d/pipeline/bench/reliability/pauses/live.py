"""A live run of the simulated microscope, whose frames are known by number: what is missing, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eclips4d.acquisition.open import open_source
from eclips4d.core.results import Status
from eclips4d.storage.reader import open as open_store


@dataclass(frozen=True, slots=True)
class Losses:
    """Frames of a store that has ended.

    Attributes
    ----------
    gaps
        Frames that never reached the store.
    wrong
        Frames whose pixels are not those of their hardware number.
    undone
        Frames without results.
    """

    frames: int
    gaps: int
    wrong: int
    undone: int


def losses(store: Path, address: str) -> Losses:
    """Compare every recorded frame with the microscope's own frame of that number.

    Parameters
    ----------
    address
        Of the simulated microscope, with `frames=`.
    """
    with open_store(store) as data, open_source(address, speed="max") as source:
        status, numbers, raw = data["status"].values, data["frame_id"].values, data["raw"]
        known = {frame.header.frame_id: frame.data for frame in source.frames()}
        gap = (status & Status.GAP).astype(bool)
        wrong = sum(not np.array_equal(raw[t].values, known[int(numbers[t])]) for t in range(len(status)) if not gap[t])
        return Losses(len(known), int(gap.sum()) + len(known) - len(status), wrong, int((~gap & ~_done(status)).sum()))


def _done(status: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    done: np.ndarray[tuple[int], np.dtype[np.bool_]] = (status & Status.DONE).astype(np.bool_)
    return done
