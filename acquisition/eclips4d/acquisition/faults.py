"""A simulated microscope's faults, as its frames feel them: a pure function of the plan, the seed and the number.

What is lost never comes. What is damaged comes, fails its checksum, and is let go by the source. Both leave a jump in
the hardware's numbers, which is all that whoever takes the frames can see, as with a real instrument.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import xxhash

from eclips4d.acquisition.arrivals import Arrival, Arrivals, sequences
from eclips4d.acquisition.fault_plan import CHANCES, FaultPlan, Planned
from eclips4d.core.errors import WireError
from eclips4d.core.frame import Frame

_STREAM = 5
"""Of the seed's random numbers."""


class Fate(NamedTuple):
    """What becomes of one frame.

    Attributes
    ----------
    copies
        How often it is sent; 0 when it is lost.
    overtaken_by
        How many frames that were taken later come before it.
    damaged
        Its pixels do not arrive as they were sent.
    late_by_s
        What its clock says beyond the truth.
    """

    copies: int = 1
    overtaken_by: int = 0
    damaged: bool = False
    late_by_s: float = 0.0


FINE, LOST = Fate(), Fate(copies=0)
_BY_CHANCE = {"lost": LOST, "duplicate": Fate(copies=2), "late": Fate(overtaken_by=1), "corrupt": Fate(damaged=True)}


@dataclass(frozen=True, slots=True)
class Faults:
    """A plan put on a source's time axis; make it with `faults_of`.

    Attributes
    ----------
    planned
        Fate of the frames that were named, and of those lost in outages.
    silences
        (frame, until when nothing comes from there on, s).
    returns
        First frame after each time away.
    """

    plan: FaultPlan
    seed: int
    planned: dict[int, Fate] = field(default_factory=dict)
    silences: tuple[tuple[int, float], ...] = ()
    returns: tuple[int, ...] = ()

    def fate(self, sequence: int) -> Fate:
        """What becomes of a frame; what is planned goes before chance."""
        known = self.planned.get(sequence)
        if known is not None or not any(self.plan.chances):
            return known or FINE
        drawn = np.random.default_rng([self.seed, _STREAM, sequence]).random()
        for kind, limit in zip(CHANCES, np.cumsum(self.plan.chances), strict=True):
            if drawn < limit:
                return _BY_CHANCE[kind]
        return FINE

    def arrivals(self, frames: int | None) -> Arrivals:
        """How the frames of a source reach us."""
        return lambda start: self._arrive(start, frames)

    def _arrive(self, start: int, frames: int | None) -> Iterator[Arrival]:
        to_come = [back for back in self.returns if back > start]
        for sequence, copies in self._delivered(start, frames):
            back = sum(1 for first in to_come if first <= sequence)
            del to_come[:back]
            silent_until = max((until for first, until in self.silences if first <= sequence), default=0.0)
            yield Arrival(sequence, copies, silent_until, back, self.fate(sequence).late_by_s)

    def _delivered(self, start: int, frames: int | None) -> Iterator[tuple[int, int]]:
        """Numbers and copies in the order of delivery; a frame that is overtaken waits until enough others came."""
        waiting: list[_Waiting] = []
        for sequence in sequences(start, frames):
            fate = self.fate(sequence)
            if fate.overtaken_by:
                waiting.append(_Waiting(sequence, fate.overtaken_by))
            elif fate.copies:
                yield sequence, fate.copies
            if fate.copies and not fate.overtaken_by and not fate.damaged:
                waiting = [late.overtaken() for late in waiting]
                yield from ((late.sequence, 1) for late in waiting if late.still == 0)
                waiting = [late for late in waiting if late.still]
        yield from ((late.sequence, 1) for late in waiting)


class _Waiting(NamedTuple):
    sequence: int
    still: int

    def overtaken(self) -> _Waiting:
        return self._replace(still=self.still - 1)


def faults_of(plan: FaultPlan, seed: int, period_s: float, buffered: int) -> Faults:
    """Work out which frames the plan touches.

    Parameters
    ----------
    period_s
        From frame to frame.
    buffered
        Frames that the instrument keeps while nothing leaves it; what is scanned beyond that is lost.
    """
    planned: dict[int, Fate] = {}
    for fault in plan.planned:
        planned |= _touched(fault, period_s, buffered)
    return Faults(
        plan=plan,
        seed=seed,
        planned=planned,
        silences=tuple((f.frame, f.frame * period_s + f.amount) for f in plan.planned if f.kind == "stall"),
        returns=tuple(f.frame + _away(f, period_s) for f in plan.planned if f.kind == "reconnect"),
    )


def _touched(fault: Planned, period_s: float, buffered: int) -> dict[int, Fate]:
    first, amount = fault.frame, math.trunc(fault.amount)
    match fault.kind:
        case "lost":
            return dict.fromkeys(range(first, first + amount), LOST)
        case "corrupt":
            return dict.fromkeys(range(first, first + amount), Fate(damaged=True))
        case "duplicate":
            return {first: Fate(copies=1 + amount)}
        case "late":
            return {first: Fate(overtaken_by=amount)}
        case "clock":
            return {first: Fate(late_by_s=fault.amount)}
        case "stall":
            return dict.fromkeys(range(first + buffered, first + int(fault.amount / period_s)), LOST)
        case _:
            return dict.fromkeys(range(first, first + _away(fault, period_s)), LOST)


def _away(fault: Planned, period_s: float) -> int:
    """Frames scanned while the connection was down."""
    return max(1, math.ceil(fault.amount / period_s))


def through_cable(read: Callable[[int], Frame], faults: Faults) -> Callable[[int], Frame]:
    """`read`, but the pixels pass a cable on which some are damaged.

    The returned function raises `WireError` for a frame whose pixels, when they arrive, do not fit the checksum that
    was sent with them.
    """

    def received(sequence: int) -> Frame:
        sent = read(sequence)
        if not faults.fate(sequence).damaged:
            return sent
        pixels = sent.data.tobytes()
        _check(_damaged(pixels, faults.seed, sequence), len(pixels), xxhash.xxh3_64_intdigest(pixels), sent)
        return sent

    return received


def _damaged(pixels: bytes, seed: int, sequence: int) -> bytes:
    """One bit turned over, or the end cut off."""
    random = np.random.default_rng([seed, _STREAM, sequence, 1])
    at = int(random.integers(len(pixels)))
    if random.random() < 0.5:
        return pixels[:at]
    return pixels[:at] + bytes([pixels[at] ^ (1 << int(random.integers(8)))]) + pixels[at + 1 :]


def _check(arrived: bytes, length: int, checksum: int, sent: Frame) -> None:
    if len(arrived) != length:
        raise WireError(f"{len(arrived)} bytes of pixels instead of {length}", where=sent.header.label)
    if xxhash.xxh3_64_intdigest(arrived) != checksum:
        raise WireError("the pixels do not fit their checksum", where=sent.header.label)
