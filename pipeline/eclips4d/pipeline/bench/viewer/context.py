"""What every part of `eclips4d bench viewer` is told."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console

WINDOW_PX = 1600, 1000
"""Of the window that is measured."""


@dataclass(frozen=True, slots=True)
class ViewerContext:
    """How a part measures.

    Attributes
    ----------
    console
        For what is said while measuring; the tables are printed by the caller.
    seed
        Of the simulated frames and of the frames that are jumped to.
    scale
        Share of the full number of frames and repetitions; 1 is what the documentation quotes.
    """

    console: Console
    seed: int = 0
    scale: float = 1.0

    def times(self, full: int) -> int:
        """That many at this scale, at least one."""
        return max(1, round(full * self.scale))
