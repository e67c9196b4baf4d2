"""What every part of `eclips4d bench metrology` is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console


@dataclass(frozen=True, slots=True)
class MetrologyContext:
    """How a part measures.

    Attributes
    ----------
    console
        For what is said while measuring; the tables are printed by the caller.
    seeds
        Independent scenes; None leaves each part its own number.
    data
        Folder with `recordings/` and `real/`; None where there is none.
    """

    console: Console
    seeds: int | None = None
    data: Path | None = None
