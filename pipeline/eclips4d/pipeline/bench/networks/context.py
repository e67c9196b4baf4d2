"""What every part of `eclips4d bench networks` is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console


@dataclass(frozen=True, slots=True)
class BenchContext:
    """How a part measures.

    Attributes
    ----------
    console
        For what is said while measuring; the tables are printed by the caller.
    seeds
        Independent repetitions, paired over methods.
    data
        Folder with `recordings/` and `real/`; None where there is none.
    models
        Weights to judge: names of shipped networks or files.
    minutes
        Training time of each network of the ablations.
    """

    console: Console
    seeds: int = 10
    data: Path | None = None
    models: tuple[str, ...] = ("live", "best")
    minutes: float = 1.5
