"""Spirals over time, as a table: a row per frame and core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eclips4d.metrology.spirals.track import Seen, Track

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class SpiralSeries:
    """All cores of a movie, and the frames that were looked at."""

    tracks: tuple[Track, ...]
    frames: tuple[int, ...]

    def table(self) -> pd.DataFrame:
        """A row per frame and core.

        Columns with `_random_u` differ from frame to frame, those with `_systematic_u` do not average out;
        `x_drift_u_nm`, `y_drift_u_nm` are the registration's. `phase_rad` is that of the arms, 2π when one has passed.
        """
        import pandas as pd

        rows = [row for track in self.tracks for row in _rows(track)]
        frame = pd.DataFrame(rows, columns=list(rows[0]) if rows else list(COLUMNS))
        return frame.sort_values(["frame", "core_id"], ignore_index=True)


COLUMNS = ("frame", "time_s", "core_id", "sense", "arms", "burgers_steps", "x_nm", "y_nm", "spacing_nm", "bend_nm")
"""Of an empty table."""


def _rows(track: Track) -> list[dict[str, float | int | str]]:
    return [_row(track, each, k) for k, each in enumerate(track.seen)]


def _row(track: Track, each: Seen, k: int) -> dict[str, float | int | str]:
    core, passage = each.core, track.passage
    row: dict[str, float | int | str] = {
        "frame": each.frame,
        "time_s": core.time_s,
        "core_id": track.core_id,
        "sense": core.sense,
        "arms": core.arms,
        "burgers_steps": core.burgers_steps.value,
    }
    for name, unit, quantity in (
        ("x", "_nm", core.x_nm),
        ("y", "_nm", core.y_nm),
        ("spacing", "_nm", core.spacing_nm),
        ("bend", "_nm", core.bend_nm),
        ("step_height", "_nm", core.step_height_nm),
    ):
        row[f"{name}{unit}"] = quantity.value
        row[f"{name}_random_u{unit}"], row[f"{name}_systematic_u{unit}"] = quantity.random_u, quantity.systematic_u
    row["x_drift_u_nm"], row["y_drift_u_nm"] = each.drift_u_nm
    turn = 2.0 * np.pi
    row["phase_rad"] = turn * float(passage.arms[k])
    row["phase_random_u_rad"] = turn * core.phase.random_u
    row["phase_systematic_u_rad"] = turn * core.phase.systematic_u
    row["rotation_per_s"] = float(passage.local_per_s[k]) / track.arms
    row["rotation_random_u_per_s"] = float(passage.local_u_per_s[k]) / track.arms
    row["rotation_modulo_per_s"] = passage.modulo_per_s / track.arms
    row["wrapping"] = str(passage.wrapping)
    row["explained"] = core.explained
    return row
