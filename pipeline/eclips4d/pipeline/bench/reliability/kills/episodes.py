"""Runs in which stages are killed at random moments, one after another, until each has died twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from eclips4d.pipeline.bench.reliability.chain import STAGES, Chain, completed, pause, running
from eclips4d.storage.reader import open as open_store

EACH = 2
"""Deaths of one stage in one run: a frame that three workers died with is given up, and rightly so."""
PAUSES_S = (0.05, 2.0)
PERIOD_S = 0.4
FRAMES = 50
ABSENT_S = 10.0


@dataclass(slots=True)
class Episode:
    """What was done to a run, and what was seen meanwhile.

    Attributes
    ----------
    kills
        Processes, or whole runs, that were killed.
    went_back
        Times that a counter of the store was seen to shrink.
    changed
        Committed frames that were seen to change.
    exit_code
        Of the run that completed the store.
    """

    kills: int = 0
    went_back: int = 0
    changed: int = 0
    exit_code: int = -1
    _counts: tuple[int, int] = (0, 0)
    _seen: dict[int, float] = field(default_factory=dict)

    def look(self, chain: Chain) -> None:
        """Look at the store as a reader does; what was durable stays so, what was committed stays as it is."""
        counts = chain.counts()
        if counts == (0, 0):
            return
        self.went_back += counts[0] < self._counts[0] or counts[1] < self._counts[1]
        self._counts = counts
        if counts[0]:
            self._compare(chain.store, counts[0] - 1)

    def _compare(self, store: Path, newest: int) -> None:
        with open_store(store) as data:
            for sequence in {newest, *list(self._seen)[-2:]}:
                held = float(np.nansum(data["height"][sequence].values)) + float(data["raw"][sequence].values.sum())
                self.changed += self._seen.setdefault(sequence, held) != held


def episode(recording: Path, store: Path, rng: np.random.Generator, most_kills: int, *, whole_run: bool) -> Episode:
    """One run, interrupted again and again, then completed.

    Parameters
    ----------
    most_kills
        No more than this.
    whole_run
        At the end of it the supervisor and all stages are killed at once.
    """
    victims = list(rng.permutation([*STAGES] * EACH))[: most_kills - whole_run]
    happened = Episode()
    with running(str(recording), store, "--speed", "realtime") as chain:
        _wait(chain, happened, 120.0, lambda: chain.counts()[1] > 0)
        for victim in map(str, victims):
            _wait(chain, happened, float(rng.uniform(*PAUSES_S)))
            _wait(chain, happened, ABSENT_S, partial(_is_there, chain, victim))
            happened.kills += chain.kill(victim)
        if not whole_run:
            _wait(chain, happened, 300.0)
            happened.exit_code = -1 if chain.process.poll() is None else chain.process.returncode
            return happened
        _wait(chain, happened, float(rng.uniform(*PAUSES_S)))
        happened.kills += chain.kill_everything()
    happened.exit_code = completed(str(recording), store)
    return happened


def _is_there(chain: Chain, victim: str) -> bool:
    return chain.stage(victim) is not None


def _wait(chain: Chain, happened: Episode, seconds: float, enough: Callable[[], bool] = lambda: False) -> None:
    until = time.monotonic() + seconds
    while not chain.ended and time.monotonic() < until and not enough():
        happened.look(chain)
        pause(0.05)
