"""`eclips4d bench registration`: each part in turn, printed, and written into the documentation."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from eclips4d.pipeline.bench.parts import Part, run_parts
from eclips4d.pipeline.bench.registration.context import RegistrationContext
from eclips4d.pipeline.bench.rows import Row

PARTS = ("static", "recordings", "moving", "long", "speed", "jitter", "resampling", "stacking")
"""Packages beside this file, whose `part.py` has `rows(context)` and `pictures(context, folder)`."""


def run_registration(context: RegistrationContext, parts: Sequence[str] = (), docs: Path | None = None) -> list[Row]:
    """Measure, print and return the rows of some parts, or of all.

    Parameters
    ----------
    docs
        Folder of `registration.md`: its tables are replaced, and its pictures drawn again.

    Raises
    ------
    InputError
        An unknown part, or a table that has no place in the document.
    """

    def part_of(name: str) -> Part:
        module = importlib.import_module(f"eclips4d.pipeline.bench.registration.{name}.part")
        return Part(partial(module.rows, context), partial(module.pictures, context))

    return run_parts(PARTS, parts, part_of, context.console, None if docs is None else docs / "registration.md")
