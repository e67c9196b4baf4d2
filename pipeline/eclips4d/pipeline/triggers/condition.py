"""What a trigger waits for, in words: `residual>1.5 for 3 until 1.2 hold 60`; pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from eclips4d.core.errors import InputError

UNITS: Final = {"drift": "px", "residual": "", "trust": "%", "step": "nm"}
"""What can be watched, besides `side_NAME`."""
FRAMES: Final = {"step": 2}
"""Frames in a row that it takes where nothing is said: a step that is seen once may be none."""
BACK = 0.1
"""Share of the level by which a value has to come back where no other is named."""
MOST_LETTERS = 200
_SIDE = re.compile(r"side_[A-Za-z][A-Za-z0-9_]{0,63}")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?"
_WORDS = re.compile(rf"\s*(\w+)\s*([<>])\s*({_NUMBER})((?:\s+(?:for|until|hold)\s+{_NUMBER})*)\s*")
CURE = "say for example 'residual>1.5 for 3 until 1.2 hold 60'"


@dataclass(frozen=True, slots=True)
class Condition:
    """When a trigger goes on, and when off again.

    Attributes
    ----------
    words : str
        As the user put it; what the trigger is called.
    quantity : str
        One of `UNITS`, or `side_NAME`.
    above : bool
        Whether larger values than `level` count, or smaller ones.
    level, until : float
        Where it goes on, and back to where the value has to come for it to go off.
    frames : int
        In a row that have to be beyond the level.
    hold_s : float
        After it has gone on it does not do so again for so long, by the run's time.
    """

    words: str
    quantity: str
    above: bool
    level: float
    until: float
    frames: int = 1
    hold_s: float = 0.0

    def is_beyond(self, value: float) -> bool:
        """Whether the value counts."""
        return value > self.level if self.above else value < self.level

    def is_back(self, value: float) -> bool:
        """Whether the value ends what went on."""
        return value <= self.until if self.above else value >= self.until


def parse_condition(words: str) -> Condition:
    """A condition from its words.

    Raises
    ------
    InputError
        They are none, or the condition could never go off again.
    """
    shown = " ".join(words.split())[:MOST_LETTERS]
    found = _WORDS.fullmatch(words) if len(words) <= MOST_LETTERS else None
    if found is None:
        raise InputError("no condition", where=f"--trigger {shown!r}", cure=CURE)
    quantity, sign, level = found[1], found[2], float(found[3])
    if quantity not in UNITS and not _SIDE.fullmatch(quantity):
        known = ", ".join((*UNITS, "side_NAME"))
        raise InputError(f"{quantity!r} cannot be watched", where=f"--trigger {shown!r}", cure=f"choose from {known}")
    above = sign == ">"
    said = _options(found[4], shown)
    until = said.get("until", level - math.copysign(BACK * abs(level), 1.0 if above else -1.0))
    if until > level if above else until < level:
        raise InputError(f"it cannot last until {until:g}", where=f"--trigger {shown!r}", cure=CURE)
    frames = said.get("for", float(FRAMES.get(quantity, 1)))
    if not (frames.is_integer() and 1 <= frames <= 10_000):
        raise InputError(f"for {frames:g} frames", where=f"--trigger {shown!r}", cure="give a whole number from 1 on")
    hold_s = said.get("hold", 0.0)
    if not 0 <= hold_s < math.inf:
        raise InputError(f"hold {hold_s:g} s", where=f"--trigger {shown!r}", cure="give seconds, from 0 on")
    return Condition(shown, quantity, above, level, until, int(frames), hold_s)


def _options(text: str, shown: str) -> dict[str, float]:
    words = text.split()
    names = words[::2]
    if len(set(names)) < len(names):
        raise InputError("something is said twice", where=f"--trigger {shown!r}", cure=CURE)
    return dict(zip(names, map(float, words[1::2]), strict=True))
