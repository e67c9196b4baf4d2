"""What every part of `eclips4d bench scaling` is told."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console


@dataclass(frozen=True, slots=True)
class ScalingContext:
    """How a part measures.

    Attributes
    ----------
    console
        For what is said while measuring; the tables are printed by the caller.
    scale
        Share of the frames.
    size
        Side of the frames that are inverted, px.
    model
        As `eclips4d reprocess` takes it.
    """

    console: Console
    scale: float = 1.0
    size: int = 512
    model: str = "live"

    def frames(self, count: int) -> int:
        """So many frames, scaled."""
        return max(16, round(count * self.scale))
