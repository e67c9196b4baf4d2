"""Steps of surfaces with noise: still ones say nothing, a planted move is told when it is as long as was asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from growing_store import AT_REST, COLUMNS, PIXEL_NM, ROWS, UNKNOWN, GrowingStore, making_stores

from eclips4d.core.results import Registered, Surface
from eclips4d.pipeline.triggers.condition import parse_condition
from eclips4d.pipeline.triggers.judge import Judge
from eclips4d.pipeline.triggers.seen_frames import SeenFrames
from eclips4d.pipeline.triggers.trigger import Change

STEP_NM, RISER_NM, SLOPE_SD = 10.0, 4.0, 0.01
LINE = ((0.0, 30.0), ((COLUMNS - 1) * PIXEL_NM, 30.0))


def stepped(place_nm: float, random: np.random.Generator) -> Surface:
    """One step across the whole field, rising along x."""
    x = np.arange(COLUMNS) * PIXEL_NM
    riser = STEP_NM / (np.sqrt(2 * np.pi) * RISER_NM) * np.exp(-0.5 * ((x - place_nm) / RISER_NM) ** 2)
    noise = random.normal(0.0, SLOPE_SD, (2, ROWS, COLUMNS))
    slope = (np.stack([np.tile(riser, (ROWS, 1)), np.zeros((ROWS, COLUMNS))]) + noise).astype(np.float32)
    height = np.cumsum(slope[0] * PIXEL_NM, axis=1, dtype=np.float32)
    flat = np.ones_like(height)
    return Surface(slope, SLOPE_SD * flat, height, flat, flat, np.full(height.shape, 90, np.uint8))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GrowingStore]:
    with making_stores(tmp_path) as make:
        yield make(keep=("height", "slope", "slope_sd"))


def judged(store: GrowingStore, places_nm: Sequence[float], words: str) -> list[Change]:
    random = np.random.default_rng(1)
    store.record(len(places_nm))
    for k, place in enumerate(places_nm):
        store.writer.write_registered(k, Registered(stepped(place, random), AT_REST, UNKNOWN), *store.keys).result()
    store.writer.commit(committed=len(places_nm), recorded=len(places_nm))
    judge = Judge([parse_condition(words)])
    return [change for seen in SeenFrames(store.path, ["step"], LINE, 8.0).news() for change in judge.take(seen)]


def test_a_still_step_is_none_that_moves(store: GrowingStore) -> None:
    assert judged(store, [40.0] * 60, "step>0.01 for 1") == []


def test_a_planted_move_is_told_at_its_frame_and_once(store: GrowingStore) -> None:
    found = judged(store, [40.0] * 12 + [46.0] * 12, "step>4")
    assert [(change.on, change.first) for change in found] == [(True, 12), (False, 14)]
    assert found[0].value == pytest.approx(6.0, abs=1.0)


def test_a_slow_step_is_told_whenever_it_has_come_so_far(store: GrowingStore) -> None:
    on = [change.first for change in judged(store, list(np.linspace(30.0, 50.0, 41)), "step>5") if change.on]
    assert len(on) == 3
    assert on[0] in (10, 11, 12)
