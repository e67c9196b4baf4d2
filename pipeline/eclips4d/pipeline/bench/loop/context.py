"""What every part of `eclips4d bench loop` is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console


@dataclass(frozen=True, slots=True)
class LoopContext:
    """How a part measures.

    Attributes
    ----------
    console
        For what is said while measuring; the tables are printed by the caller.
    seeds
        Independent cases of each kind; None leaves each part its own number.
    data
        Folder with `recordings/`; None where there is none.
    """

    console: Console
    seeds: int | None = None
    data: Path | None = None
