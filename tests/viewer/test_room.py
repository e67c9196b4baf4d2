"""Panels take the room that they are given: none makes its dock larger, and what lies over maps lies within them."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRectF

from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.layouts import LAYOUTS
from eclips4d.viewer.panels.map_view import MapView
from eclips4d.viewer.panels.overlay import ScaleBar
from eclips4d.viewer.picture import Grid
from eclips4d.viewer.reader import Reader
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.theme import DARK
from eclips4d.viewer.window import Window

MANY_LINES = "<br>".join(f"step {k}<br><b>+0.12 ± 0.01 nm/s</b>" for k in range(9))


@pytest.fixture
def window(qtbot, store):
    store.grow(2)
    made = Window(Model(), Reader(StoreFrames(store.path)), title="run")
    qtbot.addWidget(made)
    made.resize(1280, 720)
    made.show()
    qtbot.waitExposed(made)
    made.start()
    qtbot.waitUntil(lambda: made.model.picture.surface is not None)
    yield made
    made.close()


def settled(qtbot, window):
    """Heights of all docks, once they stay as they are."""
    seen = [None]
    while len(seen) < 5 or len(set(seen[-4:])) > 1:
        qtbot.wait(15)
        seen.append(tuple(dock.height() for dock in window.area.docks.values() if not dock.isHidden()))
    return seen[-1]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_tab_changes_the_size_of_any_row(window, qtbot, layout):
    window.arrange(layout)
    window.docked["kymograph"]._list.setText(MANY_LINES)
    fronts = [column.tabs[0] for column in LAYOUTS[layout].columns()]
    qtbot.waitUntil(lambda: all(map(window.area.in_sight, fronts)))
    for column in LAYOUTS[layout].columns():
        settled(qtbot, window)
        before = window.area.docks[column.tabs[0]].height()
        for name in column.tabs:
            window.area.bring(name)
            qtbot.waitUntil(lambda name=name: window.area.in_sight(name))
            settled(qtbot, window)
            # Qt shares a pixel out anew now and then.
            assert abs(window.area.docks[name].height() - before) <= 2 and window.height() == 720, name


def test_another_look_and_another_layout_leave_the_window_as_large_as_it_was(window, qtbot):
    size = window.size()
    for layout in LAYOUTS:
        window.arrange(layout)
        settled(qtbot, window)
        assert window.size() == size, layout
        window.other_look()
        settled(qtbot, window)
        assert window.size() == size, layout
        shown = {name for name, dock in window.area.docks.items() if not dock.isHidden()}
        assert shown == LAYOUTS[layout].names()


def test_a_panel_that_no_layout_shows_comes_as_a_tab(window, qtbot):
    window.arrange("Trust")
    settled(qtbot, window)
    for name in sorted(set(window.area.docks) - LAYOUTS["Trust"].names()):
        window.toggle_panel(name)
        qtbot.waitUntil(lambda name=name: window.area.in_sight(name))
        dock = window.area.docks[name]
        assert not dock.isFloating() and window.area.tabifiedDockWidgets(dock)


def map_of(qtbot, columns, rows):
    view = MapView(DARK, "A")
    qtbot.addWidget(view)
    view.resize(400, 400)
    view.show()
    view.draw(np.zeros((rows, columns), np.uint8), Grid((rows, columns), (4.0, 4.0)))
    qtbot.waitExposed(view)
    return view


@pytest.mark.parametrize(("columns", "rows"), [(512, 512), (512, 256), (200, 512)])
def test_the_bar_lies_within_maps_of_any_size(qtbot, columns, rows):
    view = map_of(qtbot, columns, rows)
    seen = set()
    for width, height in ((400, 400), (200, 200), (130, 130), (100, 100), (62, 62), (300, 62), (64, 300), (30, 30)):
        view.resize(width, height)
        view.grab()
        place, area = view._bar.place, view.box.rect()
        assert area.contains(place) or place.isEmpty(), (width, height, place, area)
        seen.add(place.isEmpty())
    assert False in seen


def test_the_bar_follows_a_room_that_shows_the_same_part_of_the_map(qtbot):
    """Half as large in both directions: the box shows the same range, and tells nobody."""
    view = map_of(qtbot, 512, 512)
    view.grab()
    below = view._bar.place.bottom()
    view.resize(200, 200)
    view.grab()
    assert view._bar.place.bottom() == pytest.approx(below - 200, abs=4)


@given(st.floats(20, 800), st.floats(20, 800), st.floats(1e-3, 1e6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_bar_is_whole_or_not_there(qtbot, width, height, nm_per_pixel):
    view = MapView(DARK)
    qtbot.addWidget(view)
    bar, area = ScaleBar(view.box), QRectF(7.0, 5.0, width, height)
    bar.update(nm_per_pixel, area)
    place = bar.place
    assert place.isEmpty() or area.adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(place)
    assert not (place.isEmpty() and width > 100 and height > 60)
    assert not place.isEmpty() or bar.length_nm > 0
