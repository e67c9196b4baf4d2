"""Means of frames in the window: asked for, counted, warned of, made beside its thread."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from eclips4d.core.errors import InputError
from eclips4d.core.results import Drift
from eclips4d.metrology.stack import Motion, Stacker
from eclips4d.viewer.app import paint
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.height import HeightPanel
from eclips4d.viewer.picture import Wanted
from eclips4d.viewer.reader import Reader
from eclips4d.viewer.stack_words import StackShown
from eclips4d.viewer.stacked import StackReader
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.theme import DARK
from eclips4d.viewer.window import Window

LOST = Drift((0.0, 0.0), aligned=False)
MOVED = Motion(0.1, True, 12.3)


def shown(frames, model):
    model.accept(frames.look(model.wanted))
    return model.picture.surface


def test_the_words_say_how_many_were_used():
    assert StackShown(4, (1, 2, 3, 4), Motion()).words == "mean of 4"
    assert StackShown(8, (1, 2), Motion()).words == "mean of 2 of 8"


@pytest.mark.parametrize(
    ("motion", "said"),
    [
        (Motion(), ""),
        (Motion(0.001), ""),
        (MOVED, "blurred over about 12 nm: steps move within the stack"),
        (Motion(0.1, True), "blurred, nobody can tell how far: steps move within the stack"),
    ],
)
def test_a_warning_is_given_when_steps_moved(motion, said):
    assert StackShown(4, (1, 2, 3, 4), motion).warning == said


def test_the_run_says_how_many_unless_the_window_is_told(store):
    store.writer.remember("stack", 3)
    store.grow(5)
    frames, model = StoreFrames(store.path), Model()
    assert model.stack == 1 and model.wanted == Wanted()
    surface = shown(frames, model)
    assert model.stack == 3 and surface.stack.members == (2, 3, 4)
    np.testing.assert_allclose(np.diff(surface.height, axis=1), np.diff(store.height_of(4), axis=1), atol=0.05)
    model.set_stack(2)
    assert shown(frames, model).stack.members == (3, 4)
    model.set_stack(1)
    assert shown(frames, model).stack is None
    assert shown(StoreFrames(store.path), Model(stack=64)).stack.words == "mean of 5 of 64"


@pytest.mark.parametrize(("asked", "kept"), [(0, 1), (-3, 1), (65, 64), (8, 8)])
def test_a_number_stays_within_what_can_be_averaged(asked, kept):
    model = Model()
    model.set_stack(asked)
    assert model.stack == kept


def test_nothing_new_is_the_same_picture(store):
    store.grow(3)
    frames, wanted = StoreFrames(store.path), Wanted(stack=2)
    first = frames.look(wanted)
    assert frames.look(wanted) is first
    store.record()
    assert frames.look(wanted).surface is first.surface
    store.settle()
    assert frames.look(wanted).surface is not first.surface


def test_a_frame_that_is_not_aligned_stands_alone(store):
    store.grow(3)
    store.grow(drift=LOST)
    surface = StoreFrames(store.path).look(Wanted(stack=4)).surface
    assert surface.stack.words == "mean of 1 of 4"
    np.testing.assert_allclose(surface.height, store.height_of(3), atol=0.1)


def test_a_store_without_slopes_is_averaged_too(make_store):
    store = make_store("heights.zarr", keep=("height",))
    store.grow(4)
    surface = StoreFrames(store.path).look(Wanted(stack=4)).surface
    assert surface.slope is None and surface.height_sd is None and surface.stack.words == "mean of 4"


def test_another_run_at_the_same_place_is_read_anew(store):
    store.grow(3)
    reader = StackReader()
    products = StoreFrames(store.path)._refresh().products
    first = reader.surface("run", products, 2, 2, None)
    assert reader.surface("run", products, 2, 2, first) is first
    held = reader._memory
    reader.surface("another", products, 2, 2, None)
    assert reader._memory is not held


@pytest.fixture
def window(store, qtbot):
    window = Window(Model(), Reader(StoreFrames(store.path)), title="run")
    qtbot.addWidget(window)
    window.resize(1200, 800)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    window.start()
    yield window
    window.close()


def info(window):
    return window.height_map.widget._info.text()


def test_the_number_is_chosen_in_the_window(store, window, qtbot):
    store.grow(3)
    qtbot.waitUntil(lambda: "frame 2" in info(window))
    assert "mean" not in info(window)
    window.time_bar.stack.setValue(4)
    qtbot.waitUntil(lambda: "mean of 3 of 4" in info(window))
    assert "mean of 3 of 4" in window.docked["slope"].widget._info.text()
    qtbot.keyClick(window, "+")
    qtbot.waitUntil(lambda: "mean of 3 of 5" in info(window))
    assert window.time_bar.stack.value() == 5
    for _ in range(4):
        qtbot.keyClick(window, "-")
    qtbot.waitUntil(lambda: "mean" not in info(window))
    assert not window.time_bar.stack.hasFocus()


def test_the_window_never_averages_itself(store, window, qtbot, monkeypatch):
    threads = []
    stack = Stacker.stack
    monkeypatch.setattr(
        Stacker, "stack", lambda self, *given: threads.append(threading.current_thread().name) or stack(self, *given)
    )
    store.grow(3)
    window.time_bar.stack.setValue(3)
    qtbot.waitUntil(lambda: "mean of 3" in info(window))
    assert threads and set(threads) == {"viewer-reader"}


def test_a_blurred_stack_is_amber(store, qtbot, monkeypatch):
    monkeypatch.setattr("eclips4d.metrology.stack.mean._Sums.motion", lambda self, shared: MOVED)
    store.grow(3)
    model = Model(stack=3)
    model.accept(StoreFrames(store.path).look(model.wanted))
    panel = HeightPanel(DARK, lambda line: None)
    qtbot.addWidget(panel.widget)
    panel.draw(model)
    assert "mean of 3   blurred over about 12 nm: steps move within the stack" in panel.widget._info.text()
    assert "#f2b84b" in panel.widget._info.styleSheet()


def test_it_is_painted_as_asked(store, tmp_path, qapp):
    store.grow(3)
    paint(store.path, tmp_path / "window.png", stack=3)
    assert (tmp_path / "window.png").stat().st_size > 10_000
    with pytest.raises(InputError, match="from 1 to 64"):
        paint(store.path, tmp_path / "window.png", stack=65)
