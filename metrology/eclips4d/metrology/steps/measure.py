"""The steps of a line, or of several side by side, through a run: what `eclips4d profile` writes down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame
from eclips4d.metrology.profiles.line import Line, Profile, Sampler, line_sampler
from eclips4d.metrology.profiles.response import USUAL, Response
from eclips4d.metrology.steps.alias import Within
from eclips4d.metrology.steps.common import common_jumps
from eclips4d.metrology.steps.events import Event, events_of
from eclips4d.metrology.steps.follow import Finding, follow
from eclips4d.metrology.steps.kymograph import kymograph
from eclips4d.metrology.steps.sideways import ASIDE_PX, within_frames
from eclips4d.metrology.steps.track import Linked, Track
from eclips4d.metrology.steps.velocity import drift_u_over
from eclips4d.metrology.steps.wander import Sights, Wander, sights_of, wander_of

if TYPE_CHECKING:
    import xarray as xr

F64 = NDArray[np.float64]

LOOKS = 16
"""Frames in which velocities within the frame are looked for."""


@dataclass(frozen=True, slots=True, eq=False)
class LineSteps:
    """The steps of one line over time.

    Attributes
    ----------
    line : ((float, float), (float, float))
        Start and end, (x, y), nm.
    frames : tuple of int
        Numbers of the frames in the run.
    profiles : tuple of Profile [frame]
    linked : Linked
        Tracks; their `seen` counts in `frames`.
    events : tuple of Event
    wander : Wander
        How positions stray from smooth motion.
    jump_nm : float64 [frame]
        Standard uncertainty of all positions of a frame because all were displaced together; mostly 0.
    within : dict of int to Within
        By step: velocity within frames, where the scan tells it.
    frame_s : float
        From frame to frame.
    drift_u_nm_s : float
        Velocity along the line that drift may have left in all positions, over the whole run.
    grid : Grid
    response : Response
    """

    line: Line
    frames: tuple[int, ...]
    profiles: tuple[Profile, ...]
    linked: Linked
    events: tuple[Event, ...]
    wander: Wander
    jump_nm: F64
    within: dict[int, Within]
    frame_s: float
    drift_u_nm_s: float
    grid: Grid
    response: Response = USUAL

    @property
    def length_nm(self) -> float:
        """Of the line."""
        return float(self.profiles[0].distance_nm[-1])

    def sights(self, track: Track) -> Sights:
        """Positions of a step with their uncertainties, for velocities."""
        return sights_of(track, self.jump_nm)

    def drift_u_over(self, seconds: float) -> float:
        """Velocity, nm/s, that drift may have left over a part of the run."""
        return drift_u_over(seconds, self.frame_s * (len(self.frames) - 1), self.drift_u_nm_s)

    def kymograph(self) -> xr.Dataset:
        """Slope and height over frame and distance; see `kymograph.kymograph`."""
        return kymograph(self.profiles, self.frames)


def follow_line(
    movie: Movie, line: Line, width_nm: float = 0.0, finding: Finding | None = None, first_id: int = 1
) -> LineSteps:
    """Find and follow the steps of a line through a run, reading each frame once.

    Parameters
    ----------
    movie : Movie
    line : ((float, float), (float, float))
        Start and end, (x, y), nm on the registered grid.
    width_nm : float
        Over which is averaged across the line.
    finding : Finding, optional
    first_id : int
        Number of the first step.

    Raises
    ------
    InputError
        No frames, a line that leaves the field or is too short, a negative width.
    """
    return follow_lines(movie, (line,), width_nm, finding, first_id)[0]


def follow_lines(
    movie: Movie, lines: Sequence[Line], width_nm: float = 0.0, finding: Finding | None = None, first_id: int = 1
) -> list[LineSteps]:
    """As `follow_line`, for several lines at once; step numbers go on from line to line."""
    if not len(movie):
        raise InputError("no frame has a surface", cure="wait for results, or run with --model")
    for line in lines:
        check_line(line, width_nm, movie)
    readers = [_Reader.of(line, movie, width_nm) for line in lines]
    looked = set(np.unique(np.linspace(0, len(movie) - 1, LOOKS).astype(int)).tolist())
    drifts, starts = [], []
    for k, frame in enumerate(movie):
        drifts.append(frame.drift.sd)
        starts.append(frame.time_s)
        for reader in readers:
            reader.read(frame, k if k in looked else None)
    response = movie.response
    found: list[LineSteps] = []
    for reader in readers:
        followed = _followed(reader, movie, np.array(drifts), np.array(starts), finding, first_id)
        found.append(replace(followed, response=response))
        first_id = max([track.step_id for track in found[-1].linked.tracks], default=first_id - 1) + 1
    return found


def check_line(line: Line, width_nm: float, movie: Movie) -> None:
    """Refuse what cannot be measured.

    Raises
    ------
    InputError
        A line that is not finite, leaves the field or is shorter than eight pixels; a negative width.
    """
    (dx, dy), (x0, y0), (rows, columns) = movie.grid.pixel_size_nm, movie.grid.origin_nm, movie.shape
    if not (math.isfinite(width_nm) and width_nm >= 0.0):
        raise InputError(f"a width of {width_nm:g} nm is none", cure="give 0 or more, nm")
    right, lower = x0 + (columns - 1) * dx, y0 + (rows - 1) * dy
    for x, y in line:
        if not (x0 - 0.5 * dx <= x <= right + 0.5 * dx and y0 - 0.5 * dy <= y <= lower + 0.5 * dy):
            field = f"x from {x0:g} to {right:g}, y from {y0:g} to {lower:g} nm"
            raise InputError(f"the line's end {x:g},{y:g} is outside the field", cure=f"the field is {field}")
    length = math.hypot((line[1][0] - line[0][0]) / dx, (line[1][1] - line[0][1]) / dy)
    if length < LEAST_PX:
        raise InputError(f"the line is {length:.3g} pixels long", cure=f"give one of {LEAST_PX:g} or more")


LEAST_PX = 16.0
"""Shortest line on which steps are looked for."""


@dataclass(slots=True)
class _Reader:
    line: Line
    middle: Sampler
    aside: tuple[Sampler, Sampler] | None
    apart_nm: float
    profiles: list[Profile]
    looks: dict[int, tuple[Profile, Profile]]

    @classmethod
    def of(cls, line: Line, movie: Movie, width_nm: float) -> _Reader:
        grid, shape = movie.grid, movie.shape
        apart = 2.0 * ASIDE_PX * min(grid.pixel_size_nm)
        beside = tuple(moved(line, side * 0.5 * apart) for side in (-1.0, 1.0))
        width = max(width_nm, 0.25 * apart)
        samplers = line_sampler(beside[0], grid, shape, width), line_sampler(beside[1], grid, shape, width)
        return cls(line, line_sampler(line, grid, shape, width_nm), samplers, apart, [], {})

    def read(self, frame: SurfaceFrame, look: int | None) -> None:
        self.profiles.append(self.middle(frame))
        if look is not None and self.aside is not None:
            self.looks[look] = self.aside[0](frame), self.aside[1](frame)


def moved(line: Line, aside_nm: float) -> Line:
    """A line parallel to another, to its right by `aside_nm` when following it on the screen."""
    (ax, ay), (bx, by) = line
    length = math.hypot(bx - ax, by - ay)
    x, y = -(by - ay) / length * aside_nm, (bx - ax) / length * aside_nm
    return (ax + x, ay + y), (bx + x, by + y)


def _followed(
    reader: _Reader, movie: Movie, drift_sd: F64, start_s: F64, finding: Finding | None, first_id: int
) -> LineSteps:
    profiles, grid = tuple(reader.profiles), movie.grid
    ux, uy = profiles[0].direction
    dx, dy = grid.pixel_size_nm
    jump = np.hypot(drift_sd[:, 1] * dx * ux, drift_sd[:, 0] * dy * uy)
    linked = follow(profiles, jump.tolist(), finding, first_id)
    frame_s = float(np.median(np.diff(start_s))) if start_s.size > 1 else 1.0
    duration = float(start_s[-1] - start_s[0])
    common = common_jumps(linked.tracks, len(profiles))
    return LineSteps(
        line=reader.line,
        frames=movie.frames,
        profiles=profiles,
        linked=linked,
        events=events_of(linked, len(profiles), float(profiles[0].distance_nm[-1])),
        wander=wander_of([sights_of(track, common) for track in linked.tracks], frame_s),
        jump_nm=common,
        within=within_frames(linked, reader.looks, reader.apart_nm),
        frame_s=frame_s,
        drift_u_nm_s=float(np.median(jump)) / duration if duration > 0 else 0.0,
        grid=grid,
    )


def renumbered(steps: LineSteps, ids: dict[int, int]) -> LineSteps:
    """With other step numbers."""

    def new(step: int) -> int:
        return ids.get(step, step)

    tracks = tuple(replace(t, step_id=new(t.step_id), members=tuple(map(new, t.members))) for t in steps.linked.tracks)
    joinings = tuple(replace(j, of=tuple(map(new, j.of)), into=tuple(map(new, j.into))) for j in steps.linked.joinings)
    return replace(
        steps,
        linked=Linked(tracks, joinings, steps.linked.common_nm),
        events=tuple(replace(event, steps=tuple(map(new, event.steps))) for event in steps.events),
        within={new(step): value for step, value in steps.within.items()},
    )
