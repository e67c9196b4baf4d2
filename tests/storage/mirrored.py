"""What a bucket holds, held against the store and against what was written there."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
from made_stores import make_frame, make_registered

import eclips4d.storage as storage
from eclips4d.core.results import Status


def same(local: Path, place: str) -> None:
    """Every array of the bucket equals that of the store, bit for bit."""
    with storage.open(local) as here, storage.open(place) as there:
        assert set(here.variables) == set(there.variables)
        for name in here.variables:
            assert here[name].values.tobytes() == there[name].values.tobytes(), name
        assert here.attrs == there.attrs


def look(place: str, source) -> int:
    """How many frames the bucket shows; the newest of them and one more are checked to the last bit."""
    with storage.open(place) as run:
        length = run.sizes["time"]
        for frame in {length - 1, random.randrange(max(1, length))} - {-1} if length else ():
            assert np.array_equal(run["raw"][frame], make_frame(source, frame).data)
            assert np.array_equal(run["trust"][frame], make_registered(source, frame).surface.trust)
            assert int(run["status"][frame]) == Status.DONE
            assert float(run["time"][frame]) == 1.5 * frame
    return length
