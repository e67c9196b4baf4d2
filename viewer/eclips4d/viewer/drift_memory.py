"""The drift of a growing store, read once: after a commit only what it added or changed is read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eclips4d.metrology.drift import COLUMNS, DriftSeries, joined, read_drift

if TYPE_CHECKING:
    import xarray as xr


class DriftMemory:
    """Remembers the drift of one run.

    A committed frame changes only when it was deferred and is filled in; its status then tells.
    """

    def __init__(self) -> None:
        self._run_id = ""
        self._known: DriftSeries | None = None

    def read(self, run_id: str, run: xr.Dataset, pixel_size_nm: tuple[float, float]) -> DriftSeries | None:
        """The drift of all committed frames; None when the store has lost a column of it.

        Parameters
        ----------
        run_id : str
            Another run's drift is forgotten.
        run : xarray.Dataset
            What is committed at this moment.
        pixel_size_nm : (float, float)
            Along x and y.
        """
        if any(name not in run.variables for name in COLUMNS):
            return None
        before = self._known if run_id == self._run_id else None
        first = 0 if before is None else _unchanged(before, run)
        if before is not None and first == len(before) == run.sizes["time"]:
            return before
        fresh = read_drift(run, pixel_size_nm, first)
        self._run_id = run_id
        self._known = fresh if before is None else joined(before, first, fresh)
        return self._known


def _unchanged(before: DriftSeries, run: xr.Dataset) -> int:
    """How many frames from the first on are as they were."""
    count = min(len(before), run.sizes["time"])
    changed = np.flatnonzero(run["status"][:count].values != before.status[:count])
    return int(changed[0]) if changed.size else count
