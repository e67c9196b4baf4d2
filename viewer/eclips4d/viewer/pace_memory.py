"""How the run has gone in the last minutes, as seen by this window: a bounded memory; knows no Qt."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from eclips4d.viewer.state_line import Condition, Mode

Values = NDArray[np.float64]
EVERY_S = 0.5
KEPT_S = 300.0
RATE_OVER_S = 10.0
"""Rates are of so many seconds: a slow scan has few frames."""
COUNTED = ("recorded", "committed", "shown")


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment; `counts` as `COUNTED`, NaN where nothing is known."""

    at_s: float
    waiting: float
    lag_s: float
    free_bytes: float
    counts: tuple[int, int, int]
    stages: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Strip:
    """A stage in one state, from and until so many seconds before the newest sample (negative)."""

    stage: str
    state: str
    from_s: float
    until_s: float


class PaceMemory:
    """Samples of the last `KEPT_S` seconds, one each `EVERY_S`.

    Parameters
    ----------
    clock : callable
        Seconds, on a clock that nobody sets.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.shown = 0
        """Frames that the window has shown."""
        self._clock = clock
        self._seen: int | None = None
        self._samples: deque[Sample] = deque(maxlen=round(KEPT_S / EVERY_S) + 1)

    def __len__(self) -> int:
        return len(self._samples)

    @property
    def newest(self) -> Sample | None:
        """The last one."""
        return self._samples[-1] if self._samples else None

    def seen(self, sequence: int) -> None:
        """The window shows this frame; the same one again counts once."""
        self.shown += sequence != self._seen
        self._seen = sequence

    def look(self, condition: Callable[[], Condition]) -> None:
        """Take a sample when it is time for one, unless the run has not begun or has ended."""
        now = self._clock()
        if self._samples and now - self._samples[-1].at_s < EVERY_S:
            return
        c = condition()
        if c.mode in (Mode.WAITING, Mode.ENDED) or (c.total is not None and c.committed >= c.total):
            return
        self._samples.append(
            Sample(
                at_s=now,
                waiting=float(max(0, c.recorded - c.committed)),
                lag_s=_or_nan(c.chain_lag_s),
                free_bytes=_or_nan(c.free_bytes),
                counts=(c.recorded, c.committed, self.shown),
                stages=dict(c.stages),
            )
        )
        while now - self._samples[0].at_s > KEPT_S:
            self._samples.popleft()

    def before_s(self) -> Values:
        """When each sample was taken, seconds before the newest (negative); float64 [sample]."""
        at_s = np.array([s.at_s for s in self._samples])
        return at_s - at_s[-1] if at_s.size else at_s

    def series(self, name: str) -> Values:
        """`waiting`, `lag_s` or `free_bytes` of each sample."""
        return np.array([getattr(s, name) for s in self._samples])

    def rates(self) -> Values:
        """Frames per second over the last `RATE_OVER_S` before each sample; float64 [counted, sample], NaN at first."""
        at_s = np.array([s.at_s for s in self._samples])
        counts = np.array([s.counts for s in self._samples], dtype=np.float64).reshape(-1, len(COUNTED))
        since = np.searchsorted(at_s, at_s - RATE_OVER_S, side="left")
        over_s = at_s - at_s[since] if at_s.size else at_s
        with np.errstate(invalid="ignore", divide="ignore"):
            found = (counts - counts[since]).T / np.where(over_s >= 2 * EVERY_S, over_s, np.nan)
        return np.asarray(found)

    def strips(self) -> list[Strip]:
        """In which states the stages were, in the order of their names; of a stage that nobody spoke of, nothing."""
        before_s = self.before_s().tolist()
        names = sorted({name for sample in self._samples for name in sample.stages})
        return [strip for name in names for strip in self._strips_of(name, before_s)]

    def _strips_of(self, name: str, before_s: list[float]) -> list[Strip]:
        states = [(sample.stages.get(name, ""), at) for sample, at in zip(self._samples, before_s, strict=True)]
        runs = [(state, [at for _, at in some]) for state, some in groupby(states, key=lambda pair: pair[0])]
        ends = [times[0] for _, times in runs[1:]] + [EVERY_S]
        return [Strip(name, state, times[0], end) for (state, times), end in zip(runs, ends, strict=True) if state]


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else float(value)
