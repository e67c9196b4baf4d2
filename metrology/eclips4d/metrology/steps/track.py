"""A step over time, and what happened to the steps of a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.steps.edge import Edge

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One step from its first to its last sight.

    Attributes
    ----------
    step_id : int
        Its own among all steps of a run.
    seen : int64 [k]
        Frames in which it was found, counted from the first frame that was looked at; there may be gaps.
    edges : tuple of Edge [k]
    members : tuple of int
        The steps of which it consists while they cannot be told apart; empty for a step by itself.
    """

    step_id: int
    seen: NDArray[np.int64]
    edges: tuple[Edge, ...]
    members: tuple[int, ...] = ()

    @property
    def rises(self) -> bool:
        """Whether the surface rises along the line."""
        return self.edges[0].rises

    def column(self, name: str) -> F64:
        """One number of every edge, float64 [k]: `position_nm`, `time_s`, `height_nm`, ..."""
        return np.array([getattr(edge, name) for edge in self.edges], np.float64)


@dataclass(frozen=True, slots=True)
class Joining:
    """Steps that became one to the eye, or one that became several: `of` became `into` at a frame."""

    seen: int
    of: tuple[int, ...]
    into: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Linked:
    """Steps of one line over time.

    Attributes
    ----------
    tracks : tuple of Track
        Those seen often enough to be believed.
    joinings : tuple of Joining
        In the order of time.
    common_nm : float64 [frame]
        By how much all steps of a frame together were found off where they were expected.
    """

    tracks: tuple[Track, ...]
    joinings: tuple[Joining, ...]
    common_nm: F64


Edges: TypeAlias = tuple[Edge, ...]
