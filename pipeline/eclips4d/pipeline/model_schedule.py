"""Which model inverts which frame: the run's own, and from given frames on others. Pure, and kept in the store.

A frame's model follows from its number alone, so a frame that is handed out again, deferred, or inverted after a
restart gets the model that it would have had.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from eclips4d.core.errors import InputError

ATTRIBUTE = "models_from"
"""Name in the store's attributes: pairs of first frame and model, in order."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Models by their first frames.

    Attributes
    ----------
    own : str
        The run's model, from frame 0 on.
    changes : tuple of (int, str)
        First frame and model, by rising frames.
    """

    own: str
    changes: tuple[tuple[int, str], ...] = ()

    def of(self, sequence: int) -> str:
        """The model of a frame."""
        known = bisect_right([first for first, _ in self.changes], sequence)
        return self.changes[known - 1][1] if known else self.own

    @property
    def newest(self) -> str:
        """The one that holds last."""
        return self.changes[-1][1] if self.changes else self.own

    def changed(self, first: int, name: str) -> Schedule:
        """With another model from a frame on, which may replace one from the same frame.

        Raises
        ------
        InputError
            A later frame has another model already.
        """
        kept = tuple(change for change in self.changes if change[0] != first)
        if kept and kept[-1][0] > first:
            cure = f"give frame {kept[-1][0]} or a later one"
            raise InputError(f"another model holds from frame {kept[-1][0]} on", where=f"frame {first}", cure=cure)
        return Schedule(self.own, (*kept, (first, name)))

    def stored(self) -> list[list[int | str]]:
        """As it is kept in the store."""
        return [list(change) for change in self.changes]


def schedule_of(own: str, stored: object) -> Schedule:
    """What a store keeps; nothing stored is no change."""
    if not isinstance(stored, Sequence) or isinstance(stored, str):
        return Schedule(own)
    return Schedule(own, tuple((int(first), str(name)) for first, name in stored))
