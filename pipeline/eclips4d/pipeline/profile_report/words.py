"""The steps of a run in a short table for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

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


def _value(row: dict[str, Any], name: str, unit: str) -> str:
    bare, _, rest = name.partition("_nm" if "_nm" in name else "_deg")
    u = row[f"{bare}_u{'_nm' if '_nm' in name else '_deg'}{rest}"]
    return with_uncertainty(row[name], u, unit)[0]


def _note(row: dict[str, Any]) -> str:
    notes = ["aliased: moves more than half its spacing per frame"] if row["aliased"] else []
    if row["members"]:
        notes.append(f"steps {row['members']} together")
    return "; ".join(notes)
