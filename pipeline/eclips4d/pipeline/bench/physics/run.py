"""`eclips4d bench physics`: every part in turn, printed, and written into the documentation where that is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Console

from eclips4d.core.errors import InputError
from eclips4d.pipeline.bench.physics.document import write_tables
from eclips4d.pipeline.bench.rows import Row, as_table

PARTS = (
    "valid_angle",
    "emission",
    "horizon",
    "bsesm",
    "signal",
    "scenes",
    "sim",
    "calibration",
    "vision_field",
    "plan",
)
"""Modules of this package with `rows(console)` and, where there is something to see, `pictures(folder)`."""


def run_physics(console: Console, parts: Sequence[str] = (), docs: Path | None = None) -> list[Row]:
    """Measure, print and return the rows of some parts, or of all.

    Parameters
    ----------
    docs
        Folder of `physics.md`: its tables are replaced, and its pictures drawn again.

    Raises
    ------
    InputError
        An unknown part, or a table that has no place in the document.
    """
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        raise InputError(f"no part {unknown[0]!r}", cure=f"take one of: {', '.join(PARTS)}")
    rows: list[Row] = []
    for part in parts or PARTS:
        module = importlib.import_module(f"eclips4d.pipeline.bench.physics.{part}")
        measured: list[Row] = module.rows(console)
        for title, lines in groupby(measured, lambda row: row.table):
            console.print(as_table(title, list(lines)))
        if docs is not None:
            write_tables(docs / "physics.md", measured)
            if hasattr(module, "pictures"):
                module.pictures(docs / "pictures")
        rows += measured
    return rows
