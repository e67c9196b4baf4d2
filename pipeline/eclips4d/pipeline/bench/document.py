"""Tables in a Markdown page: each stands between `<!-- table: TITLE -->` and `<!-- /table -->`, replaced whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from eclips4d.core.errors import InputError
from eclips4d.pipeline.bench.rows import Row


def write_tables(page: Path, rows: Sequence[Row]) -> None:
    """Put every table of `rows` at its place.

    Raises
    ------
    InputError
        The page has no place for a table.
    """
    text = page.read_text(encoding="utf-8")
    for title, lines in groupby(rows, lambda row: row.table):
        place = re.compile(rf"(<!-- table: {re.escape(title)} -->\n).*?(<!-- /table -->)", re.DOTALL)
        if not place.search(text):
            raise InputError(
                f"no place for the table {title!r}",
                where=str(page),
                cure=f"add <!-- table: {title} --> and <!-- /table -->",
            )
        table = markdown(list(lines))
        text = place.sub(lambda found, table=table: found[1] + table + found[2], text)  # type: ignore[misc]
    page.write_text(text, encoding="utf-8")


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["", "| | value | wanted | |", "|---|---:|---|---|"]
    for row in rows:
        value = f"{row.value:.4g}" if np.isfinite(row.value) else "–"
        verdict = "" if row.met is None else ("yes" if row.met else "**no**")
        lines.append(f"| {row.what.replace('|', '∣')} | {value} | {row.target} | {verdict} |")
    return "\n".join([*lines, "", ""])
