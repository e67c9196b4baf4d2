"""One line of a table of the accuracy benchmark, and how it is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table.

    Attributes
    ----------
    value
        NaN where it cannot be measured; `what` says why.
    target, met
        What it should be, and whether it is; None where nothing is demanded.
    """

    table: str
    what: str
    value: float
    target: str = ""
    met: bool | None = None


def at_most(table: str, what: str, value: float, bar: float | None) -> Row:
    """A row with an upper bar, if there is one; what could not be measured does not meet it."""
    return Row(table, what, value) if bar is None else Row(table, what, value, f"≤ {bar}", value <= bar)


def as_table(title: str, rows: Sequence[Row]) -> Table:
    """The rows for the terminal."""
    table = Table("", "value", "wanted", "", title=title, title_justify="left")
    for row in rows:
        verdict = "" if row.met is None else ("yes" if row.met else "NO")
        table.add_row(row.what, f"{row.value:.4g}" if np.isfinite(row.value) else "–", row.target, verdict)
    return table
