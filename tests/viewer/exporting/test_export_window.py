"""Pictures, figures and films asked for in a window, without dialogs."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QDialog, QDockWidget, QFileDialog

from eclips4d.viewer.actions.export import active_panel, export_figure, export_film, save_window
from eclips4d.viewer.errands import Errands
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.film_dialog import FilmAsked, FilmDialog
from eclips4d.viewer.reader import Reader
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.window import Window


@pytest.fixture
def window(qtbot, store, monkeypatch):
    # Wherever the pointer was left by another test.
    monkeypatch.setattr(QDockWidget, "underMouse", lambda dock: False)
    store.grow(4)
    errands = Errands(store.path)
    window = Window(Model(), Reader(StoreFrames(store.path)), title="run", errands=errands)
    qtbot.addWidget(window)
    window.resize(1200, 800)
    window.show()
    qtbot.waitExposed(window)
    window.start()
    qtbot.waitUntil(lambda: window.model.picture.surface is not None)
    yield window
    window.close()


def ended(window):
    """What an export said in the bar, once nothing goes on any more."""
    return "" if window.errands.exports.busy else window.errand_bar.words


def test_the_window_as_a_picture(window, tmp_path, qtbot):
    save_window(window, tmp_path / "whole.png")
    qtbot.waitUntil(lambda: "picture written" in ended(window))
    image = QImage(str(tmp_path / "whole.png"))
    assert (image.width(), image.height()) == (1200, 800)
    assert [file.name for file in tmp_path.glob("*whole*")] == ["whole.png"]


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_a_panel_as_a_figure(suffix, window, tmp_path, qtbot):
    export_figure(window, "height", tmp_path / f"height{suffix}")
    qtbot.waitUntil(lambda: "figure written" in ended(window), timeout=20_000)
    assert (tmp_path / f"height{suffix}").stat().st_size > 3000


def test_what_cannot_be_drawn_is_said_in_the_bar(window, tmp_path, qtbot):
    export_figure(window, "kymograph", tmp_path / "k.png")
    qtbot.waitUntil(lambda: "no kymograph" in ended(window), timeout=20_000)
    export_figure(window, "height", tmp_path / "height.bmp")
    assert ".bmp cannot be written" in window.errand_bar.words
    export_figure(window, "height", tmp_path / "nowhere" / "height.png")
    assert "no such folder" in window.errand_bar.words
    assert not list(tmp_path.glob("*.p*g"))


def test_a_film_is_written_while_the_window_goes_on(window, store, tmp_path, qtbot):
    export_film(window, FilmAsked("slope", 0, 3, 8.0), tmp_path / "slope.gif")
    assert "film" in window.errands.exports.busy
    store.grow()
    qtbot.waitUntil(lambda: window.model.picture.surface.sequence == 4)
    qtbot.waitUntil(lambda: "film written" in ended(window), timeout=60_000)
    assert (tmp_path / "slope.gif").read_bytes().startswith(b"GIF89a")


def test_a_film_can_be_cancelled(window, tmp_path, qtbot):
    export_film(window, FilmAsked("height", 0, 3, 8.0), tmp_path / "height.mp4")
    qtbot.waitUntil(lambda: [button.text() for button in window.errand_bar.buttons] == ["Cancel"])
    qtbot.mouseClick(window.errand_bar.buttons[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.errands.exports.busy, timeout=30_000)
    assert not list(tmp_path.glob("*height*"))


def test_a_window_that_closes_gives_up_its_film(window, tmp_path):
    export_film(window, FilmAsked("height", 0, 3, 8.0), tmp_path / "height.mp4")
    window.close()
    assert not window.errands.exports.busy and not (tmp_path / "height.mp4").exists()


def test_without_a_store_there_is_nothing_to_film(window, tmp_path):
    window.errands.store = None
    export_film(window, FilmAsked("height", 0, 3, 8.0), tmp_path / "height.mp4")
    window.draw()
    assert "nothing to film yet" in window.errand_bar.words and not window.errands.exports.busy


def test_names_are_proposed_beside_the_store(window, store, monkeypatch):
    asked = []

    def ask(parent, title, proposed, kinds):
        asked.append((title, proposed, kinds))
        return "", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    save_window(window)
    window.model.extras.doubt_name = "residual"
    export_figure(window, "trust")
    monkeypatch.setattr(FilmDialog, "exec", lambda self: QDialog.DialogCode.Accepted)
    export_film(window)
    folder = store.path.parent
    assert [proposed for _, proposed, _ in asked] == [
        str(folder / "run-window-00003.png"),
        str(folder / "run-residual-00003.png"),
        str(folder / "run-height.mp4"),
    ]
    assert "Trust" in asked[1][0] and "svg" in asked[1][2] and "gif" in asked[2][2]


def test_the_panel_that_was_clicked_is_exported(window, qtbot):
    assert active_panel(window) == "height"
    window.activateWindow()
    view = window.docked["slope"].map.view
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    assert active_panel(window) == "slope"


def test_the_dialog_counts_its_frames(qtbot):
    dialog = FilmDialog(None, "slope", 41)
    qtbot.addWidget(dialog)
    assert dialog.asked == FilmAsked("slope", 0, 41, 10.0)
    dialog.first.setValue(40)
    dialog.last.setValue(20)
    assert dialog.asked == FilmAsked("slope", 20, 40, 10.0)
    assert "21 frames, 2.1 s" in dialog._length.text()
