"""The drift over time as a plot and a read-out show it; knows no Qt.

Two components stand in the order x (to the right), y (downwards).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.drift import DriftSeries
from eclips4d.viewer.outline import MOST_POINTS, outline

Range: TypeAlias = tuple[float, float]
Values: TypeAlias = NDArray[np.float64]

MOST_RINGS = 60
"""Of more frames that are not aligned, these many are marked, evenly."""
MOST_CHANGES = 50
"""The newest changes of the grid are marked; more would hide the curves."""


@dataclass(frozen=True, slots=True, eq=False)
class DriftCurves:
    """What is drawn.

    Attributes
    ----------
    time_s : float64 [point]
        Start of the frame.
    nm, u_nm : float64 [2, point]
        Displacement and standard deviation, NaN where a frame has no result: the curve is broken there.
    lost_s, lost_nm : float64 [lost], [2, lost]
        Frames that are not aligned, with what was predicted for them.
    changes : tuple of (float, int)
        Time from which another reference grid is used, and the frame it is of.
    not_aligned, known : int
        How many frames of all; those without a result count in neither.
    span_s, reach_nm : (float, float)
        Times and displacements that hold all of it.
    """

    time_s: Values
    nm: Values
    u_nm: Values
    lost_s: Values
    lost_nm: Values
    changes: tuple[tuple[float, int], ...]
    not_aligned: int
    known: int
    span_s: Range
    reach_nm: Range


@dataclass(frozen=True, slots=True)
class DriftReadOut:
    """The drift of one frame; pairs are (x, y).

    `aligned` False: no shift was found, the values are predicted. Velocities are NaN for a frame that counts as taken
    in one instant.
    """

    frame: int
    reference: int
    aligned: bool
    px: Range
    u_px: Range
    nm: Range
    u_nm: Range
    velocity_nm_s: Range


def drift_curves(series: DriftSeries, most: int = MOST_POINTS) -> DriftCurves:
    """What to draw of a run with at least one result.

    Parameters
    ----------
    series : DriftSeries
        All committed frames.
    most : int
        Points per curve, about.
    """
    nm, u_nm, known = series.nm.T, series.u_nm.T, series.known
    nm, u_nm = np.where(known, nm, np.nan), np.where(known, u_nm, np.nan)
    drawn = outline(nm, most)
    lost = np.flatnonzero(known & ~series.aligned)
    marked = lost[:: max(1, -(-lost.size // MOST_RINGS))]
    changes = series.changes[-MOST_CHANGES:]
    return DriftCurves(
        time_s=series.time_s[drawn],
        nm=nm[:, drawn],
        u_nm=u_nm[:, drawn],
        lost_s=series.time_s[marked],
        lost_nm=nm[:, marked],
        changes=tuple((float(series.time_s[k]), int(series.reference[k])) for k in changes),
        not_aligned=int(lost.size),
        known=int(known.sum()),
        span_s=(float(series.time_s[0]), float(series.time_s[-1])),
        reach_nm=reach_nm(series),
    )


def reach_nm(series: DriftSeries) -> Range:
    """Least and greatest displacement with bands of one standard deviation.

    The bands of frames that are not aligned may grow without end: they count up to half the range of all the others.
    """
    known, aligned = series.known, series.aligned
    nm, u_nm = series.nm.T, series.u_nm.T
    sure = np.where(aligned, u_nm, 0.0)
    low, high = _extent(nm, sure, known)
    room = max((high - low) / 2, *series.pixel_size_nm)
    least, greatest = _extent(nm, u_nm, known)
    return max(low - room, least), min(high + room, greatest)


def drift_read_out(series: DriftSeries, frame: int) -> DriftReadOut | None:
    """The values of one frame; None when it has none."""
    if not 0 <= frame < len(series) or not series.known[frame]:
        return None

    def pair(values: Values) -> Range:
        return float(values[0]), float(values[1])

    return DriftReadOut(
        frame=frame,
        reference=int(series.reference[frame]),
        aligned=bool(series.aligned[frame]),
        px=pair(series.px[frame, ::-1]),
        u_px=pair(series.u_px[frame, ::-1]),
        nm=pair(series.nm[frame]),
        u_nm=pair(series.u_nm[frame]),
        velocity_nm_s=pair(series.velocity_nm_s[frame]),
    )


def widened(shown: Range | None, needed: Range, *, both_ways: bool = True, least: float = 1.0) -> Range:
    """An axis that holds what is needed and moves seldom: it stays, or is found anew with room to grow.

    Parameters
    ----------
    shown : (float, float) or None
        The axis as it is.
    needed : (float, float)
        What it must hold.
    both_ways : bool
        Leave room below, too.
    least : float
        Shortest length of the axis.
    """
    low, high = needed
    if shown is not None and shown[0] <= low and high <= shown[1]:
        return shown
    length = max(high - low, least)
    middle = (low + high) / 2
    if both_ways:
        return middle - 0.65 * length, middle + 0.65 * length
    return low, low + 1.3 * length


def _extent(nm: Values, u_nm: Values, known: NDArray[np.bool_]) -> Range:
    low = np.where(known, nm - u_nm, np.inf).min()
    return float(low), float(np.where(known, nm + u_nm, -np.inf).max())
