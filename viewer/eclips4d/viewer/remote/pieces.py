"""Pieces of what came over the network, kept so that they need not come again."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

MOST_PIECES, MOST_BYTES = 512, 256 << 20


class Pieces:
    """Values by name; those unused for longest go first. One thread at a time uses it.

    Parameters
    ----------
    most, most_bytes : int
        Values, and bytes of their arrays, at most.
    """

    def __init__(self, most: int = MOST_PIECES, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._kept: OrderedDict[bytes, object] = OrderedDict()
        self.held_bytes = 0

    @property
    def names(self) -> tuple[bytes, ...]:
        """Of all that are kept."""
        return tuple(self._kept)

    def get(self, name: bytes) -> object | None:
        """The value of this name, if it is kept."""
        if name in self._kept:
            self._kept.move_to_end(name)
        return self._kept.get(name)

    def put(self, name: bytes, value: object) -> None:
        """Keep a value for now; `trim` lets go of what is too much."""
        if name not in self._kept:
            self.held_bytes += _bytes_of(value)
        self._kept[name] = value

    def forget(self) -> None:
        """Let everything go."""
        self._kept.clear()
        self.held_bytes = 0

    def trim(self) -> None:
        """Let go of what is too much; not while a value is being put together."""
        while len(self._kept) > self._most or (self.held_bytes > self._most_bytes and len(self._kept) > 1):
            self.held_bytes -= _bytes_of(self._kept.popitem(last=False)[1])


def _bytes_of(value: object) -> int:
    return value.nbytes if isinstance(value, np.ndarray) else 0
