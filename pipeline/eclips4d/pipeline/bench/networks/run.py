"""`eclips4d bench networks`: each part in turn, printed, and written into the documentation where that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eclips4d.pipeline.bench.networks.context import BenchContext
from eclips4d.pipeline.bench.parts import run_packages
from eclips4d.pipeline.bench.rows import Row

PARTS = ("slopes", "integration", "heights", "speed", "ablations", "height_ablations")
"""Packages beside this file, whose `part.py` has `rows(context)` and `pictures(context, folder)`."""
NEEDS_TRAINING = ("ablations", "height_ablations")
"""Parts that train networks, which takes far longer than judging them: only when asked for by name."""


def run_networks(context: BenchContext, parts: Sequence[str] = (), docs: Path | None = None) -> list[Row]:
    """Measure, print and return the rows of some parts; of all that need no training when none is named.

    Parameters
    ----------
    docs
        Folder of `networks.md`: its tables are replaced, and its pictures drawn again.

    Raises
    ------
    InputError
        An unknown part, or a table that has no place in the document.
    """
    asked = parts or [name for name in PARTS if name not in NEEDS_TRAINING]
    return run_packages(__package__, PARTS, asked, context, None if docs is None else docs / "networks.md")
