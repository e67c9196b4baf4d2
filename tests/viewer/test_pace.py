"""The pace of a run: what the window remembers of the last minutes, latencies of the store, their panel."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d import storage
from eclips4d.core.results import Status
from eclips4d.viewer import pace_words
from eclips4d.viewer.columns import PACE
from eclips4d.viewer.latency import LatencyMemory
from eclips4d.viewer.model import Model
from eclips4d.viewer.pace_memory import EVERY_S, KEPT_S, RATE_OVER_S, PaceMemory
from eclips4d.viewer.panels.pace import PacePanel
from eclips4d.viewer.state_line import Condition, Mode
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.theme import PALETTES


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pace(clock):
    return PaceMemory(clock)


def condition(recorded=10, committed=8, **more):
    return Condition(mode=more.pop("mode", Mode.LIVE), recorded=recorded, committed=committed, **more)


# -- the memory --------------------------------------------------------------------------------------------------------


def test_it_is_bounded_and_asks_only_when_it_is_time(pace, clock):
    asked = 0

    def ask():
        nonlocal asked
        asked += 1
        return condition()

    for _ in range(20_000):
        pace.look(ask)
        clock.now += EVERY_S / 10
    assert asked <= 2001
    assert len(pace) <= KEPT_S / EVERY_S + 1
    assert pace.before_s()[0] >= -KEPT_S and pace.before_s()[-1] == 0.0


@given(rate=st.floats(0.5, 40.0), shown=st.floats(0.1, 1.0))
def test_rates_are_those_of_a_steady_run(rate, shown):
    clock = Clock()
    pace = PaceMemory(clock)
    for k in range(100):
        at_s = k * EVERY_S
        clock.now = 1000.0 + at_s
        pace.shown = int(rate * shown * at_s)
        pace.look(lambda at_s=at_s: condition(int(rate * at_s), max(0, int(rate * at_s) - 2)))
    recorded, committed, drawn = pace.rates()[:, -1]
    whole = 1.0 / RATE_OVER_S
    assert recorded == pytest.approx(rate, abs=2 * whole) and committed == pytest.approx(rate, abs=2 * whole)
    assert drawn == pytest.approx(rate * shown, abs=2 * whole)
    assert np.isnan(pace.rates()[:, 0]).all()


def test_before_the_run_and_after_it_nothing_is_kept(pace, clock):
    for c in (condition(mode=Mode.WAITING), condition(mode=Mode.ENDED), condition(12, 12, total=12)):
        pace.look(lambda c=c: c)
        clock.now += 1.0
    assert len(pace) == 0 and pace.rates().shape == (3, 0) and pace.strips() == []


def test_a_frame_that_stays_counts_once(pace):
    for sequence in (0, 0, 1, 1, 0):
        pace.seen(sequence)
    assert pace.shown == 3


def test_strips_tell_when_a_stage_was_away(pace, clock):
    for state in ("starting", "working", "working", "silent", "working"):
        pace.look(lambda state=state: condition(stages={"inference-0": state, "storage": "working"}))
        clock.now += 1.0
    pace.look(lambda: condition(stages={"storage": "working"}))
    found = [(s.stage, s.state, s.from_s, s.until_s) for s in pace.strips()]
    assert found == [
        ("inference-0", "starting", -5.0, -4.0),
        ("inference-0", "working", -4.0, -2.0),
        ("inference-0", "silent", -2.0, -1.0),
        ("inference-0", "working", -1.0, 0.0),
        ("storage", "working", -5.0, EVERY_S),
    ]


def test_the_model_feeds_it(store, notice):
    model, frames = Model(), StoreFrames(store.path)
    store.grow(3)
    store.record(2)
    model.accept(frames.look(model.wanted))
    model.accept_notice(notice(lag_s=1.5, stages={"storage": "working"}))
    model.pace.look(model.condition)
    newest = model.pace.newest
    assert (newest.waiting, newest.lag_s, newest.counts) == (2.0, 1.5, (5, 3, 1))
    assert newest.stages == {"storage": "working"} and newest.free_bytes > 0


# -- words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ms", "words"), [(0.34, "0.34 ms"), (5.2, "5.2 ms"), (123.4, "123 ms"), (2345.0, "2.3 s"), (math.nan, "–")]
)
def test_spans_of_the_chain(ms, words):
    assert pace_words.milliseconds(ms) == words


def test_present_numbers():
    assert pace_words.waiting(condition(3, 2, chain_lag_s=1.2)) == ("1 frame", "for 1.2 s")
    assert pace_words.waiting(condition(3, 3)) == ("0 frames", "")
    assert pace_words.disk(condition(free_bytes=2 * 10**9, full_in_s=7200.0)) == ("2 GB", "full in 2.0 h")
    assert pace_words.disk(condition()) == ("–", "")
    assert pace_words.rates(PaceMemory()) == ["–"] * 3


# -- latencies of the store --------------------------------------------------------------------------------------------


def grow(store, *latencies):
    for ms in latencies:
        store.record()
        if ms is not None:
            store.writer.write_latency(store.committed, {"inference": ms})
        store.settle(status=None if ms is not None else Status.GAP)


def read(memory, store, run_id="run"):
    return memory.read(run_id, storage.open(store.path))


def test_latencies_are_read_once(store):
    memory = LatencyMemory()
    assert read(memory, store) is None
    grow(store, 5.0, None, 7.0)
    first = read(memory, store)
    assert read(memory, store) is first
    assert first.stages == ("inference",) and first.frames.tolist() == [0, 2]
    np.testing.assert_array_equal(first.ms[:, 0], [5.0, np.nan, 7.0])
    assert first.of(1) is None and first.of(3) is None and first.of(2).tolist() == [7.0]
    grow(store, *range(10, 30))
    more = read(memory, store)
    np.testing.assert_array_equal(more.ms[3:, 0], np.arange(10.0, 30.0))
    assert more.usual_ms(0, newest=3)[0] == 28.0 and more.usual_ms(0, newest=None)[0] == 18.5
    assert read(memory, store, run_id="another").ms.shape == more.ms.shape


# -- the panel ---------------------------------------------------------------------------------------------------------


@pytest.fixture(params=PALETTES)
def shown(store, qtbot, request, clock):
    """The panel, and what the window would do at one tick."""
    panel, frames, model = PacePanel(PALETTES[request.param]), StoreFrames(store.path), Model()
    model.pace = PaceMemory(clock)
    model.columns = frozenset({PACE})
    qtbot.addWidget(panel.widget)
    panel.widget.resize(1000, 400)
    panel.widget.show()

    def tick(notice=None):
        clock.now += 1.0
        model.accept(frames.look(model.wanted))
        if notice is not None:
            model.accept_notice(notice)
        model.pace.look(model.condition)
        panel.draw(model)
        panel.widget.grab()
        return model

    return panel, tick


def test_a_live_run(store, shown, notice):
    panel, tick = shown
    tick()
    assert not panel._latency.widget.isVisible() and not panel._minutes.widget.isVisible()
    for k in range(20):
        grow(store, 100.0 + k)
        store.record(2) if k == 19 else None
        tick(notice(stages={"inference-0": "restarting" if k > 15 else "working", "storage": "working"}))
    rows = panel._minutes._rows.rows
    assert "2 frames" in rows[0].words.text()
    # A frame a second, and two more at the end; over ten seconds, or eleven.
    assert "<b>1.20</b>" in rows[1].words.text() and "<b>1.00</b>" in rows[1].words.text()
    assert "B" in rows[2].words.text().removeprefix("disk free (GB)")
    assert "restarting" in rows[3].words.text() and len(panel._minutes._strips) == 3
    frames, logs = panel._latency._curves[0].getData()
    np.testing.assert_allclose(10.0**logs, 100.0 + np.arange(20))
    assert frames.tolist() == list(range(20))
    assert "<b>119 ms</b>" in panel._latency._row.words.text()


def test_a_finished_run_tells_its_latencies(store, shown):
    panel, tick = shown
    grow(store, 100.0, 200.0, 300.0)
    store.finish()
    model = tick()
    assert panel._latency.widget.isVisible() and not panel._minutes.widget.isVisible()
    assert "the run has ended" in panel.widget._info.text()
    model.select(1)
    tick()
    assert "<b>200 ms</b>" in panel._latency._row.words.text()
    assert "usually 200 ms" in panel._latency._row.words.text()


def test_what_only_the_owner_knows_is_told_beside_the_columns(store, shown, notice):
    panel, tick = shown
    grow(store, 100.0, 4000.0)
    reaches = {"inference": (1.0, 2.0, 3.0, 0), "shown": (210.0, 320.0, 900.0, 4), "strip shown": (7.0, 8.0, 9.0, 1)}
    tick(notice(latency=reaches))
    words = panel._latency._row.words.text()
    assert "on screen: usually 210 ms, 99 %: 320 ms, worst: 900 ms (frame 4)" in words
    assert "strip on screen: usually 7 ms" in words
    assert "worst: 4.0 s (frame 1)" in words, "of the column, the store's own frames tell"


def test_a_store_without_latencies_says_so(store, shown):
    panel, tick = shown
    store.grow(2)
    tick()
    assert "the store tells no latency" in panel.widget._info.text()
