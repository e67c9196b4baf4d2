"""Side values of a growing store, their panel, and the words of events above it."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d import storage
from eclips4d.viewer.columns import SIDE
from eclips4d.viewer.lanes import GAP, lanes, within
from eclips4d.viewer.model import Model
from eclips4d.viewer.outline import outline
from eclips4d.viewer.panels.side import SidePanel
from eclips4d.viewer.side_values import MOST_SHOWN, SideMemory, side_value
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.theme import PALETTES

# -- curves ------------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), min_size=1, max_size=300), st.integers(5, 60))
def test_an_outline_keeps_ends_and_extremes(values, most):
    told = np.array(values)[None]
    kept = outline(told, most)
    assert kept[0] == 0 and kept[-1] == len(values) - 1 and (np.diff(kept) > 0).all()
    if np.isfinite(told).any():
        assert np.nanmin(told) == np.nanmin(told[:, kept]) and np.nanmax(told) == np.nanmax(told[:, kept])
    assert kept.size <= max(most, 7) + 3 * 5


def test_a_value_is_joined_over_frames_that_tell_none():
    value = side_value("pressure_o2", "degC", np.arange(4.0), np.array([1.0, math.nan, 3.0, math.nan]))
    assert (value.name, value.unit, value.reach) == ("pressure o2", "°C", (1.0, 3.0))
    assert value.time_s.tolist() == [0.0, 2.0]
    assert [value.words(k) for k in (0, 1, 2, 4, -1)] == ["1 °C", "–", "3 °C", "–", "–"]


def test_a_value_that_is_never_told_has_no_reach():
    value = side_value("x", "", np.arange(2.0), np.full(2, math.nan))
    assert value.reach is None and value.words(0) == "–"


# -- the memory --------------------------------------------------------------------------------------------------------


def read(memory, store, run_id="run"):
    return memory.read(run_id, storage.open(store.path, recorded=True))


def test_only_what_is_new_is_read(store):
    memory = SideMemory()
    assert read(memory, store) is None
    store.record(2, side={"temperature": 800.0})
    first = read(memory, store)
    assert read(memory, store) is first
    store.record(1, side={"temperature": 810.0})
    (value,) = read(memory, store).shown
    assert value.values.tolist() == [800.0, 800.0, 810.0]
    assert read(memory, store).span_s == (0.0, 4.0)
    (other,) = read(memory, store, run_id="another run").shown
    assert other.values.tolist() == value.values.tolist()


def test_a_value_that_comes_late_and_more_than_can_be_shown(store):
    memory = SideMemory()
    store.record(1, side={"a": 1.0})
    read(memory, store)
    store.record(1, side=dict.fromkeys("abcdefgh", 2.0))
    side = read(memory, store)
    assert [value.name for value in side.shown] == list("abcdefgh"[:MOST_SHOWN])
    assert set(side.others) == set("abcdefgh"[MOST_SHOWN:])
    assert math.isnan(side.shown[1].values[0]) and side.shown[1].values[1] == 2.0


# -- words above the plots ---------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.floats(0, 1000), st.floats(1, 300)), max_size=40).map(sorted),
    st.integers(1, 3),
)
def test_no_words_cover_others_and_the_newest_is_always_there(words, count):
    places, widths = [p for p, _ in words], [w for _, w in words]
    found = lanes(places, widths, count)
    for n in range(count):
        mine = [(p, p + w) for p, w, lane in zip(places, widths, found, strict=True) if lane == n]
        assert all(a[1] + GAP <= b[0] or b[1] + GAP <= a[0] for i, a in enumerate(mine) for b in mine[i + 1 :])
    assert not words or found[-1] == 0


def test_words_at_the_edge_are_not_cut_off():
    assert within(90.0, 30.0, 100.0) == 70.0
    assert within(20.0, 30.0, 100.0) == 20.0
    assert within(130.0, 30.0, 100.0) == 130.0
    assert within(5.0, 300.0, 100.0) == 0.0


# -- the panel ---------------------------------------------------------------------------------------------------------


@pytest.fixture(params=PALETTES)
def shown(store, qtbot, request):
    """The panel, and what the window would do at one tick."""
    panel, frames, model = SidePanel(PALETTES[request.param]), StoreFrames(store.path), Model()
    qtbot.addWidget(panel.widget)
    panel.widget.resize(700, 400)
    panel.widget.show()
    model.columns = frozenset({SIDE})

    def tick():
        model.accept(frames.look(model.wanted))
        panel.draw(model)
        panel.widget.grab()
        return model

    return panel, tick


def grow(store, frames=1, **side):
    store.record(frames, side=side)
    store.settle(frames)


def note(store, text, sequence):
    with (store.path / "events.jsonl").open("a") as file:
        file.write(json.dumps({"event": "note", "text": text, "sequence": sequence}) + "\n")


def test_curves_values_and_notes(store, shown):
    panel, tick = shown
    tick()
    assert not panel._rows.isVisible()
    for k in range(5):
        grow(store, temperature=800.0 + k, pressure_o2=0.5 * k)
    note(store, "O2 on", 2)
    model = tick()
    rows = panel._rows.rows
    assert len(rows) == 2
    time_s = panel._curves[0].getData()[0]
    np.testing.assert_allclose(time_s, np.arange(5) * 2.0)
    names = [row.words.text() for row in rows]
    first = next(k for k, text in enumerate(names) if "temperature" in text)
    np.testing.assert_allclose(panel._curves[first].getData()[1], 800.0 + np.arange(5))
    assert "804" in names[first] and "pressure o2" in names[1 - first]
    assert [item.toPlainText() for _, item in panel._lane._words] == ["O2 on"]
    assert panel._lane._lines[0][1].xvals == [4.0]
    model.select(1)
    tick()
    assert "801" in rows[first].words.text() and rows[first].shown.value() == 2.0
    assert panel.widget._info.text() == "frame 1"


def test_a_source_without_side_values_says_so(store, shown):
    panel, tick = shown
    store.grow(2)
    tick()
    assert panel.widget._info.text() == "the source tells none" and not panel._rows.isVisible()


def test_axes_widen_in_steps_until_they_are_moved(store, shown):
    panel, tick = shown
    grow(store, 3, temperature=20.0)
    tick()
    before = panel._rows.rows[0].plot.viewRange()
    grow(store, temperature=20.0)
    tick()
    grow(store, 30, temperature=900.0)
    tick()
    (left, right), (low, high) = panel._rows.rows[0].plot.viewRange()
    assert left <= 0.0 and right >= 66.0 > before[0][1] and low <= 20.0 and high >= 900.0
    panel._rows.rows[0].plot.getViewBox().sigRangeChangedManually.emit([True, True])
    panel._rows.axis.setXRange(10, 20, padding=0)
    grow(store, 60, temperature=2000.0)
    tick()
    assert panel._rows.rows[0].plot.viewRange()[0] == pytest.approx([10, 20], abs=1.0)
    panel.fit()
    tick()
    assert panel._rows.rows[0].plot.viewRange()[0][1] >= 186.0


def test_values_are_not_read_while_nobody_looks(store):
    frames, model = StoreFrames(store.path), Model()
    grow(store, temperature=20.0)
    assert frames.look(model.wanted).side is None
    model.columns = frozenset({SIDE})
    assert frames.look(model.wanted).side is not None
