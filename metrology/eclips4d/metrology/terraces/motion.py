"""How edges moved from one frame to the next: for each point of an edge the nearest place of an earlier one.

The nearest place of a line lies along that line's normal, so its distance is the way along the normal: exact for
straight lines and circles, and to second order for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.terraces.all_edges import AllEdges, all_edges
from eclips4d.metrology.terraces.contours import EdgeContour
from eclips4d.metrology.terraces.nearest import any_nearer, nearest, sorted_into_cells

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

FURTHEST_PX = 20.0
ALIKE = 0.5
"""Cosine between normals of points that may belong to one edge."""
_FACING_PX = 15.0
"""In the search for the nearest place, opposite directions count as twice this distance."""
_CELL = 0.3
"""Size of the cells for that search, as a share of that distance."""


@dataclass(frozen=True, slots=True, eq=False)
class EdgeMotion:
    """How the points of an edge, or of all edges, moved; all arrays belong to these points.

    Attributes
    ----------
    displacement_nm : float64 [n]
        Along the normal, positive when the upper terrace grew; NaN where no earlier edge was found.
    seconds : float64 [n]
        Between the moments at which the old and the new place were seen.
    velocity_nm_s, velocity_u_nm_s : float64 [n]
        And the standard uncertainty of a single point (noise of both frames).
    curvature_per_nm, curvature_change_per_nm : float64 [n]
        Mean of both frames, and the newer less the older.
    doubtful : bool [n]
        The edge went further than a third of its distance from the next one, so it may be taken for another: beyond
        half of it nobody could tell (aliasing).
    earlier : int64 [n]
        Number of the nearest point among all points of the earlier edges; -1 where there is none.
    """

    displacement_nm: F64
    seconds: F64
    velocity_nm_s: F64
    velocity_u_nm_s: F64
    curvature_per_nm: F64
    curvature_change_per_nm: F64
    doubtful: NDArray[np.bool_]
    earlier: I64


def motion(
    previous: Sequence[EdgeContour], current: Sequence[EdgeContour], furthest_nm: float | None = None
) -> list[EdgeMotion]:
    """Normal velocities of the current edges since the previous ones, one member per current edge.

    Parameters
    ----------
    previous, current : sequence of EdgeContour
        Of two frames on one grid.
    furthest_nm : float, optional
        Edges do not move further; 20 px when not given.
    """
    new = all_edges(current)
    found = motion_of_all(all_edges(previous), new, furthest_nm)
    return [_part(found, slice(a, b)) for a, b in zip(new.starts[:-1], new.starts[1:], strict=True)]


def motion_of_all(old: AllEdges, new: AllEdges, furthest_nm: float | None = None) -> EdgeMotion:
    """As `motion`, all edges in one."""
    if not len(old.points) or not len(new.points):
        return _unknown(len(new.points))
    spacing = float(np.median(old.spacing))
    return _matched(old, new, furthest_nm or FURTHEST_PX * spacing, _FACING_PX * spacing)


def _unknown(count: int) -> EdgeMotion:
    gone = np.full(count, np.nan)
    return EdgeMotion(gone, gone, gone, gone, gone, gone, np.zeros(count, np.bool_), np.full(count, -1, np.int64))


def _matched(old: AllEdges, new: AllEdges, furthest_nm: float, facing_nm: float) -> EdgeMotion:
    cells = sorted_into_cells(np.column_stack([old.points, facing_nm * old.normal]), _CELL * facing_nm)
    reach = float(np.hypot(furthest_nm + facing_nm / 2.0, 1.1 * facing_nm))  # more than any that is good below
    earlier = nearest(cells, np.column_stack([new.points, facing_nm * new.normal]), reach)
    last = np.maximum(earlier, 0)
    offset, normal = new.points - old.points[last], old.normal[last]
    way, aside = _ahead(offset, normal, old.curvature[last]), np.abs(_across(offset, normal))
    alike = (new.normal * normal).sum(axis=1) > ALIKE
    # At the end of an open edge the nearest point is not where the normal meets the line.
    good = (earlier >= 0) & alike & (np.abs(way) <= furthest_nm) & (aside <= 0.1 * facing_nm)
    way = np.where(good, way, np.nan)
    seconds = np.where(good, new.time_s - old.time_s[last], np.nan)
    seconds[seconds <= 0] = np.nan
    doubtful = np.abs(way) > facing_nm / (2.0 * _FACING_PX)
    far, facing = way[doubtful], new.normal[doubtful]
    beyond = np.column_stack([new.points[doubtful] + far[:, None] * facing, facing_nm * facing])
    doubtful[doubtful] = any_nearer(cells, beyond, np.abs(far))
    return EdgeMotion(
        displacement_nm=way,
        seconds=seconds,
        velocity_nm_s=way / seconds,
        velocity_u_nm_s=np.hypot(new.sd, old.sd[last]) / seconds,
        curvature_per_nm=np.where(good, (new.curvature + old.curvature[last]) / 2.0, np.nan),
        curvature_change_per_nm=np.where(good, new.curvature - old.curvature[last], np.nan),
        doubtful=doubtful,
        earlier=np.where(good, earlier, -1),
    )


def _ahead(offset: F64, normal: F64, curvature: F64) -> F64:
    """Distance from a curved line along its normal, from the offset to one of its points; exact for circles."""
    ahead, aside = (offset * normal).sum(axis=1), _across(offset, normal)
    bend = np.nan_to_num(curvature)
    return np.asarray(ahead + 0.5 * bend * aside**2 / np.maximum(1.0 + bend * ahead, 0.1))


def _across(offset: F64, normal: F64) -> F64:
    return np.asarray(offset[:, 1] * normal[:, 0] - offset[:, 0] * normal[:, 1])


def _part(whole: EdgeMotion, where: slice) -> EdgeMotion:
    return EdgeMotion(*(getattr(whole, name)[where] for name in EdgeMotion.__slots__))
