"""What a bucket shows of a run, and waiting until it does."""

from __future__ import annotations

import time
from collections.abc import Callable

from eclips4d import storage
from eclips4d.core.errors import InputError


def until(true: Callable[[], object]) -> None:
    """Wait; the test's own time limit ends it."""
    while not true():
        time.sleep(0.02)


def shown(place: str) -> int:
    """Frames that the bucket shows."""
    try:
        with storage.open(place) as run:
            return int(run.sizes["time"])
    except InputError:
        return 0
