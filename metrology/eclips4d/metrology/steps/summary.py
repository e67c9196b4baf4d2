"""Each step in one row: how long it was there, and means over that time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from eclips4d.metrology.quantity import Quantity
from eclips4d.metrology.steps.measure import LineSteps
from eclips4d.metrology.steps.table import normal_velocity, uncertainty_names
from eclips4d.metrology.steps.track import Track
from eclips4d.metrology.steps.velocity import mean_velocity

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("line", "step_id", "first_frame", "last_frame", "sights", "rises", "aliased", "members")
WALL = ("height_wall_u_nm", "angle_wall_u_deg", "wall_open", "wall_deg", "wall_u_deg")
"""As in `table.step_table`, of most sights: what the walls' unknown angle does."""
MEANS = ("height_nm", "angle_deg", "width_nm")
VELOCITIES = ("velocity_along_line_nm_s", "velocity_normal_nm_s")


def step_summary(lines: Sequence[LineSteps], table: pd.DataFrame) -> pd.DataFrame:
    """One row per line and step; names of columns as in `table.step_table`.

    Heights, angles and widths are weighted means; their random uncertainty is that of the mean, from the scatter over
    time where that is larger. Velocities are those of a straight line through all sights. Along the normal they are
    smaller by the cosine of the edge's turn: where edges meander, that is not the velocity at which a whole step is
    carried along the line. What their uncertainties hold and leave out: see `table.step_table`.
    """
    import pandas as pd

    rows = []
    for number, line in enumerate(lines):
        of_line = table[table["line"] == number]
        for track in line.linked.tracks:
            own = of_line[of_line["step_id"] == track.step_id]
            if len(own):
                rows.append(_row(line, number, track, own))
    columns = [c for name in (*MEANS, *VELOCITIES) for c in (name, *uncertainty_names(name))]
    return pd.DataFrame(rows, columns=[*COLUMNS, *columns, *WALL])


def _row(line: LineSteps, number: int, track: Track, own: pd.DataFrame) -> dict[str, Any]:
    row: dict[str, Any] = {
        "line": number,
        "step_id": track.step_id,
        "first_frame": int(own["frame"].min()),
        "last_frame": int(own["frame"].max()),
        "sights": len(own),
        "rises": track.rises,
        "aliased": bool(own["aliased"].any()),
        "members": str(own["members"].iloc[0]),
    }
    speed, speed_u = mean_velocity(line.sights(track), line.wander)
    drift_u = line.drift_u_over(track.edges[-1].time_s - track.edges[0].time_s)
    along = Quantity(speed, speed_u, drift_u).with_scale(line.grid.pixel_scale_u)
    turns = np.array([edge.turn for edge in track.edges])
    turn_u = math.sqrt(float(np.mean([edge.turn_u**2 for edge in track.edges])) / len(track.edges))
    found = [_mean(own, name) for name in MEANS] + [along, normal_velocity(along, float(np.median(turns)), turn_u)]
    for name, value in zip((*MEANS, *VELOCITIES), found, strict=True):
        combined, random, systematic = uncertainty_names(name)
        row |= {name: value.value, combined: value.u, random: value.random_u, systematic: value.systematic_u}
    return row | {name: own[name].median() for name in WALL} | {"wall_open": bool(own["wall_open"].mean() > 0.5)}


def _mean(own: pd.DataFrame, name: str) -> Quantity:
    _, random, systematic = uncertainty_names(name)
    value, u = own[name].to_numpy(np.float64), own[random].to_numpy(np.float64)
    good = np.isfinite(value + u) & (u > 0)
    if not good.any():
        return Quantity(math.nan, math.nan, math.nan)
    weight = 1.0 / u[good] ** 2
    mean = float(np.average(value[good], weights=weight))
    chi2 = float((weight * (value[good] - mean) ** 2).sum()) / max(int(good.sum()) - 1, 1)
    return Quantity(mean, math.sqrt(max(chi2, 1.0) / float(weight.sum())), float(own[systematic][good].mean()))
