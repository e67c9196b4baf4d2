"""The same window over a network: its panels draw, lines are measured, a cut is told and over when it is over."""

from __future__ import annotations

from pathlib import Path

import pytest
from view_service_helpers import Served

from eclips4d.viewer.app import _window
from eclips4d.viewer.recent import RecentRuns
from eclips4d.viewer.remote import frames as frames_module
from eclips4d.viewer.remote.link import Place
from eclips4d.viewer.state_line import Mode
from eclips4d.viewer.windows import Windows

pytest.importorskip("pytestqt")


@pytest.fixture
def watched(make_store, closing):
    store = make_store(keep=("height", "height_sd", "slope", "slope_sd", "trust"))
    store.grow(3)
    return store, closing(Served(store.path))


@pytest.fixture
def make_window(qtbot):
    made = []

    def make(address: str):
        window = _window(Path("store"), place=Place(address))
        qtbot.addWidget(window)
        window.show()
        window.start()
        made.append(window)
        return window

    yield make
    for window in made:
        window.close()


def test_the_newest_frame_is_shown_and_measured(watched, make_window, qtbot):
    store, served = watched
    window = make_window(served.address)
    qtbot.waitUntil(lambda: window.model.picture.surface is not None, timeout=20_000)
    assert served.address.partition("://")[2] in window.windowTitle()
    assert window.model.condition().mode is Mode.LIVE
    store.grow(1)
    qtbot.waitUntil(lambda: window.model.current == 3, timeout=20_000)
    profile, read_out = window.model.profile()
    assert read_out is not None
    assert profile is not None
    (ax, ay), b = window.model.line
    window.move_line(((ax, ay + 4.0), b))  # the one it begins with is nobody's question
    qtbot.waitUntil(lambda: bool(window.model.measuring.answers.readings), timeout=60_000)
    reading = next(iter(window.model.measuring.answers.readings.values()))
    assert not reading.note, reading.note
    assert not window.model.picture.trouble


def test_a_cut_is_told_and_the_window_goes_on(watched, make_window, qtbot, closing, monkeypatch):
    monkeypatch.setattr(frames_module, "SILENT_S", 0.5)
    store, served = watched
    window = make_window(served.address)
    qtbot.waitUntil(lambda: window.model.picture.surface is not None, timeout=20_000)
    served.close()
    served.close = lambda: None
    qtbot.waitUntil(lambda: "no answer for" in window.model.condition().trouble, timeout=20_000)
    assert window.model.current == 2
    window.step(-1)
    store.grow(1)
    closing(Served(store.path, served.address))
    qtbot.waitUntil(lambda: not window.model.condition().trouble, timeout=20_000)
    qtbot.waitUntil(lambda: window.model.picture.surface.sequence == 1, timeout=20_000)
    window.follow(True)
    qtbot.waitUntil(lambda: window.model.current == 3, timeout=20_000)


def test_a_window_without_a_service_can_be_closed(make_window, qtbot):
    window = make_window("tcp://127.0.0.1:1")
    qtbot.waitUntil(lambda: window.model.picture.note.startswith("waiting for store at 127.0.0.1:1"), timeout=20_000)
    assert window.model.condition().mode is Mode.WAITING


def test_an_address_is_not_remembered_among_stores_and_opens_again(watched, qtbot, tmp_path):
    _, served = watched
    recent = RecentRuns(tmp_path / "window.ini")
    windows = Windows(_window, recent, (800, 600))
    try:
        window = windows.open(Path("store"), place=Place(served.address))
        windows.open_again(window, Path("store"), {"place": Place(served.address)})
        for one in windows.open_ones:
            qtbot.waitUntil(lambda one=one: one.model.picture.surface is not None, timeout=20_000)
        assert len(windows.open_ones) == 2
        assert recent.runs() == ()
        assert window.errands.store is None
    finally:
        windows.dispose()
