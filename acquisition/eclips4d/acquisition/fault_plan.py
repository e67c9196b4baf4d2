"""`faults=lost:0.02,late:0.01,stall:1@30`: what goes wrong with a simulated microscope, in words.

An entry is `KIND:AMOUNT` or `KIND:AMOUNT@FRAME`. Without a frame the amount is the probability that it happens to a
frame; with one it says how much happens there.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import NamedTuple

CHANCES = ("lost", "duplicate", "late", "corrupt")
"""Kinds that can befall any frame; the amount at a frame is a number of frames."""
OUTAGES = ("stall", "reconnect")
"""Kinds that are planned for a frame; the amount is a time in seconds."""
CLOCK = "clock"
"""The frame is told to be so many seconds later, or earlier, than it was."""
MOST_FRAMES = 1000
"""That one entry may lose, double, delay or damage."""
LONGEST_S = 3600.0
_ENTRY = re.compile(r"([a-z]+):([0-9]*\.?[0-9]+|(?<=clock:)-?[0-9]*\.?[0-9]+(?:e[0-9]{1,3})?)(?:@([0-9]{1,9}))?")


class Planned(NamedTuple):
    """A fault at a known frame: frames of it, or seconds."""

    kind: str
    amount: float
    frame: int


class FaultPlan(NamedTuple):
    """What can go wrong.

    Attributes
    ----------
    chances
        Probability of each kind of `CHANCES`, per frame; at most one of them befalls a frame.
    planned
        In the order of their frames.
    """

    chances: tuple[float, ...] = (0.0,) * len(CHANCES)
    planned: tuple[Planned, ...] = ()


def parse_faults(text: str) -> FaultPlan:
    """The plan that `text` describes; an empty text is a source without faults.

    Raises
    ------
    ValueError
        Not an entry, an unknown kind, a kind twice, or an amount out of range; the message names it.
    """
    chances: dict[str, float] = {}
    planned: list[Planned] = []
    for entry in text.split(",") if text.strip() else []:
        kind, amount, frame = _entry(entry.strip())
        if frame is not None:
            planned.append(Planned(kind, amount, frame))
        elif kind in chances:
            raise ValueError(f"{kind} has two probabilities")
        else:
            chances[kind] = amount
    if sum(chances.values()) > 1.0:
        raise ValueError("the probabilities add up to more than 1")
    planned.sort(key=lambda p: p.frame)
    twice = next((b.frame for a, b in pairwise(planned) if a.frame == b.frame), None)
    if twice is not None:
        raise ValueError(f"two faults are planned at frame {twice}")
    return FaultPlan(tuple(chances.get(kind, 0.0) for kind in CHANCES), tuple(planned))


def _entry(entry: str) -> tuple[str, float, int | None]:
    match = _ENTRY.fullmatch(entry)
    if match is None:
        raise ValueError(f"{entry!r} is neither KIND:PROBABILITY nor KIND:AMOUNT@FRAME")
    kind, amount, frame = match[1], float(match[2]), None if match[3] is None else int(match[3])
    kinds = (*CHANCES, *OUTAGES, CLOCK)
    if kind not in kinds:
        raise ValueError(f"unknown fault {kind!r}; there are {', '.join(kinds)}")
    _check_amount(entry, kind, amount, frame)
    return kind, amount, frame


def _check_amount(entry: str, kind: str, amount: float, frame: int | None) -> None:
    if kind in (*OUTAGES, CLOCK):
        if frame is None:
            raise ValueError(f"{entry!r}: say when, {kind}:SECONDS@FRAME")
        if kind == CLOCK:
            if not math.isfinite(amount):
                raise ValueError(f"{entry!r}: the seconds must be finite")
        elif not 0.0 < amount <= LONGEST_S:
            raise ValueError(f"{entry!r}: the seconds must be above 0 and at most {LONGEST_S:g}")
    elif frame is None:
        if amount > 1.0:
            raise ValueError(f"{entry!r}: a probability is at most 1; {kind}:FRAMES@FRAME happens once")
    elif not (amount.is_integer() and 1 <= amount <= MOST_FRAMES):
        raise ValueError(f"{entry!r}: the amount must be a whole number of frames from 1 to {MOST_FRAMES}")
