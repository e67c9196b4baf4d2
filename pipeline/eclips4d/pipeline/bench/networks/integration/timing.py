"""How long each integrator takes, over least squares by one cosine transform in the same run."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from eclips4d.pipeline.bench.networks.integration.cases import Case
from eclips4d.pipeline.bench.networks.integration.contest import Contest, Entry
from eclips4d.pipeline.bench.rows import Row

TABLE = "Time of each integrator over that of least squares, same run, {0}² pixels, not judged"
_REPEATS = 5


def rows_of(contest: Contest, case: Case, base: str) -> list[Row]:
    """Ratios of medians, by the entries of a contest with what was chosen for them.

    Parameters
    ----------
    base
        Name of the entry that all others are compared with.
    """
    entries = tuple(contest.entries.values())
    for entry in entries:
        entry.contender(case.slopes, entry.parameters)
    spent = {entry.contender.name: median_seconds(entry, case) for entry in entries}
    megapixels = case.height.size / 1e6
    table = TABLE.format(len(case.height))
    return [
        Row(table, f"{name}, {1e3 * seconds / megapixels:.3g} ms per megapixel", seconds / spent[base])
        for name, seconds in spent.items()
    ]


def median_seconds(entry: Entry, case: Case, repeats: int = _REPEATS) -> float:
    """Of several calls in a row, by the clock."""
    taken: Sequence[float] = [_seconds(entry, case) for _ in range(repeats)]
    return float(np.median(taken))


def _seconds(entry: Entry, case: Case) -> float:
    start = time.perf_counter()
    entry.contender(case.slopes, entry.parameters)
    return time.perf_counter() - start
