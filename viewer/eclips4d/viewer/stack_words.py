"""A mean of frames in words: how many were really used, and whether steps moved meanwhile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eclips4d.viewer.lengths import unit_of

if TYPE_CHECKING:
    from eclips4d.metrology.stack import Motion  # takes a second, which a look at single frames need not spend


@dataclass(frozen=True, slots=True)
class StackShown:
    """What is shown in place of a single frame.

    Attributes
    ----------
    asked : int
        Frames that were to be averaged.
    members : tuple of int
        Those that were.
    motion : Motion
        What moved from the first of them to the last.
    """

    asked: int
    members: tuple[int, ...]
    motion: Motion

    @property
    def words(self) -> str:
        """How many frames."""
        used = len(self.members)
        return f"mean of {used}" if used == self.asked else f"mean of {used} of {self.asked}"

    @property
    def warning(self) -> str:
        """What to be warned of; empty where nothing moved that one could tell."""
        if not self.motion.blurred:
            return ""
        # How far comes first: a narrow panel cuts the end off.
        return f"blurred{_over(self.motion.blur_nm)}: steps move within the stack"


def _over(nm: float) -> str:
    if not math.isfinite(nm):
        return ", nobody can tell how far"
    unit = unit_of(nm)
    return f" over about {nm / unit.nm:.2g} {unit.name}"
