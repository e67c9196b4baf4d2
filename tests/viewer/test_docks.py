"""Panels that are docked, hidden, arranged and remembered; both looks."""

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt

from eclips4d.viewer.actions.action import key_list
from eclips4d.viewer.actions.menus import menus_of
from eclips4d.viewer.memory import WindowMemory
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.layouts import LAYOUTS
from eclips4d.viewer.reader import Reader
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.theme import PALETTES, style
from eclips4d.viewer.window import Window


@pytest.fixture
def open_window(qtbot, store):
    opened = []

    def open_it(memory=None):
        window = Window(Model(), Reader(StoreFrames(store.path)), title="run", memory=WindowMemory(memory))
        opened.append(window)
        qtbot.addWidget(window)
        window.resize(1300, 900)
        window.show()
        qtbot.waitExposed(window)
        window.start()
        return window

    yield open_it
    for window in opened:
        window.close()


def test_every_panel_has_a_place_in_some_layout_and_every_place_a_panel(open_window):
    named = set().union(*(layout.names() for layout in LAYOUTS.values()))
    assert named == set(open_window().docked)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_shows_what_it_names_side_by_side(layout, open_window, qtbot):
    window = open_window()
    window.arrange(layout)
    fronts = [[column.tabs[0] for column in row.columns] for row in LAYOUTS[layout].rows]
    qtbot.waitUntil(lambda: all(window.area.in_sight(name) for row in fronts for name in row))
    for row in fronts:
        boxes = [window.area.docks[name].geometry() for name in row]
        assert all(left.right() < right.left() for left, right in pairwise(boxes))
    tops = [window.area.docks[row[0]].geometry().top() for row in fronts]
    assert tops == sorted(tops) and len(set(tops)) == len(tops)
    for name, dock in window.area.docks.items():
        assert dock.isHidden() == (name not in LAYOUTS[layout].names())


def test_a_hidden_panel_is_not_drawn_and_catches_up(open_window, store, qtbot):
    store.grow()
    window = open_window()
    qtbot.waitUntil(lambda: window.model.picture.surface is not None)
    slope = window.docked["slope"]
    window.toggle_panel("slope")
    qtbot.waitUntil(lambda: not window.area.in_sight("slope"))
    store.grow()
    qtbot.waitUntil(lambda: window.model.picture.surface.sequence == 1)
    assert "frame 0" in slope.widget._info.text()
    window.toggle_panel("slope")
    qtbot.waitUntil(lambda: "frame 1" in slope.widget._info.text())


def test_places_and_look_are_remembered(open_window, tmp_path, qtbot):
    memory = tmp_path / "window.ini"
    first = open_window(memory)
    first.toggle_panel("drift")
    first.set_look("light")
    first.close()
    again = open_window(memory)
    assert again.has_look("light")
    assert again.area.docks["drift"].isHidden() and not again.area.docks["slope"].isHidden()


@pytest.mark.parametrize("damage", [b"", b"[General]\ngeometry=\x00\xff\ndocks=@ByteArray(x)\nlook=pink\n"])
def test_a_damaged_memory_is_no_obstacle(damage, open_window, tmp_path):
    memory = tmp_path / "window.ini"
    memory.write_bytes(damage)
    window = open_window(memory)
    assert window.has_look("dark")
    assert not window.area.docks["height"].isHidden()


def test_another_look_keeps_the_frame_and_the_panels_places(open_window, store, qtbot):
    store.grow(3)
    window = open_window()
    qtbot.waitUntil(lambda: window.model.picture.surface is not None)
    window.select(1)
    window.toggle_panel("drift")
    qtbot.keyClick(window, Qt.Key.Key_T)
    assert window.has_look("light")
    assert window.model.current == 1
    assert window.area.docks["drift"].isHidden()
    qtbot.waitUntil(lambda: "frame 1" in window.docked["height"].widget._info.text())


def luminance(colour):
    def linear(v):
        v /= 255
        return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4

    r, g, b = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)


def contrast(one, other):
    """WCAG 2.1, contrast ratio."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_words_and_curves_stand_out_from_a_panel(palette):
    assert contrast(palette.text, palette.panel) > 7
    for colour in (palette.muted, palette.accent, *palette.tones.values()):
        assert contrast(colour, palette.panel) > 4.5
    for colour in (palette.line, *palette.along, *palette.series):
        assert contrast(colour, palette.panel) > 3
    assert style(palette).count("{") == style(palette).count("}")


def test_no_key_is_given_twice(open_window):
    menus = menus_of(open_window())
    keys = [key for menu in menus for action in menu.actions for key in action.keys]
    assert len(keys) == len(set(keys))
    assert {name for name, _ in key_list(menus)} >= {"View", "Time"}


def test_the_list_of_keys_fits_into_a_window(open_window, qtbot):
    window = open_window()
    window.resize(1200, 750)
    window.show_keys()
    qtbot.waitUntil(window.keys.isVisible)
    assert window.keys._over.rect().contains(window.keys.geometry())
