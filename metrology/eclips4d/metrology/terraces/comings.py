"""Islands and pits that come and go: what they did while their edges were not seen.

An edge is found while the terrace inside it has a flat middle, down to a radius of some ten pixels. A pit that closes
is lost before it is full, and an island found after it began. What is left of a pit goes on closing at the pace at
which it was last seen to; what an island had when it was found came at the pace at which it then went on growing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.terraces.all_edges import AllEdges
from eclips4d.metrology.terraces.contours import EdgeContour
from eclips4d.metrology.terraces.motion import EdgeMotion

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coming:
    """A closed edge that came or went.

    Attributes
    ----------
    pair : int
        Number of the first frame that shows it, or of the first that does not any more, in the order they were taken.
    gain_nm3 : float
        What the surface gains by it: the volume of an island that came or a pit that went, less than 0 for the reverse.
    rate_nm3_s : float
        Gain per time when it was seen nearest to that; NaN for an edge that one frame alone shows.
    earlier : bool
        Whether the gain was made before that pair and in it (it came), or from it on (it went).
    at_nm : (float, float)
        Middle of the edge.
    """

    pair: int
    gain_nm3: float
    rate_nm3_s: float
    earlier: bool
    at_nm: tuple[float, float]

    def parts_nm3(self, seconds: F64) -> F64:
        """What of the gain was made in each pair of frames, [pair]; `seconds` is their distance, of pair 0 nothing.

        At its rate from that pair on, until it is used up. All at once where no rate is known, and nothing where the
        edge was not on its way to vanish: then it is lost from sight, and the surface has not changed.
        """
        parts = np.zeros(len(seconds))
        if np.isnan(self.rate_nm3_s):
            parts[self.pair] = self.gain_nm3
            return parts
        if self.rate_nm3_s * self.gain_nm3 <= 0.0:
            return parts
        order = np.arange(self.pair, 0, -1) if self.earlier else np.arange(self.pair, len(seconds))
        made = np.minimum(np.cumsum(abs(self.rate_nm3_s) * seconds[order]), abs(self.gain_nm3))
        parts[order] = np.sign(self.gain_nm3) * np.diff(made, prepend=0.0)
        return parts


@dataclass(slots=True)
class Comings:
    """Notes what comes and goes from frame to frame."""

    noted: list[Coming] = field(default_factory=list)
    rates_nm3_s: F64 = field(default_factory=lambda: np.zeros(0))
    """Of the newest edges, the volume that each added since the frame before; NaN for those that were not there."""
    fresh: list[tuple[int, Coming]] = field(default_factory=list)
    """What came with the newest edges, by number of the edge: its rate shows in the next frame."""
    taken: int = 0

    def take(
        self, old: Sequence[EdgeContour], old_points: AllEdges, new: Sequence[EdgeContour], points: AllEdges,
        moved: EdgeMotion,
    ) -> None:  # fmt: skip
        """The next frame's edges, `new`, and how they moved since `old`."""
        number = np.repeat(np.arange(len(new)), points.lengths)
        before = np.searchsorted(old_points.starts, moved.earlier, side="right") - 1
        there = moved.earlier >= 0
        self._settle(_rates(before[there], len(old), points, moved, there))
        if old and new:
            lost = np.bincount(before[there], minlength=len(old)) == 0
            born = np.bincount(number[there], minlength=len(new)) == 0
            gone = [k for k in np.flatnonzero(lost).tolist() if old[k].closed]
            came = [k for k in np.flatnonzero(born).tolist() if new[k].closed]
            self.noted += [self._coming(old[k], -1.0, float(self.rates_nm3_s[k])) for k in gone]
            self.fresh = [(k, self._coming(new[k], 1.0, np.nan)) for k in came]
        self.rates_nm3_s = _rates(number[there], len(new), points, moved, there)
        self.taken += 1

    def all(self) -> list[Coming]:
        """What came and went up to now; of what came with the last frame no rate is known."""
        return [*self.noted, *(coming for _, coming in self.fresh)]

    def _settle(self, rates: F64) -> None:
        self.noted += [replace(coming, rate_nm3_s=float(rates[k])) for k, coming in self.fresh]
        self.fresh = []

    def _coming(self, edge: EdgeContour, sign: float, rate: float) -> Coming:
        x, y = edge.points_nm.mean(axis=0)
        return Coming(self.taken, sign * _volume_nm3(edge), rate, sign > 0.0, (float(x), float(y)))


def hidden_nm3(comings: Iterable[Coming], seconds: F64) -> tuple[F64, F64]:
    """Volume gained unseen in each pair of frames, and its standard uncertainty, [pair].

    Each gain is uncertain by all of itself either way: a rectangular distribution, 1/sqrt(3) of it.
    """
    parts = np.array([coming.parts_nm3(seconds) for coming in comings]).reshape(-1, len(seconds))
    return parts.sum(axis=0), np.sqrt((parts**2).sum(axis=0) / 3.0)


def _rates(edge: NDArray[np.int64], count: int, of: AllEdges, moved: EdgeMotion, there: NDArray[np.bool_]) -> F64:
    """Step times velocity times length of each of so many edges, NaN where none of its points moved as far as known."""
    weight = (of.height * np.repeat(of.spacing, of.lengths))[there]
    velocity = moved.velocity_nm_s[there]
    known = np.isfinite(velocity)
    whole = np.bincount(edge, weight, count)
    seen = np.bincount(edge[known], weight[known], count)
    swept = np.bincount(edge[known], (weight * np.where(known, velocity, 0.0))[known], count)
    return np.where(seen > 0.0, swept * whole / np.where(seen > 0.0, seen, 1.0), np.nan)


def _volume_nm3(edge: EdgeContour) -> float:
    """Of an island, or minus that of a pit."""
    x, y = edge.points_nm.T
    area = 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))
    return float(np.copysign(area, edge.mean_curvature_per_nm)) * edge.usual_height_nm
