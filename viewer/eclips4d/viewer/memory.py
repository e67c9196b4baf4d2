"""What a window remembers from one day to the next: where its panels lie, its size and its look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QStandardPaths

PRESET_KEYS = ("F5", "F6", "F7", "F8")
VERSION = 1
"""Of the arrangement of docks; another one is not restored."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """As it was left; empty where nothing was."""

    geometry: QByteArray
    docks: QByteArray
    look: str
    recent_notes: tuple[str, ...] = ()
    note_presets: tuple[str, ...] = ()
    """Of the keys F5, F6, …; to be edited in the file."""


class WindowMemory:
    """A file of settings; without one nothing is remembered, as for pictures.

    Parameters
    ----------
    file : Path or None
    """

    def __init__(self, file: Path | None) -> None:
        self._settings = None if file is None else QSettings(str(file), QSettings.Format.IniFormat)

    def recall(self) -> Remembered:
        """What was left; a file that is damaged gives nothing."""
        presets = tuple(self._text(f"notes/{key}") for key in PRESET_KEYS)
        return Remembered(
            self._bytes("geometry"), self._bytes("docks"), self._text("look"), self._texts("notes/recent"), presets
        )

    def keep(self, remembered: Remembered) -> None:
        """Remember this; where the file cannot be written it is forgotten, for no run stands on it."""
        if self._settings is None:
            return
        self._settings.setValue("geometry", remembered.geometry)
        self._settings.setValue("docks", remembered.docks)
        self._settings.setValue("look", remembered.look)
        self._settings.setValue("notes/recent", list(remembered.recent_notes))
        for key, text in zip(PRESET_KEYS, remembered.note_presets, strict=False):
            self._settings.setValue(f"notes/{key}", text)
        self._settings.sync()

    def _bytes(self, key: str) -> QByteArray:
        value = None if self._settings is None else self._settings.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def _text(self, key: str) -> str:
        return ", ".join(self._texts(key))  # a comma that is edited into the file makes a list of a text

    def _texts(self, key: str) -> tuple[str, ...]:
        value = None if self._settings is None else self._settings.value(key)
        found = value if isinstance(value, list) else [value]
        return tuple(text for text in found if isinstance(text, str))


def usual_file() -> Path:
    """Where this user's settings lie."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericConfigLocation)
    return Path(folder) / "eclips4d" / "window.ini"
