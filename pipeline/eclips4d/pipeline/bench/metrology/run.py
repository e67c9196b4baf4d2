"""`eclips4d bench metrology`: each part in turn, printed, and written into the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eclips4d.pipeline.bench.metrology.context import MetrologyContext
from eclips4d.pipeline.bench.parts import run_packages
from eclips4d.pipeline.bench.rows import Row

PARTS = ("profiles", "walls", "steps", "terraces", "facets", "spirals", "maps", "peers", "budget", "nulls", "speed")
"""Packages beside this file, whose `part.py` has `rows(context)` and perhaps `pictures(context, folder)`."""


def run_metrology(context: MetrologyContext, parts: Sequence[str] = (), docs: Path | None = None) -> list[Row]:
    """Measure, print and return the rows of some parts, or of all.

    Parameters
    ----------
    docs
        Folder of `metrology.md`: its tables are replaced, and its pictures drawn again.

    Raises
    ------
    InputError
        An unknown part, or a table that has no place in the document.
    """
    return run_packages(__package__, PARTS, parts, context, None if docs is None else docs / "metrology.md")
