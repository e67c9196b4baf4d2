"""An area: lines side by side, and which step of one line is which of the next.

A step met at s on one line is met on the next, c to the right, at s - c · across/height: its slopes tell where its
edge goes. Neighbouring lines' steps are paired so that the sum over all frames is cheapest; a chain of pairs is one
step of the area.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from eclips4d.metrology.movie import Movie
from eclips4d.metrology.profiles.line import Line
from eclips4d.metrology.steps.follow import Finding
from eclips4d.metrology.steps.measure import LineSteps, follow_lines, moved, renumbered
from eclips4d.metrology.steps.track import Track

F64 = NDArray[np.float64]

OFF = 3.0
"""Standard deviations of the riser within which a step must be met on the next line, beside what bends explain."""
BENDS = 0.3
"""By which the direction of an edge may change from line to line, over the distance of the lines."""


def follow_area(
    movie: Movie, line: Line, across_nm: float, lines: int, finding: Finding | None = None
) -> list[LineSteps]:
    """Follow the steps of an area: a strip around a line.

    Parameters
    ----------
    movie : Movie
    line : ((float, float), (float, float))
        Its middle, (x, y), nm.
    across_nm : float
        Width of the strip; the outermost lines lie half a distance of lines inside its borders.
    lines : int
        Into how many lines it is divided, each averaged over its share of the width.
    finding : Finding, optional

    Returns
    -------
    list of LineSteps
        From left to right when following the line on the screen; a step has the same number on all lines.

    Raises
    ------
    InputError
        As `measure.follow_line`.
    """
    share = across_nm / lines
    aside = (np.arange(lines) - 0.5 * (lines - 1)) * share
    return linked_lines(follow_lines(movie, [moved(line, float(c)) for c in aside], share, finding), share)


def linked_lines(found: Sequence[LineSteps], apart_nm: float) -> list[LineSteps]:
    """Parallel lines with step numbers of the area instead of each line's own; `apart_nm` is from line to line."""
    ids: dict[int, int] = {}
    linked = [found[0]] if found else []
    for line in found[1:]:
        pairs = _pairs(linked[-1].linked.tracks, line.linked.tracks, apart_nm)
        ids = {new: old for old, new in pairs}
        linked.append(renumbered(line, ids))
    return linked


def _pairs(left: Sequence[Track], right: Sequence[Track], apart_nm: float) -> list[tuple[int, int]]:
    if not left or not right:
        return []
    cost = np.array([[_cost(a, b, apart_nm) for b in right] for a in left])
    rows, columns = linear_sum_assignment(np.minimum(cost, 2.0))
    return [(left[i].step_id, right[j].step_id) for i, j in zip(rows, columns, strict=True) if cost[i, j] < 1.0]


def _cost(a: Track, b: Track, apart_nm: float) -> float:
    """How far apart two steps are from being one, over what is allowed; infinite when never seen together."""
    together, at_a, at_b = np.intersect1d(a.seen, b.seen, return_indices=True)
    if a.rises is not b.rises or not together.size:
        return float("inf")
    first, second = (
        {name: track.column(name)[at] for name in ("position_nm", "across_nm", "height_nm", "sd_nm", "time_s")}
        for track, at in ((a, at_a), (b, at_b))
    )
    turn = 0.5 * (first["across_nm"] / first["height_nm"] + second["across_nm"] / second["height_nm"])
    speed = _speed(a)
    off = second["position_nm"] - first["position_nm"] + apart_nm * turn
    off -= speed * (second["time_s"] - first["time_s"])
    return float(np.median(np.abs(off)) / (OFF * float(np.median(first["sd_nm"])) + BENDS * apart_nm))


def _speed(track: Track) -> float:
    time, place = track.column("time_s"), track.column("position_nm")
    return float(np.polyfit(time - time[0], place, 1)[0]) if time.size > 2 and np.ptp(time) > 0 else 0.0
