"""The time bar in a window: playing, marks, jumps, and frames as large as the screen needs."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from eclips4d.core.results import Drift, Status
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.detail_seen import detail_seen
from eclips4d.viewer.panels.map_view import MapView
from eclips4d.viewer.picture import Detail, Grid
from eclips4d.viewer.player import FASTEST
from eclips4d.viewer.reader import Reader
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.theme import DARK
from eclips4d.viewer.window import Window

NOTE = {"time_utc": "2026-01-01T00:00:00+00:00", "event": "note", "text": "O2 on", "sequence": 2}


@pytest.fixture
def window(store, qtbot):
    store.grow(4)
    store.record()
    store.settle(status=Status.QUARANTINED)
    store.grow(1, Drift((0.0, 0.0), aligned=False))
    store.writer.event(NOTE)
    frames = StoreFrames(store.path)
    made = Window(Model(), Reader(frames, frames.ahead), title="run")
    made.resize(1200, 800)
    made.show()
    made.start()
    qtbot.waitUntil(lambda: made.model.picture.surface is not None, timeout=10_000)
    yield made
    made.close()
    made.deleteLater()


def shown(window, sequence):
    surface = window.model.picture.surface
    return surface is not None and surface.sequence == sequence


def test_a_key_plays_and_every_frame_is_shown(window, qtbot, store):
    store.finish()
    seen = []
    accept = window.model.accept
    window.model.accept = lambda picture: seen.append(picture.wanted.sequence) or accept(picture)
    window.travel.set_speed(FASTEST)
    qtbot.keyClick(window, Qt.Key.Key_P)
    assert window.model.player.playing
    qtbot.waitUntil(lambda: not window.model.player.playing, timeout=10_000)
    assert [k for n, k in enumerate(seen) if k is not None and k not in seen[:n]] == [0, 1, 2, 3, 4, 5]
    assert window.time_bar.play.text() == "▶"


@pytest.mark.parametrize("stop", ["step", "follow", "select", "key"])
def test_whoever_goes_elsewhere_stops_it(window, qtbot, stop):
    window.travel.play()
    assert window.model.player.playing
    {
        "step": lambda: window.step(1),
        "follow": lambda: window.follow(True),
        "select": lambda: window.time_bar.slider.setValue(3),
        "key": lambda: qtbot.keyClick(window, Qt.Key.Key_P),
    }[stop]()
    assert not window.model.player.playing


def test_keys_and_box_set_the_same_speed(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_BracketRight)
    assert window.model.player.speed == 2.0
    assert window.time_bar.speed.currentText() == "× 2"
    window.time_bar.speed.setCurrentIndex(0)
    assert window.model.player.speed == 0.1


def test_events_are_marked_and_jumped_to(window, qtbot):
    qtbot.waitUntil(lambda: bool(window.model.marks), timeout=10_000)
    assert [(mark.sequence, mark.words) for mark in window.model.marks] == [
        (2, "O2 on"),
        (4, "quarantined: frame 4"),
        (5, "not aligned: frame 5"),
    ]
    window.select(0)
    for expected in (2, 4, 5, 5):
        qtbot.keyClick(window, Qt.Key.Key_N)
        assert window.model.selected == expected
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert window.model.selected == 4


def test_the_slider_tells_what_is_marked_below_the_mouse(window, qtbot):
    qtbot.waitUntil(lambda: bool(window.model.marks), timeout=10_000)
    window.draw()
    slider = window.time_bar.slider
    assert slider.words_at(slider.x_of(2)) == "frame 2: O2 on"
    assert slider.words_at((slider.x_of(2) + slider.x_of(4)) / 2) == ""
    before = slider.grab().toImage()
    slider.show_marks(())
    assert slider.grab().toImage() != before


def test_the_slider_jumps_to_where_it_is_pressed_and_is_dragged_on(window, qtbot):
    slider = window.time_bar.slider

    def at(sequence):
        return QPoint(round(slider.x_of(sequence)), slider.height() // 2)

    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=at(1))
    assert window.model.selected == 1
    QTest.mouseMove(slider, at(3))
    qtbot.waitUntil(lambda: window.model.selected == 3, timeout=10_000)
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=at(3))
    qtbot.waitUntil(lambda: shown(window, 3), timeout=10_000)
    assert all(slider.value_at(slider.x_of(k)) == k for k in range(6))


def test_images_are_as_large_as_the_screen_needs(qtbot):
    view = MapView(DARK)
    qtbot.addWidget(view)
    view.resize(200, 200)
    view.show()
    grid = Grid((2.0, 2.0), (1024, 1024))
    from numpy import uint8, zeros

    view.draw(zeros((1024, 1024), uint8), grid)
    assert view.halvings == 2
    outline = view._image.mapRectToParent(view._image.boundingRect())
    view.draw(zeros((256, 256, 3), uint8), grid)
    assert view._image.mapRectToParent(view._image.boundingRect()) == outline
    view.box.setRange(xRange=(0, 200), yRange=(0, 200), padding=0)
    assert view.halvings == 0


def test_the_window_asks_for_that_size(window, qtbot):
    assert detail_seen(window.area) == Detail(0, 0), "a small frame is painted whole"
    assert window.model.wanted.detail == Detail(0, 0)
