"""`eclips4d bench speed`: each part in turn, printed, and written into the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eclips4d.pipeline.bench.parts import run_packages
from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.bench.speed.context import SpeedContext

PARTS = ("rate", "kernels", "engines", "latency", "strips", "workers", "soak")
"""Packages beside this file, whose `part.py` has `rows(context)`."""


def run_speed(context: SpeedContext, parts: Sequence[str] = (), docs: Path | None = None) -> list[Row]:
    """Measure, print and return the rows of some parts, or of all.

    Parameters
    ----------
    docs
        Folder of `performance.md`: its tables are replaced.

    Raises
    ------
    InputError
        An unknown part, or a table that has no place in the document.
    """
    return run_packages(__package__, PARTS, parts, context, None if docs is None else docs / "performance.md")
