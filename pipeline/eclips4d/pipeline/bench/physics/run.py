"""`eclips4d bench physics`: every part in turn, printed, and written into the documentation where that is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from eclips4d.pipeline.bench.parts import Part, run_parts
from eclips4d.pipeline.bench.rows import Row

PARTS = (
    "valid_angle",
    "emission",
    "horizon",
    "bsesm",
    "dsm",
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

    def part_of(name: str) -> Part:
        module = importlib.import_module(f"eclips4d.pipeline.bench.physics.{name}")
        return Part(lambda: module.rows(console), getattr(module, "pictures", None))

    return run_parts(PARTS, parts, part_of, console, None if docs is None else docs / "physics.md")
