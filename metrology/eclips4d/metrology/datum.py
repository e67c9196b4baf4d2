"""The datum over time, as registration stored it: by which plane each height lies off its reference frame's.

A height less its plane compares with the reference frame's. Where the plane is NaN nothing static was found, and
change of height since the reference frame cannot be told.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Status

if TYPE_CHECKING:
    from eclips4d.storage.glance import Run

COLUMNS = ("status", "reference", "datum", "datum_sd")
"""Arrays of a store that tell the datum; stores made before there was one lack the last two."""


@dataclass(frozen=True, slots=True, eq=False)
class DatumSeries:
    """By which plane every height lies off.

    Attributes
    ----------
    status : int64 [frame]
        Bits of `eclips4d.core.results.Status`.
    reference : int64 [frame]
        The frame from which change counts; -1 where there is no result.
    plane, sd : float64 [frame, (offset_nm, tilt_x, tilt_y)]
        Offset in the middle of the image, nm, slopes dh/dx and dh/dy, and their standard deviations; NaN where
        unobservable.
    """

    status: NDArray[np.int64]
    reference: NDArray[np.int64]
    plane: NDArray[np.float64]
    sd: NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.status.size)

    @property
    def known(self) -> NDArray[np.bool_]:
        """[frame] whether the frame has a result."""
        done: NDArray[np.bool_] = (self.status & int(Status.DONE)) > 0
        return done

    @property
    def observable(self) -> NDArray[np.bool_]:
        """[frame] whether its change of height since its reference frame can be told."""
        return np.asarray(self.known & np.isfinite(self.plane + self.sd).all(axis=1), np.bool_)

    @property
    def newest(self) -> int | None:
        """The newest frame whose datum is observable."""
        there = np.flatnonzero(self.observable)
        return int(there[-1]) if there.size else None


def has_datum(run: Run) -> bool:
    """Whether the store tells a datum at all."""
    return all(name in run.variables for name in COLUMNS)


def read_datum(run: Run, first: int = 0) -> DatumSeries | None:
    """The datum of the committed frames from `first` on; None for a store that tells none.

    Parameters
    ----------
    run : Run
        As `eclips4d.storage.open` gives it; the store may be growing.
    first : int
        Where to begin; frame numbers of the result then count from it.
    """
    if not has_datum(run):
        return None
    found = {name: run[name][first:].values for name in COLUMNS}
    status = found["status"].astype(np.int64)
    known = (status & int(Status.DONE)) > 0
    rows = {name: np.where(known[:, None], found[name].reshape(-1, 3), np.nan) for name in ("datum", "datum_sd")}
    plane, sd = (values.astype(np.float64) for values in rows.values())
    return DatumSeries(status, np.where(known, found["reference"], -1).astype(np.int64), plane, sd)


def joined(before: DatumSeries, first: int, after: DatumSeries) -> DatumSeries:
    """The first frames of one series, then those of another of the same run."""
    names = (field.name for field in fields(DatumSeries))
    return DatumSeries(*(np.concatenate([getattr(before, name)[:first], getattr(after, name)]) for name in names))
