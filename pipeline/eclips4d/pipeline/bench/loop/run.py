"""`eclips4d bench loop`: each part in turn, printed, and written into the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eclips4d.pipeline.bench.loop.context import LoopContext
from eclips4d.pipeline.bench.parts import run_packages
from eclips4d.pipeline.bench.rows import Row

PARTS = ("afm", "trust", "refine", "adapt", "swap", "cycle", "vft", "vft_training")
"""Packages beside this file, whose `part.py` has `rows(context)` and perhaps `pictures(context, folder)`."""
NEEDS_TRAINING = ("vft_training",)
"""Parts that train networks: only when asked for by name."""


def run_loop(context: LoopContext, parts: Sequence[str] = (), docs: Path | None = None) -> list[Row]:
    """Measure, print and return the rows of some parts; of all that need no training when none is named.

    Parameters
    ----------
    docs
        Folder of `closed-loop.md`: its tables are replaced, and its pictures drawn again.

    Raises
    ------
    InputError
        An unknown part, or a table that has no place in the document.
    """
    asked = parts or [name for name in PARTS if name not in NEEDS_TRAINING]
    return run_packages(__package__, PARTS, asked, context, None if docs is None else docs / "closed-loop.md")
