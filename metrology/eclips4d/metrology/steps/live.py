"""Steps that are being followed, while a run is gone through."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

import numpy as np

from eclips4d.metrology.steps.align import Sequence
from eclips4d.metrology.steps.edge import Edge
from eclips4d.metrology.steps.motion import Motion, Unrest, predicted, started, updated

MISSED, MISSED_AGAIN, NEW, AT_END = 9.0, 3.0, 9.0, 1.0
"""Costs of not finding a step that was there, of not finding it again, of a new one, of either at the line's end."""
FREE = 100.0
"""Variances of the height are multiplied by this at the line's end, where half a riser is seen."""


@dataclass(slots=True)
class Live:
    """One step, or several that cannot be told apart.

    Attributes
    ----------
    step_id, motion
    seen, edges
        Frames in which it was found, and as what.
    leaves
        Steps of which it consists, in the order of their places, with their heights; empty for a step by itself.
    missed
        Frames since it was found last.
    """

    step_id: int
    motion: Motion
    seen: list[int] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    leaves: tuple[Live, ...] = ()
    missed: int = 0

    @property
    def last(self) -> Edge:
        """As which it was found last."""
        return self.edges[-1]

    def height(self) -> float:
        """Median of the last heights."""
        return median([edge.height_nm for edge in self.edges[-7:]])


def begin(step_id: int, edge: Edge, seen: int, velocity: float, velocity_sd: float) -> Live:
    """A step seen for the first time."""
    motion = started(edge.time_s, edge.position_nm, edge.position_u_nm, velocity, velocity_sd)
    return Live(step_id, motion, [seen], [edge])


def see(step: Live, edge: Edge, seen: int, unrest: Unrest, common_nm: float = 0.0) -> None:
    """A step found once more, `common_nm` being by how much all of the frame are displaced."""
    variance = edge.position_u_nm**2 + unrest.place_nm**2 + common_nm**2
    step.motion = updated(predicted(step.motion, edge.time_s, unrest), edge.position_nm, variance)
    step.seen.append(seen)
    step.edges.append(edge)
    step.missed = 0


def expected(steps: list[Live], times_s: list[float], unrest: Unrest, length_nm: float) -> Sequence:
    """Where steps should be; they must be in the order of their places."""
    ahead = [predicted(step.motion, t, unrest) for step, t in zip(steps, times_s, strict=True)]
    place, sd = np.array([m.place for m in ahead]), np.array([step.last.sd_nm for step in steps])
    spread = np.sqrt(np.array([m.var_place for m in ahead])) + unrest.place_nm
    end = (place < 2.0 * sd + spread) | (place > length_nm - 2.0 * sd - spread)
    alone = np.array([MISSED_AGAIN if step.missed else MISSED for step in steps])
    u = np.array([step.last.height_u_nm for step in steps])
    return Sequence(
        place=place,
        place_var=np.array([m.var_place for m in ahead]),
        height=np.array([step.height() for step in steps]),
        height_var=u**2 * np.where(end, FREE, 1.0),
        sd=sd,
        alone=np.where(end, AT_END, alone),
    )


def found(edges: list[Edge], unrest: Unrest, length_nm: float, speed_nm: float) -> Sequence:
    """Steps of a frame; `speed_nm` is how far steps go from frame to frame."""
    place, u, height, height_u, sd = (
        np.array([getattr(edge, name) for edge in edges], np.float64)
        for name in ("position_nm", "position_u_nm", "height_nm", "height_u_nm", "sd_nm")
    )
    end = (place < 3.0 * sd + speed_nm) | (place > length_nm - 3.0 * sd - speed_nm)
    return Sequence(place, u**2 + unrest.place_nm**2, height, height_u**2, sd, np.where(end, AT_END, NEW))
