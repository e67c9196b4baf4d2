"""Pieces of edges that are followed over time: means over a few correlation lengths of noise.

A piece is born with an edge, some pixels long; in every later frame it consists of the points whose nearest earlier
points belonged to it. So it keeps its number while edges move, grow, split and merge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eclips4d.metrology.terraces.all_edges import AllEdges, all_edges
from eclips4d.metrology.terraces.comings import Comings
from eclips4d.metrology.terraces.contours import EdgeContour
from eclips4d.metrology.terraces.motion import EdgeMotion, motion_of_all

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]

BLOCK_PX = 24
COLUMNS = (
    "frame",
    "time_s",
    "seconds",
    "edge",
    "block",
    "x_nm",
    "y_nm",
    "normal_x",
    "normal_y",
    "length_nm",
    "height_nm",
    "curvature_per_nm",
    "curvature_change_per_nm",
    "velocity_nm_s",
    "velocity_u_nm_s",
    "drift_u_nm_s",
    "scale_u_nm_s",
    "swept_nm2_s",
    "doubtful",
)


@dataclass(slots=True)
class Followed:
    """What must be remembered from one frame to the next: the last edges and to which pieces their points belong."""

    pixel_scale_u: float = 0.0
    """Relative standard uncertainty of the pixel size, which all velocities share."""
    edges: Sequence[EdgeContour] = ()
    points: AllEdges = field(default_factory=lambda: all_edges(()))
    block: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    edge_of: list[int] = field(default_factory=list)
    edges_born: int = 0
    drift_sd_nm: float = 0.0
    comings: Comings = field(default_factory=Comings)
    """Closed edges that came or went whole."""
    motion: EdgeMotion = field(default_factory=lambda: motion_of_all(all_edges(()), all_edges(())))
    """How the newest points moved."""
    born: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    """Which of the newest edges are closed and were not there before."""

    def advance(self, frame: int, edges: Sequence[EdgeContour], drift_sd_nm: float = 0.0) -> pd.DataFrame:
        """Take the next frame's edges.

        Parameters
        ----------
        frame : int
            Its number, for the table.
        edges : sequence of EdgeContour
        drift_sd_nm : float
            Standard deviation of the frame's own place.

        Returns
        -------
        pandas.DataFrame
            One row per piece that was found again, `COLUMNS`: times are halfway between both frames, velocities along
            the normal, positive when the upper terrace grows; `velocity_u_nm_s` from the noise of the slopes,
            `drift_u_nm_s` from that of both frames' places, which all pieces share, `scale_u_nm_s` from that of the
            pixel size, which all frames share, too; `swept_nm2_s` is velocity times
            length with the ends of open edges, which have no curvature and are left out of the means if others have;
            `doubtful` is the share of points that may belong to another edge.
        """
        return pd.DataFrame(self.columns(frame, edges, drift_sd_nm), columns=list(COLUMNS))

    def columns(self, frame: int, edges: Sequence[EdgeContour], drift_sd_nm: float = 0.0) -> Columns:
        """As `advance`, the columns before they are a table; none without edges."""
        points = all_edges(edges)
        moved = motion_of_all(self.points, points)
        self.comings.take(self.edges, self.points, edges, points, moved)
        self.motion, self.born = moved, _born(edges, points, moved.earlier)
        block = self._numbered(points, moved.earlier)
        drift = float(np.hypot(drift_sd_nm, self.drift_sd_nm))
        found = _columns(frame, points, moved, block, np.asarray(self.edge_of, np.int64), drift) if edges else {}
        if found:
            found["scale_u_nm_s"] = self.pixel_scale_u * np.abs(found["velocity_nm_s"])
        self.edges, self.points, self.block, self.drift_sd_nm = edges, points, block, drift_sd_nm
        return found

    def _numbered(self, points: AllEdges, earlier: I64) -> I64:
        block = np.where(earlier >= 0, self.block[earlier] if self.block.size else -1, -1)
        if not block.size:
            return block
        for edge in np.flatnonzero(np.minimum.reduceat(block, points.starts[:-1]) < 0):
            part = block[points.starts[edge] : points.starts[edge + 1]]
            fresh = part < 0
            if fresh.any():
                known = part[~fresh]
                owner = self.edge_of[int(np.bincount(known).argmax())] if known.size else self.edges_born
                self.edges_born += not known.size
                piece = np.arange(len(part)) // max(round(len(part) / max(round(len(part) / BLOCK_PX), 1)), 1)
                there = np.bincount(piece[fresh]) > 0
                part[fresh] = len(self.edge_of) + (np.cumsum(there) - 1)[piece[fresh]]
                self.edge_of += [owner] * int(there.sum())
        return block


def _columns(frame: int, of: AllEdges, moved: EdgeMotion, block: I64, edge_of: I64, drift_nm: float) -> Columns:
    spacing, shared = np.repeat(of.spacing, of.lengths), np.repeat(of.correlation, of.lengths)
    moving = np.isfinite(moved.velocity_nm_s)
    there = np.bincount(block[moving]) > 0
    number, place = np.flatnonzero(there), (np.cumsum(there) - 1)[block[moving]]
    swept = np.bincount(place, weights=(moved.velocity_nm_s * spacing)[moving], minlength=len(number))
    bent = np.isfinite(moved.curvature_per_nm[moving])
    alone = np.bincount(place, weights=bent, minlength=len(number)) == 0
    known = np.flatnonzero(moving)[bent | alone[place]]
    place = place[bent | alone[place]]
    count = np.maximum(np.bincount(place, minlength=len(number)), 1)

    def mean(values: F64) -> F64:
        return np.asarray(np.bincount(place, weights=values[known], minlength=len(number)) / count)

    length, seconds = mean(spacing) * count, mean(moved.seconds)
    single = np.sqrt(mean(moved.velocity_u_nm_s**2))
    normal = np.column_stack([mean(of.normal[:, 0]), mean(of.normal[:, 1])])
    normal /= np.maximum(np.hypot(*normal.T), 1e-12)[:, None]
    return {
        "frame": np.full(len(number), frame),
        "time_s": mean(of.time_s - moved.seconds / 2.0),
        "seconds": seconds,
        "edge": edge_of[number],
        "block": number,
        "x_nm": mean(of.points[:, 0]),
        "y_nm": mean(of.points[:, 1]),
        "normal_x": normal[:, 0],
        "normal_y": normal[:, 1],
        "length_nm": length,
        "height_nm": mean(of.height),
        "curvature_per_nm": mean(moved.curvature_per_nm),
        "curvature_change_per_nm": mean(moved.curvature_change_per_nm),
        "velocity_nm_s": mean(moved.velocity_nm_s),
        "velocity_u_nm_s": single * np.sqrt(np.minimum(mean(shared) / np.maximum(length, 1e-12), 1.0)),
        "drift_u_nm_s": drift_nm / seconds,
        "swept_nm2_s": swept,
        "doubtful": mean(moved.doubtful.astype(np.float64)),
    }


def _born(edges: Sequence[EdgeContour], of: AllEdges, earlier: I64) -> NDArray[np.bool_]:
    if not edges:
        return np.zeros(0, np.bool_)
    return np.array([edge.closed for edge in edges]) & (np.maximum.reduceat(earlier, of.starts[:-1]) < 0)
