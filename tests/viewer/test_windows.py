"""Several windows in one process, files dropped onto them, stores that were opened last."""

from functools import partial

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from eclips4d.viewer.app import _window
from eclips4d.viewer.recent import KEPT, RecentRuns
from eclips4d.viewer.windows import Windows


@pytest.fixture
def windows(qapp, tmp_path):
    memory = tmp_path / "window.ini"
    windows = Windows(partial(_window, memory=memory), RecentRuns(memory), (900, 700))
    yield windows
    windows.dispose()


def frame_shown(window):
    surface = window.model.picture.surface
    return -1 if surface is None else surface.sequence


def drop(window, *paths):
    """As the mouse would: onto whatever lies in the middle of the window; Qt finds who takes it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    args = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    middle = window.rect().center()
    target = window.childAt(middle)
    enter = QDragEnterEvent(middle, *args)
    enter.ignore()
    QApplication.sendEvent(target, enter)
    if enter.isAccepted():
        QApplication.sendEvent(target, QDropEvent(QPointF(middle), *args))
    return enter.isAccepted()


def test_a_window_is_not_larger_than_the_screen_on_which_it_is_seen(windows, tmp_path, monkeypatch):
    screen = QGuiApplication.primaryScreen().availableSize()
    monkeypatch.setattr(windows, "_size", (1000, screen.height() + 100))
    assert windows.open(tmp_path / "a.zarr").height() == screen.height() + 100  # a picture of it may be of any size
    monkeypatch.setattr(QGuiApplication, "platformName", lambda: "xcb")
    assert windows.open(tmp_path / "b.zarr").height() < screen.height()


def test_a_dropped_store_takes_the_place_of_a_window_that_has_shown_nothing(windows, make_store, tmp_path, qtbot):
    first = windows.open(tmp_path / "later.zarr")
    place = first.geometry()
    store = make_store("other.zarr")
    store.grow()
    assert drop(first, store.path)
    qtbot.waitUntil(lambda: windows.open_ones and windows.open_ones[0] is not first)
    (second,) = windows.open_ones
    assert second.geometry() == place
    qtbot.waitUntil(lambda: frame_shown(second) == 0)


def test_further_stores_get_windows_of_their_own(windows, make_store, qtbot):
    one, two = make_store("one.zarr"), make_store("two.zarr")
    one.grow(2)
    two.grow()
    first = windows.open(one.path)
    qtbot.waitUntil(lambda: frame_shown(first) == 1)
    assert drop(first, two.path)
    qtbot.waitUntil(lambda: len(windows.open_ones) == 2)
    second = windows.open_ones[1]
    qtbot.waitUntil(lambda: frame_shown(second) == 0)
    assert first.errands.store == one.path and frame_shown(first) == 1
    first.close()
    assert windows.open_ones == [second]
    two.grow()
    qtbot.waitUntil(lambda: frame_shown(second) == 1)


def test_one_more_window_on_the_same_run(windows, store, qtbot):
    store.grow(3)
    first = windows.open(store.path, follow=False)
    qtbot.waitUntil(lambda: frame_shown(first) == 0)
    qtbot.keyClick(first, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(windows.open_ones) == 2)
    second = windows.open_ones[1]
    second.follow(True)
    qtbot.waitUntil(lambda: frame_shown(second) == 2)
    assert frame_shown(first) == 0


def test_what_is_no_store_is_one_line_in_the_window(windows, store, tmp_path, qtbot):
    store.grow()
    window = windows.open(store.path)
    (tmp_path / "notes.txt").write_text("x")
    assert drop(window, tmp_path / "notes.txt")
    qtbot.waitUntil(lambda: "notes.txt: neither" in window.errand_bar.words)
    assert len(windows.open_ones) == 1


def test_a_recording_is_asked_about_in_the_window(windows, store, tmp_path, qtbot):
    store.grow()
    window = windows.open(store.path)
    for name in ("copper.ome.tif", "copper.toml"):
        (tmp_path / name).write_text("")
    assert drop(window, tmp_path / "copper.ome.tif")
    qtbot.waitUntil(lambda: "into copper.zarr?" in window.errand_bar.words)
    assert [button.text() for button in window.errand_bar.buttons] == ["Process", "No"]
    qtbot.mouseClick(window.errand_bar.buttons[1], Qt.MouseButton.LeftButton)
    assert window.errand_bar.words == "" and len(windows.open_ones) == 1


def test_text_that_is_dropped_is_let_fall(windows, store):
    window = windows.open(store.path)
    data = QMimeData()
    data.setText("hello")
    args = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(window.rect().center(), *args)
    enter.ignore()
    QApplication.sendEvent(window, enter)
    assert not enter.isAccepted()


def test_the_last_runs_are_remembered_and_offered(windows, make_store, tmp_path, qtbot):
    stores = [make_store(f"{k}.zarr") for k in range(KEPT + 2)]
    for store in stores:
        windows.recent.add(store.path)
    window = windows.open(stores[3].path)
    listed = [action.text() for action in window.menuBar().actions()[0].menu().actions()]
    names = [text.removeprefix("Recent: ").split()[0] for text in listed if text.startswith("Recent")]
    assert names == ["6.zarr", "5.zarr", "4.zarr", "2.zarr"]
    again = RecentRuns(tmp_path / "window.ini").runs()
    assert again == windows.recent.runs() and again[0] == stores[3].path and len(again) == KEPT


@pytest.mark.parametrize("damage", ["", "[recent]\nruns=@Invalid()\n", "[recent]\nruns=/only/one.zarr\n", "\x00\xff"])
def test_a_damaged_list_is_no_obstacle(damage, tmp_path):
    (tmp_path / "window.ini").write_text(damage)
    assert len(RecentRuns(tmp_path / "window.ini").runs()) <= 1


def test_all_windows_close_together(windows, store, tmp_path):
    windows.open(store.path)
    windows.open(tmp_path / "later.zarr")
    windows.close()
    assert not windows.open_ones
