"""Steps over time as a table: one row per frame and step, random and systematic uncertainties apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.profiles.step import StepReading
from eclips4d.metrology.quantity import Quantity
from eclips4d.metrology.steps.alias import aliased
from eclips4d.metrology.steps.edge import Edge
from eclips4d.metrology.steps.growth import Growth, growth
from eclips4d.metrology.steps.measure import LineSteps
from eclips4d.metrology.steps.reading import read_edges
from eclips4d.metrology.steps.track import Track
from eclips4d.metrology.steps.velocity import Velocity, velocities

if TYPE_CHECKING:
    import pandas as pd

F64 = NDArray[np.float64]
Row = dict[str, Any]

WINDOW = 11
"""Positions from which a velocity is taken."""


def step_table(lines: Sequence[LineSteps], window: int = WINDOW) -> pd.DataFrame:
    """One row per line, frame and step.

    Parameters
    ----------
    lines : sequence of LineSteps
        As `measure.follow_lines` gives them.
    window : int
        Positions from which each velocity is taken.

    Returns
    -------
    pandas.DataFrame
        `frame, time_s` (of the step's own row)`, line, step_id, position_nm, x_nm, y_nm, rises, height_nm, angle_deg,
        width_nm, spacing_nm, normal_deg, velocity_along_line_nm_s, velocity_normal_nm_s`; `height_u_nm` is the standard
        uncertainty of `height_nm`, `height_random_u_nm` and `height_systematic_u_nm` are its parts, and so on, see
        `uncertainty_names`; `velocity_window_s` is
        the time over which a velocity is taken, `aliased` whether the step moves too far from frame to frame to be
        followed, `members` the steps that cannot be told apart here. `height_wall_u_nm` and `angle_wall_u_deg` are the
        parts of the systematic uncertainties that a riser's angle makes where pixels do not tell it; `wall_open` says
        that it matters and nobody has told the angle; `wall_deg`, `wall_u_deg` are what was told (`Movie.wall`), NaN
        where nothing was. `normal_deg` is the direction in which the edge
        is passed when going along the line, 0 right, 90 up on the screen.

        The random part of a velocity is noise, texture and whatever strays in time; its systematic part is the drift
        that registration may have left over that time, the same for all steps of a line, and the pixel size as far as
        the instrument file states its uncertainty (`pixel_scale_u`), as for all lengths. Shear and time base are in
        neither: they change all velocities of a run by one share, of which a run tells nothing. `budget.velocity` adds
        what is stated or assumed of them; its lines of noise and drift are the parts here.
    """
    import pandas as pd

    rows = [row for number, line in enumerate(lines) for row in _rows(line, number, window)]
    rows.sort(key=lambda row: (row["frame"], row["line"], row["position_nm"]))
    return pd.DataFrame(rows, columns=None if rows else list(COLUMNS))


def event_table(lines: Sequence[LineSteps]) -> pd.DataFrame:
    """What happened: `frame, time_s, line, event, position_nm, steps`."""
    import pandas as pd

    rows = [
        {
            "frame": line.frames[event.seen],
            "time_s": event.time_s,
            "line": number,
            "event": event.kind,
            "position_nm": event.position_nm,
            "steps": " ".join(map(str, event.steps)),
        }
        for number, line in enumerate(lines)
        for event in line.events
    ]
    return pd.DataFrame(rows, columns=["frame", "time_s", "line", "event", "position_nm", "steps"])


def line_growth(line: LineSteps, table: pd.DataFrame) -> Growth:
    """Growth rate of a line in every frame, from the rows of its steps in `step_table`."""
    place = {frame: k for k, frame in enumerate(line.frames)}
    seen = table["frame"].map(place).to_numpy(np.int64)
    return growth(
        seen,
        np.where(table["rises"], 1.0, -1.0) * table["height_nm"].to_numpy(),
        table["height_random_u_nm"].to_numpy(),
        table["velocity_along_line_nm_s"].to_numpy(),
        table["velocity_along_line_random_u_nm_s"].to_numpy(),
        frames=len(line.frames),
        length_nm=line.length_nm,
        slope_scale_u=line.grid.height_scale_u,
        drift_u_nm_s=line.drift_u_over(float(table["velocity_window_s"].median())),
    )


QUANTITIES = (
    "position_nm",
    "height_nm",
    "angle_deg",
    "width_nm",
    "spacing_nm",
    "velocity_along_line_nm_s",
    "velocity_normal_nm_s",
)


def uncertainty_names(name: str) -> tuple[str, str, str]:
    """Columns of the combined uncertainty of a column and of its random and systematic parts.

    `u` stands before the unit: `height_u_nm` belongs to `height_nm`.
    """
    unit = next(unit for unit in UNITS if name.endswith(unit))
    bare = name.removesuffix(unit)
    return f"{bare}_u{unit}", f"{bare}_random_u{unit}", f"{bare}_systematic_u{unit}"


UNITS = ("_nm_s", "_nm", "_deg")
COLUMNS = (
    *("frame", "time_s", "line", "step_id", "x_nm", "y_nm", "rises", "normal_deg", "normal_u_deg"),
    *(column for name in QUANTITIES for column in (name, *uncertainty_names(name))),
    *("height_wall_u_nm", "angle_wall_u_deg", "wall_open", "wall_deg", "wall_u_deg"),
    *("velocity_window_s", "aliased", "members"),
)


def _rows(line: LineSteps, number: int, window: int) -> list[Row]:
    by_frame: dict[int, list[tuple[Track, int]]] = {}
    for track in line.linked.tracks:
        for i, k in enumerate(track.seen):
            by_frame.setdefault(int(k), []).append((track, i))
    motion = {t.step_id: _velocity(t, line, window) for t in line.linked.tracks}
    too_fast = _aliased_steps(line, motion)
    rows = []
    for k, sights in sorted(by_frame.items()):
        sights.sort(key=lambda sight: sight[0].edges[sight[1]].position_nm)
        edges = [track.edges[i] for track, i in sights]
        readings = read_edges(line.profiles[k], edges, line.grid, line.response)
        speeds = [float(motion[track.step_id].nm_s[i]) for track, i in sights]
        gaps = [gap.with_scale(line.grid.pixel_scale_u) for gap in _spacings(edges, speeds)]
        for (track, i), reading, gap in zip(sights, readings, gaps, strict=True):
            row = _row(line, k, track, i, reading, gap, motion[track.step_id])
            rows.append(row | {"line": number, "aliased": track.step_id in too_fast})
    return [{name: row[name] for name in COLUMNS} for row in rows]


def _velocity(track: Track, line: LineSteps, window: int) -> Velocity:
    return velocities(line.sights(track), line.wander, window)


def _row(line: LineSteps, k: int, track: Track, i: int, reading: StepReading, gap: Quantity, motion: Velocity) -> Row:
    edge = track.edges[i]
    (ax, ay), (ux, uy) = line.line[0], line.profiles[k].direction
    along = Quantity(float(motion.nm_s[i]), float(motion.u_nm_s[i]), line.drift_u_over(motion.window_s[i]))
    along = along.with_scale(line.grid.pixel_scale_u)
    turned = edge.turn
    quantities = dict(
        zip(QUANTITIES, (reading.position_nm, reading.height_nm, reading.angle_deg, reading.width_nm, gap, along,
                         normal_velocity(along, turned, edge.turn_u)), strict=True)
    )  # fmt: skip
    told = line.response.riser_told
    row: Row = {
        "frame": line.frames[k],
        "time_s": edge.time_s,
        "step_id": track.step_id,
        "x_nm": ax + ux * edge.position_nm,
        "y_nm": ay + uy * edge.position_nm,
        "rises": edge.rises,
        "normal_deg": math.degrees(math.atan2(-uy, ux) - turned),
        "normal_u_deg": math.degrees(edge.turn_u),
        "height_wall_u_nm": reading.wall_u_nm,
        "angle_wall_u_deg": reading.wall_u_deg,
        "wall_open": reading.wall_open,
        "wall_deg": line.response.riser_deg if told else math.nan,
        "wall_u_deg": line.response.riser_u_deg if told else math.nan,
        "velocity_window_s": float(motion.window_s[i]),
        "members": " ".join(map(str, track.members)),
    }
    for name, value in quantities.items():
        combined, random, systematic = uncertainty_names(name)
        row |= {name: value.value, combined: value.u, random: value.random_u, systematic: value.systematic_u}
    return row


def normal_velocity(along: Quantity, turn: float, turn_u: float) -> Quantity:
    """Along the edge's normal: a step that is met aslant goes along the line faster than it really is."""
    share = math.cos(turn)
    random = math.hypot(share * along.random_u, math.sin(turn) * turn_u * along.value)
    return Quantity(share * along.value, random, share * along.systematic_u)


def _spacings(edges: Sequence[Edge], speeds: Sequence[float]) -> list[Quantity]:
    """To the next step along the line, at the moment at which the first of the two was seen."""
    gaps = []
    for k, edge in enumerate(edges):
        if k + 1 == len(edges):
            gaps.append(Quantity(math.nan, math.nan, math.nan))
            continue
        other = edges[k + 1]
        speed = speeds[k + 1] if math.isfinite(speeds[k + 1]) else 0.0
        gap = other.position_nm - speed * (other.time_s - edge.time_s) - edge.position_nm
        gaps.append(Quantity(gap, math.hypot(edge.whole_u_nm, other.whole_u_nm), 0.0))
    return gaps


def _aliased_steps(line: LineSteps, motion: dict[int, Velocity]) -> set[int]:
    gaps = _gaps(line.linked.tracks, len(line.frames))
    return {
        step for step, gap in gaps.items() if aliased(_usual(motion[step]), line.within.get(step), gap, line.frame_s)
    }


def _usual(motion: Velocity) -> float:
    known = motion.nm_s[np.isfinite(motion.nm_s)]
    return float(np.median(known)) if known.size else math.nan


def _gaps(tracks: Sequence[Track], frames: int) -> dict[int, float]:
    """Typical distance of each step to the nearest one of the same sense."""
    found: dict[int, float] = {}
    for rises in (False, True):
        alike = [track for track in tracks if track.rises is rises]
        place = np.full((len(alike), frames), np.nan)
        for row, track in zip(place, alike, strict=True):
            row[track.seen] = track.column("position_nm")
        for n, track in enumerate(alike):
            apart = np.abs(place[:, track.seen] - place[n, track.seen])
            apart[n] = np.inf
            apart[np.isnan(apart)] = np.inf
            nearest = apart.min(axis=0)
            beside = nearest[np.isfinite(nearest)]  # where no other one was found, nobody knows how far it is
            found[track.step_id] = float(np.median(beside)) if beside.size else math.inf
    return found
