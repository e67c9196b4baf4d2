"""The drift panel on a growing store."""

import itertools

import numpy as np
import pytest

from eclips4d.core.results import Drift
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.drift import EVERY_S, DriftPanel
from eclips4d.viewer.panels.height import HeightPanel
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.theme import DARK


@pytest.fixture
def shown(store, qtbot):
    """The panel, and what the window would do at one tick."""
    clock = itertools.count(0.0, EVERY_S)  # it is always time to draw
    panel, frames, model = DriftPanel(DARK, lambda: next(clock)), StoreFrames(store.path), Model()
    qtbot.addWidget(panel.widget)
    panel.widget.resize(600, 300)
    panel.widget.show()

    def tick():
        model.accept(frames.look(model.wanted))
        panel.draw(model)
        panel.widget.grab()
        return model

    return panel, tick


def moved(k, **more):
    return Drift((0.1 * k, -0.2 * k), (0.1, -0.2), (0.05, 0.05), **more)


def test_curves_rings_and_grids_follow_the_store(store, shown):
    panel, tick = shown
    tick()
    assert not panel._plot.isVisible() and panel._read_out.text() == ""
    for k in range(5):
        store.grow(drift=moved(k, aligned=k != 3, reference=0 if k < 4 else 4))
    tick()
    time, x = panel._curves[0].getData()
    np.testing.assert_allclose(time, np.arange(5) * 2.0)
    np.testing.assert_allclose(x, -0.2 * np.arange(5) * store.pixel_nm)
    assert [ring.getData()[0].tolist() for ring in panel._rings] == [[6.0], [6.0]]
    assert [line.value() for line in panel._grids] == [8.0]
    assert "−1.60 ± 0.10 nm" in panel._read_out.text() and "−0.800 ± 0.050 px" in panel._read_out.text()
    assert "grid of frame 4" in panel._read_out.text()
    assert "1 of 5 not aligned" in panel.widget._info.text()


def test_a_frame_that_is_not_aligned_says_so_here_and_above_its_height(store, shown, qtbot):
    panel, tick = shown
    height = HeightPanel(DARK, lambda line: None)
    qtbot.addWidget(height.widget)
    store.grow(drift=moved(0))
    store.grow(drift=moved(1, aligned=False))
    model = tick()
    height.draw(model)
    assert "frame 1 not aligned" in panel.widget._info.text()
    assert "not aligned" in height.widget._info.text()
    model.select(0)
    tick()
    height.draw(model)
    assert "frame 0 not aligned" not in panel.widget._info.text()
    assert "not aligned" not in height.widget._info.text()


def test_axes_widen_by_themselves_until_they_are_moved(store, shown):
    panel, tick = shown
    for k in range(3):
        store.grow(drift=moved(k))
    tick()
    for k in range(3, 40):
        store.grow(drift=moved(k))
    tick()
    (left, right), (low, high) = panel._plot.viewRange()
    assert left <= 0 and right >= 78 and low <= -0.2 * 39 * store.pixel_nm <= 0.1 * 39 * store.pixel_nm <= high
    panel._plot.getViewBox().setRange(xRange=(10, 20), padding=0)
    panel._plot.getViewBox().sigRangeChangedManually.emit([True, True])
    store.grow(60, drift=moved(99))
    tick()
    assert panel._plot.viewRange()[0] == pytest.approx([10, 20])
    panel.fit()
    tick()
    assert panel._plot.viewRange()[0][1] >= 198


def test_a_run_that_is_followed_is_drawn_now_and_then_and_a_chosen_frame_at_once(store, qtbot):
    now, drawn = [0.0], []
    panel, frames, model = DriftPanel(DARK, lambda: now[0]), StoreFrames(store.path), Model()
    qtbot.addWidget(panel.widget)

    def tick():
        model.accept(frames.look(model.wanted))
        panel.draw(model)
        drawn.append(panel.widget._info.text().split("   ")[0])

    store.grow(drift=moved(0))
    tick()
    store.grow(drift=moved(1))
    tick()
    now[0] += EVERY_S
    tick()
    store.grow(drift=moved(2))
    model.select(0)
    tick()
    assert drawn == ["frame 0", "frame 0", "frame 1", "frame 0"]
    model.set_follow(True)
    tick()
    store.finish()
    tick()
    assert drawn[-1] == "frame 2", "a run that has ended is drawn whole"
