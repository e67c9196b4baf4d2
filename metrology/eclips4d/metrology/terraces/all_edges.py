"""The points of all edges of a frame, one edge behind the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.terraces.contours import EdgeContour

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class AllEdges:
    """As `EdgeContour`, of all points of all edges.

    Attributes
    ----------
    points, normal : float64 [n, 2]
    curvature, time_s, sd, height : float64 [n]
    starts : int64 [edges + 1]
        Where each edge begins among the points, and where the last ends.
    spacing, correlation : float64 [edges]
    """

    points: F64
    normal: F64
    curvature: F64
    time_s: F64
    sd: F64
    height: F64
    starts: I64
    spacing: F64
    correlation: F64

    @property
    def lengths(self) -> I64:
        """Points of each edge."""
        return np.diff(self.starts)


def all_edges(edges: Sequence[EdgeContour]) -> AllEdges:
    """Put edges one behind the other; none makes no points."""

    def joined(name: str) -> F64:
        return np.concatenate([getattr(edge, name) for edge in edges]) if edges else np.zeros(0)

    points, normal = (joined(name).reshape(-1, 2) for name in ("points_nm", "normal"))
    lengths = [len(edge.points_nm) for edge in edges]
    return AllEdges(
        points=points,
        normal=normal,
        curvature=joined("curvature_per_nm"),
        time_s=joined("time_s"),
        sd=joined("position_sd_nm"),
        height=joined("height_nm"),
        starts=np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]),
        spacing=np.array([edge.spacing_nm for edge in edges]),
        correlation=np.array([edge.correlation_nm for edge in edges]),
    )
