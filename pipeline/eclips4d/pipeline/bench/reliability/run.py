"""`eclips4d bench reliability`: each part in turn, printed, and written into the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eclips4d.pipeline.bench.parts import run_packages
from eclips4d.pipeline.bench.reliability.context import ReliabilityContext
from eclips4d.pipeline.bench.rows import Row

PARTS = ("kills", "crashes", "ghosts", "commits", "compression", "long", "hostile", "pauses")
"""Packages beside this file, whose `part.py` has `rows(context)` and, where there is something to see,
`pictures(context, folder)`."""


def run_reliability(context: ReliabilityContext, parts: Sequence[str] = (), docs: Path | None = None) -> list[Row]:
    """Measure, print and return the rows of some parts, or of all.

    Parameters
    ----------
    docs
        Folder of `reliability.md`: its tables are replaced, and its pictures drawn again.

    Raises
    ------
    InputError
        An unknown part, or a table that has no place in the document.
    """
    return run_packages(__package__, PARTS, parts, context, None if docs is None else docs / "reliability.md")
