"""Every contender on the same frames, its parameters chosen for it on the truth of the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.networks.integration.cases import Case
from eclips4d.pipeline.bench.networks.integration.contenders import Contender, Parameters
from eclips4d.pipeline.bench.networks.integration.scores import Score, score

F64 = NDArray[np.float64]

CHOOSING, CHOOSING_PX = 2, 128
"""Frames on whose middle parameters are chosen, and its size; they are judged on all of these frames as well."""
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

    def best(self, names: Sequence[str]) -> Entry:
        """The one of these with the smallest error."""
        return min((self.entries[name] for name in names), key=lambda entry: entry.mean)


def contest(
    name: str, cases: Sequence[Case], contenders: Sequence[Contender], before: Mapping[str, tuple[int, ...]]
) -> Contest:
    """Let all compete.

    Parameters
    ----------
    before
        Rungs at which to begin, by the contender's name: where it was best in a row like this one.
    """
    entries = {c.name: enter(c, cases, before.get(c.name)) for c in contenders}
    return Contest(name, cases[0].steps, entries)


def enter(contender: Contender, cases: Sequence[Case], before: tuple[int, ...] | None = None) -> Entry:
    """Choose a contender's parameters on the first frames, then score it on all."""
    if not contender.ladders:
        return Entry(contender, {}, (), tuple(_scored(contender, {}, case) for case in cases))
    first = [case.middle(CHOOSING_PX) for case in cases[:CHOOSING]]
    rungs, errors = [], []
    for k, ladder in enumerate(contender.ladders):
        start = before[k] if before else len(ladder) // 2

        def error(rung: int, ladder: Sequence[Parameters] = ladder) -> float:
            return geometric_mean(np.array([_scored(contender, ladder[rung], case).rms for case in first]))

        rung, least = climb(error, len(ladder), start)
        rungs.append(rung)
        errors.append(least)
    which = int(np.argmin(errors))
    parameters = contender.ladders[which][rungs[which]]
    return Entry(contender, parameters, tuple(rungs), tuple(_scored(contender, parameters, case) for case in cases))


def climb(error: Callable[[int], float], count: int, start: int) -> tuple[int, float]:
    """The rung of least error, and that error, by walking downhill from `start`; each rung is looked at once."""
    seen: dict[int, float] = {}

    def at(rung: int) -> float:
        if not 0 <= rung < count:
            return np.inf
        if rung not in seen:
            seen[rung] = error(rung)
        return seen[rung]

    here = min(max(start, 0), count - 1)
    while True:
        nearby = min((here, here - 1, here + 1), key=at)
        if nearby == here:
            return here, at(here)
        here = nearby


def geometric_mean(values: F64) -> float:
    """Of numbers that are not negative."""
    return float(np.exp(np.mean(np.log(np.maximum(values, _NOTHING)))))


def _scored(contender: Contender, parameters: Parameters, case: Case) -> Score:
    return score(contender(case.slopes, parameters), case.height, case.counted)
