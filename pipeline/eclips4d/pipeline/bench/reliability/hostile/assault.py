"""A target under fire: so many messages, and what became of them and of it."""

from __future__ import annotations

import gc
import math
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import psutil

from eclips4d.pipeline.bench.reliability.hostile.mutants import Mutants
from eclips4d.pipeline.bench.reliability.hostile.target import Target

BATCH = 400
WARM = 0.2
"""Share of the messages after which memory is looked at for the first time."""
SETTLE_S = 20.0


@dataclass(slots=True)
class Outcome:
    """What an assault has led to.

    Attributes
    ----------
    uncounted : int
        Messages that were neither refused nor taken.
    crashes : list of str
        Errors that would have ended the stage, each with the way the message was made.
    growth_mib : float
        Memory gained after the first fifth of the messages.
    """

    sent: int
    refused: int
    uncounted: int
    crashes: list[str]
    growth_mib: float
    serves: bool
    seconds: float


def assault(target: Target, messages: int, seed: int) -> Outcome:
    """Send hostile messages to a target that is there already."""
    start, told = time.monotonic(), 0
    before = target.taken + target.refused
    crashes: list[str] = []
    sent, warm_mib = 0, math.nan
    for batch in range(-(-messages // BATCH)):
        counted = target.taken + target.refused
        sound = target.sound()
        told += target.taken + target.refused - counted  # by the target's own stages
        for mutant in islice(Mutants(sound, seed + batch), min(BATCH, messages - sent)):
            target.send(mutant.parts)
            sent += 1
        _settle(target, before + told + sent, crashes)
        if math.isnan(warm_mib) and sent >= WARM * messages:
            warm_mib = memory_mib()
    refused, counted = target.refused, target.taken + target.refused
    growth = memory_mib() - warm_mib
    serves = target.serves()
    uncounted = before + told + sent - counted
    return Outcome(sent, refused, uncounted, crashes, growth, serves, time.monotonic() - start)


def _settle(target: Target, expected: int, crashes: list[str]) -> None:
    """Turn until everything sent is counted, but for what crashed, or nothing more comes."""
    deadline = time.monotonic() + SETTLE_S
    while target.taken + target.refused < expected - len(crashes) and time.monotonic() < deadline:
        try:
            target.turn()
        except Exception:  # noqa: BLE001 -- whatever it is, it would have ended the stage: that is what is looked for
            crashes.append(traceback.format_exc(limit=-3))


def memory_mib() -> float:
    """Memory of this process, MiB."""
    gc.collect()
    return float(psutil.Process().memory_info().rss) / (1 << 20)


def tried(make: Callable[[Path], Target], folder: Path, messages: int, seed: int) -> Outcome:
    """Build a target, send, and take it down."""
    target = make(folder)
    try:
        return assault(target, messages, seed)
    finally:
        target.close()
