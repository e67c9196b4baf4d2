"""The field for a note in the window: keys, what is said, what is remembered."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt

from eclips4d.viewer.memory import WindowMemory
from eclips4d.viewer.model import Model
from eclips4d.viewer.notes.archive import ArchiveNotes
from eclips4d.viewer.notes.pad import NotePad
from eclips4d.viewer.reader import Reader
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.window import Window


@pytest.fixture
def ended(store):
    store.grow(4)
    store.finish()
    store.writer.close()
    return store


@pytest.fixture
def open_window(qtbot, ended):
    opened = []

    def open_it(memory=None):
        pad = NotePad(archive=ArchiveNotes(ended.path))
        frames = Reader(StoreFrames(ended.path))
        window = Window(Model(), frames, title="run", memory=WindowMemory(memory), notes=pad)
        opened.append(window)
        qtbot.addWidget(window)
        window.resize(1300, 900)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        window.start()
        qtbot.waitUntil(lambda: window.model.picture.surface is not None)
        return window

    yield open_it
    for window in opened:
        window.close()


def notes(store):
    path = store.path / "events.jsonl"
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def says(window):
    return window.note_bar._says.text() if window.note_bar._says.isVisible() else ""


def test_a_key_opens_the_field_and_enter_stamps(open_window, ended, qtbot):
    window = open_window()
    window.select(1)
    assert not window.note_bar.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_M)
    field = window.note_bar.field
    assert field.isVisible() and field.hasFocus()
    assert "frame 1" in window.note_bar._place.text()
    qtbot.keyClicks(field, "amp A Z?")  # letters and keys of the window are letters here
    assert field.text() == "amp A Z?"
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not field.isVisible()
    qtbot.waitUntil(lambda: says(window) == "noted at 2.0 s, frame 1")
    (note,) = notes(ended)
    assert (note["text"], note["sequence"], note["time_s"]) == ("amp A Z?", 1, 2.0)


def test_escape_leaves_and_earlier_texts_are_offered(open_window, ended, qtbot):
    window = open_window()
    bar, field = window.note_bar, window.note_bar.field
    for text in ("one", "two"):
        qtbot.keyClick(window, Qt.Key.Key_M)
        qtbot.keyClicks(field, text)
        qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.keyClick(window, Qt.Key.Key_M)
    assert field.text() == ""
    for key, text in ((Qt.Key.Key_Up, "two"), (Qt.Key.Key_Up, "one"), (Qt.Key.Key_Down, "two")):
        qtbot.keyClick(field, key)
        assert field.text() == text
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not field.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_M)
    assert field.text() == "" and [b.text() for b in bar._offers if b.isVisible()] == ["two", "one"]
    qtbot.mouseClick(bar._offers[1], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(notes(ended)) == 3)
    assert [note["text"] for note in notes(ended)] == ["one", "two", "one"]


def test_what_could_not_be_noted_stays_in_the_field(open_window, ended, qtbot, monkeypatch):
    window = open_window()
    qtbot.keyClick(window, Qt.Key.Key_M)
    field = window.note_bar.field
    qtbot.keyClicks(field, "a leak")
    with monkeypatch.context() as patched:
        patched.setattr(ArchiveNotes, "send", lambda *_: False)
        patched.setattr(ArchiveNotes, "patience_s", 0.0)
        qtbot.keyClick(field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: says(window).startswith("not noted: no answer"))
    assert field.isVisible() and field.text() == "a leak"
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(notes(ended)) == 1)


def test_presets_have_keys_and_are_edited_in_the_memory(open_window, ended, tmp_path, qtbot):
    memory = tmp_path / "window.ini"
    first = open_window(memory)
    qtbot.keyClick(first, Qt.Key.Key_F6)
    qtbot.waitUntil(lambda: [note["text"] for note in notes(ended)] == ["O2 off"])
    qtbot.keyClick(first, Qt.Key.Key_M)
    qtbot.keyClicks(first.note_bar.field, "odd one")
    qtbot.keyClick(first.note_bar.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(notes(ended)) == 2)
    first.close()
    text = memory.read_text()
    assert "F6=O2 off" in text
    memory.write_text(text.replace("F6=O2 off", "F6=CO on, 5 Pa"))
    again = open_window(memory)
    assert again.notes.pad.recent == ("odd one",)
    qtbot.keyClick(again, Qt.Key.Key_F6)
    qtbot.waitUntil(lambda: len(notes(ended)) == 3)
    assert notes(ended)[-1]["text"] == "CO on, 5 Pa"


def test_another_look_keeps_what_is_being_written(open_window, qtbot):
    window = open_window()
    qtbot.keyClick(window, Qt.Key.Key_M)
    qtbot.keyClicks(window.note_bar.field, "half a no")
    window.set_look("light")
    qtbot.waitUntil(lambda: window.note_bar.field.isVisible())
    assert window.note_bar.field.text() == "half a no"


def test_the_field_stays_in_the_window(open_window, qtbot):
    window = open_window()
    qtbot.keyClick(window, Qt.Key.Key_M)
    for size in ((700, 500), (1500, 900)):
        window.resize(*size)
        inside = window.centralWidget().rect()
        qtbot.waitUntil(lambda inside=inside: inside.contains(window.note_bar.geometry()))
        assert abs(window.note_bar.geometry().center().x() - inside.center().x()) <= 1
