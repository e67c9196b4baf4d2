"""Kills at random moments: the store is that of a run in peace. (Each phase has tests in `test_chain.py`.)

Of stages alone in one run, of some and then all at once in another; `eclips4d bench reliability --part kills` has 200.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from growing_store import making_stores
from rich.console import Console

from eclips4d.pipeline.bench.reliability.chain import differences
from eclips4d.pipeline.bench.reliability.context import ReliabilityContext
from eclips4d.pipeline.bench.reliability.kills import part
from eclips4d.storage.folder import EVENTS

KILLS = part.PER_RUN + 4
SHARE = KILLS / part.RANDOM_KILLS


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_kills_change_nothing(tmp_path: Path) -> None:
    kills, *bars = part.at_random(ReliabilityContext(Console(), seed=1, scale=SHARE), tmp_path)
    assert kills.value >= KILLS
    assert [row.what for row in bars if row.met is False] == []
    assert len(bars) == 4


def test_one_changed_number_in_one_array_is_found(tmp_path: Path) -> None:
    with making_stores(tmp_path) as make:
        one, other = make("one.zarr"), make("other.zarr")
        for store in (one, other):
            store.record(2)
            store.settle()
    assert differences(one.path, other.path) == []
    (other.path / EVENTS).write_text("events may differ\n")
    assert differences(one.path, other.path) == []
    time = next((other.path / "time").glob("c.*"))
    changed = np.fromfile(time, np.float64)
    changed[0] += 1e-9
    changed.tofile(time)
    assert differences(one.path, other.path) == ["time"]
