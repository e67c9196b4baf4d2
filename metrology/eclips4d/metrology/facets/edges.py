"""Directions of straight steps in the plane, freed from their motion while they are scanned.

Rows are seen one after the other. A step that moves along its normal at v leaves an image turned by up to v · (line
time) / (row pitch): 0.06 nm/s · 15 ms per 4 nm row is little, but steps that travel their width in a frame are turned
by whole degrees. Points of the middle line therefore carry the time of their own row, and direction, place and speed
are fitted together, which takes two frames, or a speed from elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.facets.edge_points import EdgePoints, Near, edge_points
from eclips4d.metrology.facets.lines import robust_fit
from eclips4d.metrology.movie import Grid, SurfaceFrame
from eclips4d.metrology.quantity import Quantity

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class StraightEdge:
    """A straight step.

    Attributes
    ----------
    direction_deg : Quantity
        On the screen, 0 to 180, counter-clockwise from the right.
    velocity_nm_s : Quantity
        Along its normal, positive to the left of the line's direction from start to end as seen on the screen. Its
        systematic part is that of the pixel size, or what was stated of a velocity that was given.
    as_seen_deg : float
        The direction that its image in the first frame has, not corrected for motion.
    points : int
    misfit : float
        sqrt(chi²/dof) of the straight line; uncertainties are multiplied by it where it exceeds 1.
    """

    direction_deg: Quantity
    velocity_nm_s: Quantity
    as_seen_deg: float
    points: int
    misfit: float


def straight_edge(
    frames: Sequence[SurfaceFrame], grid: Grid, near: Near, velocity_nm_s: Quantity | None = None
) -> StraightEdge:
    """Direction and speed of a straight step.

    Parameters
    ----------
    frames
        Two or more in which it stays within the band and keeps its speed; or one, with a velocity. The frame on whose
        start the grid stands is left out where two others remain: how it drifted while it was scanned is not known.
    velocity_nm_s
        Along the normal, as `StraightEdge.velocity_nm_s`; from the frames when not given.

    Raises
    ------
    InputError
        One frame without a velocity although its rows differ in time, or no step in the band.
    """
    frames = _with_known_drift(frames)
    found = [edge_points(frame, grid, near) for frame in frames]
    moves = any(np.ptp(frame.row_time_s) > 0.0 for frame in frames)
    if len(frames) == 1 and velocity_nm_s is None and moves:
        raise InputError("the direction of a step that may move needs two frames", cure="give its velocity")
    points = np.concatenate([np.stack([p.along, p.across, p.u, p.time_s]) for p in found], axis=1)
    points[3] -= points[3].mean()
    still = _fitted(points, len(found[0].along), float(np.degrees(near.direction_rad)), velocity_nm_s)
    return _with_drift(still, frames, found, grid)


def _with_known_drift(frames: Sequence[SurfaceFrame]) -> Sequence[SurfaceFrame]:
    """Without the frame on whose start the grid stands, if two others remain: its drift during the scan is unknown."""
    sure = [frame for frame in frames if max(frame.drift.sd) > 0.0]
    return sure if len(sure) >= 2 else frames


def _with_drift(
    edge: StraightEdge, frames: Sequence[SurfaceFrame], found: Sequence[EdgePoints], grid: Grid
) -> StraightEdge:
    """With what frames have in common: an error of the drift's rate shears one, an error of its place moves it."""
    sd_px = max(float(np.hypot(*frame.drift.sd)) / np.sqrt(2.0) for frame in frames)
    rows = len(frames[0].row_time_s)
    per_row = np.sqrt(2.0 / len(frames)) * sd_px / max(rows - 1, 1)
    shear = per_row * abs(np.sin(np.radians(edge.direction_deg.value)))
    direction = _wider(edge.direction_deg, float(np.degrees(shear)))
    between = frames[-1].time_s - frames[0].time_s
    if between <= 0.0:
        return replace(edge, direction_deg=direction)
    placed = max(points.common_u for points in found)
    moved = np.sqrt(2.0) * np.hypot(sd_px * float(np.sqrt(np.prod(grid.pixel_size_nm))), placed)
    velocity = _wider(edge.velocity_nm_s, float(moved / between))
    return replace(edge, direction_deg=direction, velocity_nm_s=velocity.with_scale(grid.pixel_scale_u))


def _wider(quantity: Quantity, u: float) -> Quantity:
    return replace(quantity, random_u=float(np.hypot(quantity.random_u, u)))


def _fitted(points: F64, of_first: int, base_deg: float, velocity: Quantity | None) -> StraightEdge:
    """Across = place + turn · along + speed · time, of points' rows (along, across, u, time), outliers left out."""
    along, across, u, time = points
    design = np.column_stack([np.ones_like(along), along - along.mean(), time])
    first = float(robust_fit(design[:of_first, :2], across[:of_first], u[:of_first]).solution[1])
    free = velocity is None and np.ptp(time) > 0.0
    # Speed across the line near the step is that along the normal over the cosine between both.
    given = 0.0 if velocity is None or free else velocity.value * float(np.hypot(1.0, first))
    fit = robust_fit(design[:, : 3 if free else 2], across - given * time, u)
    solved, inverse, kept = fit.solution, fit.covariance, fit.kept
    turn, grow = float(solved[1]), fit.growth
    per_turn = 1.0 / (1.0 + turn**2)
    random = float(np.sqrt(inverse[1, 1])) * grow * per_turn
    shear = 0.0
    if free:
        u_speed = float(np.sqrt(inverse[2, 2] * per_turn)) * grow
        velocity = Quantity(float(solved[2]) * float(np.sqrt(per_turn)), u_speed)
    elif velocity is not None:
        # A given velocity's own error turns the line.
        weighted = design[kept, :2].T @ (time[kept] / u[kept] ** 2)
        shear = float((inverse @ weighted)[1]) * per_turn
    still = Quantity(0.0, 0.0) if velocity is None else velocity
    turned = Quantity(
        (base_deg + float(np.degrees(np.arctan(turn)))) % 180.0,
        float(np.degrees(np.hypot(random, shear * still.random_u))),
        float(np.degrees(abs(shear) * still.systematic_u)),
    )
    seen = float((base_deg + np.degrees(np.arctan(first))) % 180.0)
    return StraightEdge(turned, still, seen, int(kept.sum()), fit.misfit)
