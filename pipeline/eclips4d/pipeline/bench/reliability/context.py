"""What every part of `eclips4d bench reliability` is told."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console


@dataclass(frozen=True, slots=True)
class ReliabilityContext:
    """How a part measures.

    Attributes
    ----------
    console
        For what is said while measuring; the tables are printed by the caller.
    seed
        Of everything drawn at random.
    scale
        Share of the full number of kills, messages, opens or frames; 1 is what the documentation quotes.
    """

    console: Console
    seed: int = 0
    scale: float = 1.0

    def times(self, full: int) -> int:
        """That many at this scale, at least one."""
        return max(1, round(full * self.scale))
