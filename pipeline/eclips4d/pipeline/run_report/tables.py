"""Tables of the page, from pandas: one way for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eclips4d.pipeline.run_report.markup import EMPTY, Html, text
from eclips4d.pipeline.run_report.numbers import UNKNOWN, number, with_u

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table on the page.

    Attributes
    ----------
    name : str
        Of the column in the data.
    heading : str
        What stands above it, with its unit.
    u : str
        Name of the column with its standard uncertainty, if it has one.
    digits : int
        Significant digits where there is no uncertainty.
    """

    name: str
    heading: str
    u: str = ""
    digits: int = 4


def table(data: pd.DataFrame, columns: Sequence[Column], caption: str, *, most: int = MOST_ROWS) -> Html:
    """A table of the columns that the data has.

    Parameters
    ----------
    data
        One row per row.
    columns
        Which, in their order; those that the data lacks are left out.
    caption
        What it shows.
    most
        Rows that are written out; how many there are is said below.
    """
    there = [column for column in columns if column.name in data.columns]
    if not there or data.empty:
        return EMPTY
    shown = data.head(most)
    head = "".join(f'<th scope="col">{text(column.heading)}</th>' for column in there)
    cells = [_cells(shown, column) for column in there]
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in zip(*cells, strict=True))
    more = f"; the first {most} of {len(data)} rows" if len(data) > most else ""
    return Html(
        f'<div class="wide"><table class="data"><caption>{text(caption + more)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cells(data: pd.DataFrame, column: Column) -> list[str]:
    values = data[column.name].tolist()
    spreads = data[column.u].tolist() if column.u in data.columns else [None] * len(values)
    return [_cell(value, spread, column) for value, spread in zip(values, spreads, strict=True)]


def _cell(value: Any, spread: Any, column: Column) -> str:
    if isinstance(value, (bool, np.bool_)):
        return f"<td>{'yes' if value else 'no'}</td>"
    if isinstance(value, (int, np.integer)):
        return f'<td class="number">{value}</td>'
    if isinstance(value, (float, np.floating)):
        words = number(float(value), column.digits) if spread is None else with_u(float(value), float(spread))
        return f'<td class="number">{text(words)}</td>'
    return f"<td>{text(UNKNOWN if value is None else str(value))}</td>"
