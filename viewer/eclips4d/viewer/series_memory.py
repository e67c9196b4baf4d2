"""Columns of a growing store, read once: after a commit only what it added or changed is read again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from eclips4d.storage.glance import Run


class Series(Protocol):
    """Something known of every committed frame."""

    @property
    def status(self) -> NDArray[np.int64]:
        """[frame] bits of `eclips4d.core.results.Status`."""

    def __len__(self) -> int: ...


S = TypeVar("S", bound=Series)


class SeriesMemory(Generic[S]):
    """Remembers one series of one run.

    A committed frame changes only when it was deferred and is filled in; its status then tells.

    Parameters
    ----------
    columns : sequence of str
        Arrays of the store that it is made of.
    joined : callable
        The first frames of one series, then those of another.
    """

    def __init__(self, columns: Sequence[str], joined: Callable[[S, int, S], S]) -> None:
        self._columns, self._joined = columns, joined
        self._run_id = ""
        self._known: S | None = None

    def read(self, run_id: str, run: Run, fresh: Callable[[int], S | None]) -> S | None:
        """The series of all committed frames; None when the store lacks a column of it.

        Parameters
        ----------
        run_id : str
            What is known of another run is forgotten.
        run : Run
            What is committed at this moment.
        fresh : callable
            Reads the series from a frame on; None when there is none.
        """
        if any(name not in run.variables for name in self._columns):
            return None
        before = self._known if run_id == self._run_id else None
        first = 0 if before is None else _unchanged(before, run)
        if before is not None and first == len(before) == run.sizes["time"]:
            return before
        added = fresh(first)
        if added is None:
            return None
        self._run_id = run_id
        self._known = added if before is None else self._joined(before, first, added)
        return self._known


def _unchanged(before: Series, run: Run) -> int:
    """How many frames from the first on are as they were."""
    count = min(len(before), run.sizes["time"])
    changed = np.flatnonzero(run["status"][:count].values != before.status[:count])
    return int(changed[0]) if changed.size else count
