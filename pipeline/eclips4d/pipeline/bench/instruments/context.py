"""What every part of `eclips4d bench instruments` is told."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console

SIZE = 512
"""Rows and columns of the frames that are sent."""
LEAST_FPS = 20.0
"""That an adapter has to carry at this size."""


@dataclass(frozen=True, slots=True)
class InstrumentsContext:
    """How a part measures.

    Attributes
    ----------
    console
        For what is said while measuring; the tables are printed by the caller.
    seconds
        Length of each trial.
    size
        Rows and columns.
    """

    console: Console
    seconds: float = 20.0
    size: int = SIZE
