"""Surfaces come in any order and leave in the order of the chain. Pure: no sockets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class ReorderBuffer(Generic[T]):
    """Holds what came early; the hub's window bounds how much that can be, `make_room` what else may come.

    Parameters
    ----------
    last : int
        The link already handed on; what comes `after` it is next.
    """

    def __init__(self, last: int) -> None:
        self.last = last
        self._early: dict[int, tuple[int, T]] = {}

    def __len__(self) -> int:
        return len(self._early)

    def put(self, sequence: int, after: int, item: T) -> None:
        """Take one item; a link that comes twice, from a worker that died and its successor, counts once."""
        if sequence > self.last:
            self._early[after] = (sequence, item)

    def make_room(self, most: int) -> bool:
        """Let go of the item furthest from its turn when `most` wait already, and say False then."""
        waiting = [after for after, (_, item) in self._early.items() if item is not None]
        if len(waiting) < most:
            return True
        del self._early[max(waiting, key=lambda after: abs(after - self.last))]
        return False

    def ready(self) -> Iterator[tuple[int, T]]:
        """Items whose turn it is, in order; each counts as handed on when the next is asked for."""
        while self.last in self._early:
            sequence, item = self._early.pop(self.last)
            yield sequence, item
            self.last = sequence
