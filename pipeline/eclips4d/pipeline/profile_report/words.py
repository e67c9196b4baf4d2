"""The steps of a run in a short table for the terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from eclips4d.metrology.steps.passing import growth_between
from eclips4d.viewer.lengths import with_uncertainty

if TYPE_CHECKING:
    import pandas as pd

MOST_EVENTS = 12
WEIGHTY = ("born", "merged", "split", "annihilated")
"""Events that are told one by one; the others are counted."""


def summary_table(title: str, steps: pd.DataFrame, lines: int) -> Table:
    """One line per step: from which frame to which, mean height, angle and velocity along its normal, each ± u."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in (
        *(["line"] if lines > 1 else []),
        "step",
        "frames",
        "",
        "height",
        "angle",
        "velocity along normal",
        "",
    ):
        table.add_column(name, justify="right" if name in ("line", "step", "frames") else "left")
    for row in steps.to_dict("records"):
        cells = [
            str(row["step_id"]),
            f"{row['first_frame']}–{row['last_frame']}",
            "rises" if row["rises"] else "falls",
            _value(row, "height_nm", "nm").lstrip("+"),
            _value(row, "angle_deg", "°").lstrip("+"),
            _value(row, "velocity_normal_nm_s", "nm/s"),
            _note(row),
        ]
        table.add_row(*([str(row["line"])] if lines > 1 else []), *cells)
    return table


def event_lines(events: pd.DataFrame) -> list[str]:
    """What happened, in words; comings and goings are counted."""
    lines = []
    weighty = events[events["event"].isin(WEIGHTY)]
    for row in weighty.head(MOST_EVENTS).to_dict("records"):
        where = f"at {row['position_nm']:.0f} nm"
        lines.append(f"frame {row['frame']}, {row['time_s']:.4g} s: {row['event']} {where} (steps {row['steps']})")
    more = len(weighty) - MOST_EVENTS
    if more > 0:
        lines.append(f"and {more} more")
    others = events[~events["event"].isin(WEIGHTY)]["event"].value_counts()
    if len(others):
        lines.append(", ".join(f"{count} {kind}" for kind, count in others.items()))
    return lines


def passage_lines(passed: pd.DataFrame) -> list[str]:
    """What passing steps have left in the middle of every line, and how fast that was."""
    lines = []
    for number, own in passed.groupby("line"):
        where = f"line {number}, " if passed["line"].nunique() > 1 else ""
        count = f"{len(own)} {'passage' if len(own) == 1 else 'passages'}"
        change = with_uncertainty(float(own["left_nm"].sum()), _summed_u(own), "nm")[0]
        rate = growth_between(own)
        fast = "" if rate is None else f", {with_uncertainty(rate.value, rate.u, 'nm/s')[0]}"
        lines.append(f"{where}middle, {own['position_nm'].iloc[0]:.0f} nm: {count} of steps left {change}{fast}")
    return lines


def _summed_u(own: pd.DataFrame) -> float:
    shared = float((np.sign(own["left_nm"]) * own["left_systematic_u_nm"]).sum())
    alone = (own["left_u_nm"] ** 2 - own["left_systematic_u_nm"] ** 2).clip(lower=0.0).sum()
    return math.hypot(shared, math.sqrt(float(alone)))


def _value(row: dict[str, Any], name: str, unit: str) -> str:
    bare, _, rest = name.partition("_nm" if "_nm" in name else "_deg")
    u = row[f"{bare}_u{'_nm' if '_nm' in name else '_deg'}{rest}"]
    return with_uncertainty(row[name], u, unit)[0]


def _note(row: dict[str, Any]) -> str:
    notes = ["aliased: moves more than half its spacing per frame"] if row["aliased"] else []
    if row["members"]:
        notes.append(f"steps {row['members']} together")
    return "; ".join(notes)
