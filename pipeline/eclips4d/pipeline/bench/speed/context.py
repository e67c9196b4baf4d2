"""What every part of `eclips4d bench speed` is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.console import Console


@dataclass(frozen=True, slots=True)
class SpeedContext:
    """How a part measures.

    Attributes
    ----------
    console
        For what is said while measuring; the tables are printed by the caller.
    sizes
        Sides of the frames, px.
    seconds
        Length of each trial of a rate.
    minutes
        Length of the soak.
    model, engine
        As `eclips4d run` takes them.
    """

    console: Console
    sizes: tuple[int, ...] = (512, 1024)
    seconds: float = 60.0
    minutes: float = 30.0
    model: str = "live"
    engine: str = "auto"

    @property
    def settings(self) -> dict[str, Any]:
        """What a trial runs with."""
        return {"model": self.model, "engine": self.engine}
