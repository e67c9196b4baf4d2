"""Two planes by two threads: what is done for x and for y alike, at the same time."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

SMALLEST = 1 << 16
"""Pixels from which a second thread is worth its start."""


def for_both(do: Callable[[int], None], pixels: int) -> None:
    """`do(0)` and `do(1)`, which release the interpreter's lock and share nothing they write."""
    if pixels < SMALLEST:
        do(0)
        do(1)
        return
    other = Thread(target=do, args=(1,))
    other.start()
    do(0)
    other.join()
