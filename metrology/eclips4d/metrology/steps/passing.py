"""What steps leave behind where they pass: the growth of one place, counted step by step.

A step that falls along the line and moves forward raises the places that it passes by its height; one that rises, or
goes back, lowers them. Beside the mean rate of a whole line (`growth.growth`) this tells how steady growth is at a
place: layers come one by one, and between them nothing happens there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from eclips4d.metrology.quantity import Quantity
from eclips4d.metrology.steps.growth import passages

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("line", "position_nm", "time_s", "step_id", "left_nm", "left_u_nm", "left_systematic_u_nm", "aliased")
MIDDLE = 0.5


def passage_table(table: pd.DataFrame, lengths_nm: Sequence[float], at: float = MIDDLE) -> pd.DataFrame:
    """One row per step that passes a place of its line, in the order of time.

    Parameters
    ----------
    table : pandas.DataFrame
        As `table.step_table` makes it.
    lengths_nm : sequence of float
        Of the lines, in the order of their numbers.
    at : float
        The place, as a share of the line.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`: `left_nm` is by how much the place is higher after the step, its mean height over all sights;
        `left_u_nm` is the standard uncertainty, of which `left_systematic_u_nm` is common to all steps. Steps marked
        `aliased` may be one another.
    """
    import pandas as pd

    rows = []
    for (line, step), own in table.groupby(["line", "step_id"], sort=False):
        own = own.sort_values("time_s")
        where = at * lengths_nm[int(line)]
        time_s, place_nm = own["time_s"].to_numpy(np.float64), own["position_nm"].to_numpy(np.float64)
        height, u, shared = (float(own[name].mean()) for name in ("height_nm", "height_u_nm", "height_systematic_u_nm"))
        for moment in passages(time_s, place_nm, where):
            after = min(int(np.searchsorted(time_s, moment, side="right")), time_s.size - 1)
            forward = place_nm[after] > place_nm[after - 1]
            left = height if forward != bool(own["rises"].iloc[0]) else -height
            rows.append((line, where, float(moment), step, left, u, shared, bool(own["aliased"].any())))
    rows.sort(key=lambda row: (row[0], row[2]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def growth_between(passed: pd.DataFrame) -> Quantity | None:
    """Rate, nm/s, from the first passage of a line to its last: what all but the first left, over that time.

    Its random part is that of the heights and what the times between passages scatter. None for fewer than three, for
    then nobody knows how even they are.
    """
    if len(passed) < 3:
        return None
    apart = np.diff(passed["time_s"].to_numpy(np.float64))
    left = passed[["left_nm", "left_u_nm", "left_systematic_u_nm"]].to_numpy(np.float64)[1:]
    duration, total = float(apart.sum()), float(left[:, 0].sum())
    rate = total / duration
    heights = math.sqrt(max(float((left[:, 1] ** 2 - left[:, 2] ** 2).sum()), 0.0)) / duration
    uneven = abs(rate) * float(np.std(apart, ddof=1)) / math.sqrt(apart.size) / float(apart.mean())
    return Quantity(rate, math.hypot(heights, uneven), abs(float(left[:, 2].mean() / left[:, 0].mean()) * rate))
