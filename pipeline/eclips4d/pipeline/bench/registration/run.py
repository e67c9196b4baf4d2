"""`eclips4d bench registration`: each part in turn, printed, and written into the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eclips4d.pipeline.bench.parts import run_packages
from eclips4d.pipeline.bench.registration.context import RegistrationContext
from eclips4d.pipeline.bench.rows import Row

PARTS = ("static", "recordings", "moving", "long", "speed", "jitter", "resampling", "stacking", "trust", "staying")
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
    return run_packages(__package__, PARTS, parts, context, None if docs is None else docs / "registration.md")
