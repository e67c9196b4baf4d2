"""What was read and painted lately, kept until newer things need the room. One thread at a time uses it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

MOST_BYTES = 256 << 20

T = TypeVar("T")


class FrameMemory:
    """Values by key; the longest unused go first.

    Parameters
    ----------
    most_bytes : int
        Held at most, but for the newest value, which is held whatever its size.
    most_values : int, optional
        Held at most, too.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, most_values: int | None = None) -> None:
        self._most, self._most_values = most_bytes, most_values
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self.held_bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._kept

    def recall(self, key: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """The value of this key; made where it is not known any more.

        Parameters
        ----------
        key : hashable
        make : callable
            Makes the value.
        size : callable
            Its bytes.
        """
        if key in self._kept:
            self._kept.move_to_end(key)
            known: T = self._kept[key][0]
            return known
        value = make()
        self._kept[key] = value, size(value)
        self.held_bytes += self._kept[key][1]
        while self._is_too_much and len(self._kept) > 1:
            self.held_bytes -= self._kept.popitem(last=False)[1][1]
        return value

    @property
    def _is_too_much(self) -> bool:
        many = self._most_values is not None and len(self._kept) > self._most_values
        return many or self.held_bytes > self._most

    def forget(self) -> None:
        """Let everything go."""
        self._kept.clear()
        self.held_bytes = 0
