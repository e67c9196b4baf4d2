"""Drift over time, as registration stored it: in pixels and nm, with standard deviations and velocities.

Components in px are (row, column), lengths and velocities are (x, y): x to the right, y downwards, as the array axes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import StoreError
from eclips4d.core.results import Status

if TYPE_CHECKING:
    from eclips4d.storage.glance import Run

COLUMNS = ("time", "status", "reference", "drift", "drift_sd", "drift_rate", "line_time")
"""Arrays of a store that tell the drift."""


@dataclass(frozen=True, slots=True, eq=False)
class DriftSeries:
    """Where the image content lay, frame by frame.

    Attributes
    ----------
    time_s : float64 [frame]
        Start of the first row.
    status : int64 [frame]
        Bits of `eclips4d.core.results.Status`.
    reference : int64 [frame]
        The frame whose grid is used; -1 where there is no result.
    px, u_px : float64 [frame, 2]
        Displacement at the start of the frame relative to the start of frame 0 and its standard deviation, (row,
        column), px; NaN where there is no result.
    rate_px : float64 [frame, 2]
        Change of the displacement from the first to the last row.
    scan_s : float64 [frame]
        Time from the first to the last row; 0 for a frame that counts as taken in one instant.
    pixel_size_nm : (float, float)
        Along x and y.
    """

    time_s: NDArray[np.float64]
    status: NDArray[np.int64]
    reference: NDArray[np.int64]
    px: NDArray[np.float64]
    u_px: NDArray[np.float64]
    rate_px: NDArray[np.float64]
    scan_s: NDArray[np.float64]
    pixel_size_nm: tuple[float, float]

    def __len__(self) -> int:
        return int(self.time_s.size)

    @property
    def known(self) -> NDArray[np.bool_]:
        """[frame] whether the frame has a result; one that is not aligned has what was predicted."""
        row, column = (self.px + self.u_px).T
        done: NDArray[np.bool_] = (self.status & int(Status.DONE)) > 0
        finite: NDArray[np.bool_] = np.isfinite(row + column)
        return done & finite

    @property
    def aligned(self) -> NDArray[np.bool_]:
        """[frame] whether the frame's own shift was found."""
        unaligned: NDArray[np.bool_] = (self.status & int(Status.NOT_ALIGNED)) > 0
        return self.known & ~unaligned

    @property
    def measured(self) -> NDArray[np.bool_]:
        """[frame] aligned, and not at zero by definition as the first frame is."""
        spread: NDArray[np.bool_] = self.u_px[:, 0] + self.u_px[:, 1] > 0
        return self.aligned & spread

    @property
    def nm(self) -> NDArray[np.float64]:
        """[frame, (x, y)] displacement."""
        return self.px[:, ::-1] * self.pixel_size_nm

    @property
    def u_nm(self) -> NDArray[np.float64]:
        """[frame, (x, y)] standard deviation of the displacement."""
        return self.u_px[:, ::-1] * self.pixel_size_nm

    @property
    def velocity_nm_s(self) -> NDArray[np.float64]:
        """[frame, (x, y)] mean velocity during the scan; NaN for a frame that counts as taken in one instant."""
        scan = np.where(self.scan_s > 0, self.scan_s, np.nan)
        return self.rate_px[:, ::-1] * self.pixel_size_nm / scan[:, None]

    @property
    def changes(self) -> NDArray[np.int64]:
        """[change] frames whose reference differs from that of the frame with a result before them."""
        there = np.flatnonzero(self.known)
        changed: NDArray[np.int64] = there[1:][np.diff(self.reference[there]) != 0]
        return changed

    @property
    def references(self) -> list[int]:
        """The frames whose grids were used, in the order of their use."""
        return list(dict.fromkeys(self.reference[self.known].tolist()))


def read_drift(run: Run, pixel_size_nm: tuple[float, float], first: int = 0) -> DriftSeries:
    """The drift of the committed frames from `first` on.

    Parameters
    ----------
    run : Run
        As `eclips4d.storage.open` gives it; the store may be growing.
    pixel_size_nm : (float, float)
        Along x and y.
    first : int
        Where to begin; frame numbers of the result then count from it.

    Raises
    ------
    StoreError
        A column is missing.
    """
    gone = [name for name in COLUMNS if name not in run.variables]
    if gone:
        raise StoreError(f"its {gone[0]} is missing", cure="run eclips4d info --repair on it")
    found = {name: run[name][first:].values for name in COLUMNS}
    status = found["status"].astype(np.int64)
    known = (status & int(Status.DONE)) > 0
    px, u_px, rate = (
        np.where(known[:, None], found[name], np.nan).astype(np.float64) for name in ("drift", "drift_sd", "drift_rate")
    )
    line_s = np.maximum(found["line_time"].astype(np.float64), 0.0)
    return DriftSeries(
        time_s=found["time"].astype(np.float64),
        status=status,
        reference=np.where(known, found["reference"], -1).astype(np.int64),
        px=px,
        u_px=u_px,
        rate_px=rate,
        scan_s=max(run.sizes["y"] - 1, 0) * line_s,
        pixel_size_nm=pixel_size_nm,
    )


def joined(before: DriftSeries, first: int, after: DriftSeries) -> DriftSeries:
    """The first frames of one series, then those of another of the same run."""
    columns = (field.name for field in fields(DriftSeries) if field.name != "pixel_size_nm")
    parts = {name: np.concatenate([getattr(before, name)[:first], getattr(after, name)]) for name in columns}
    return DriftSeries(**parts, pixel_size_nm=after.pixel_size_nm)
