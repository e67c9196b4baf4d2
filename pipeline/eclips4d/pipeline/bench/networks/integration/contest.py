"""Every contender on the same frames, its parameters chosen for it on the truth of the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.networks.integration.cases import Case
from eclips4d.pipeline.bench.networks.integration.contenders import Contender, Parameters
from eclips4d.pipeline.bench.networks.integration.scores import Score

F64 = NDArray[np.float64]
Scored = Callable[[Contender, Parameters, Case], Score]

CHOOSING = 2
"""Frames on which parameters are chosen; they are judged on these as well."""
_NOTHING = 1e-12
"""Nm: no error in a band that small images do not have."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A contender's scores.

    Attributes
    ----------
    contender : Contender
    parameters
        Those that were best for it.
    rungs : tuple of int
        Where on each ladder it was best.
    scores : tuple of Score
        One per frame.
    """

    contender: Contender
    parameters: Parameters
    rungs: tuple[int, ...]
    scores: tuple[Score, ...]

    @property
    def rms(self) -> F64:
        """Of each frame, nm, float64 [frames]."""
        return np.array([s.rms for s in self.scores])

    def band(self, index: int) -> F64:
        """Rms in one of `scores.BANDS`, of each frame, nm."""
        return np.array([s.bands[index] for s in self.scores])

    @property
    def mean(self) -> float:
        """Geometric mean of the rms, nm."""
        return geometric_mean(self.rms)


@dataclass(frozen=True, slots=True)
class Contest:
    """One row: all entries for one kind of frame.

    Attributes
    ----------
    name : str
    steps : bool
        Whether step heights are judged.
    entries : dict of Entry
        By the contender's name.
    """

    name: str
    steps: bool
    entries: dict[str, Entry]

    @property
    def rungs(self) -> dict[str, tuple[int, ...]]:
        """Where each contender was best, by its name."""
        return {name: entry.rungs for name, entry in self.entries.items() if entry.rungs}

    def best(self, names: Sequence[str]) -> Entry:
        """The one of these with the smallest error."""
        return min((self.entries[name] for name in names), key=lambda entry: entry.mean)


def contest(
    name: str,
    cases: Sequence[Case],
    contenders: Sequence[Contender],
    scored: Scored,
    before: Mapping[str, tuple[int, ...]] | None = None,
) -> Contest:
    """Let all compete.

    Parameters
    ----------
    scored
        How a contender's score on a frame is found: see `kept.Kept`.
    before
        Rungs at which to begin, by the contender's name: where it was best in a row like this one.
    """
    entries = {c.name: enter(c, cases, scored, (before or {}).get(c.name, ())) for c in contenders}
    return Contest(name, cases[0].steps, entries)


def enter(contender: Contender, cases: Sequence[Case], scored: Scored, before: tuple[int, ...] = ()) -> Entry:
    """Choose a contender's parameters on the first frames, then score it on all.

    Parameters
    ----------
    scored
        See `contest`.
    before
        Where it was best on each ladder in a row like this one: then the ladder that is best there is climbed alone.
    """
    if not contender.ladders:
        return Entry(contender, {}, (), tuple(scored(contender, {}, case) for case in cases))
    first = cases[:CHOOSING]

    @cache
    def error(ladder: int, rung: int) -> float:
        parameters = contender.ladders[ladder][rung]
        return geometric_mean(np.array([scored(contender, parameters, case).rms for case in first]))

    rungs = list(before) or [len(ladder) // 2 for ladder in contender.ladders]
    likely = [min(range(len(rungs)), key=lambda k: error(k, rungs[k]))] if before else range(len(rungs))
    for k in likely:
        rungs[k] = climb(partial(error, k), len(contender.ladders[k]), rungs[k])
    which = min(range(len(rungs)), key=lambda k: error(k, rungs[k]))
    parameters = contender.ladders[which][rungs[which]]
    return Entry(contender, parameters, tuple(rungs), tuple(scored(contender, parameters, case) for case in cases))


def climb(error: Callable[[int], float], count: int, start: int) -> int:
    """The rung of less error than its neighbours, by walking downhill from `start`."""
    here = min(max(start, 0), count - 1)
    while True:
        nearby = (rung for rung in (here, here - 1, here + 1) if 0 <= rung < count)
        least = min(nearby, key=error)
        if least == here:
            return here
        here = least


def geometric_mean(values: F64) -> float:
    """Of numbers that are not negative."""
    return float(np.exp(np.mean(np.log(np.maximum(values, _NOTHING)))))
