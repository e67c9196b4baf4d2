"""Stores that were opened last, in the file that also remembers windows."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings

KEPT = 5
KEY = "recent/runs"


class RecentRuns:
    """The last few; without a file only as long as the process lives.

    Parameters
    ----------
    file : Path or None
    """

    def __init__(self, file: Path | None) -> None:
        self._settings = None if file is None else QSettings(str(file), QSettings.Format.IniFormat)
        self._runs = self._read()

    def runs(self) -> tuple[Path, ...]:
        """Newest first, also those that are not there any more."""
        return self._runs

    def add(self, store: Path) -> None:
        """A store was opened; where the file cannot be written it is forgotten with the process."""
        store = store.absolute()
        self._runs = (store, *(other for other in self._runs if other != store))[:KEPT]
        if self._settings is not None:
            self._settings.setValue(KEY, [str(run) for run in self._runs])
            self._settings.sync()

    def _read(self) -> tuple[Path, ...]:
        held = None if self._settings is None else self._settings.value(KEY)
        listed = held if isinstance(held, list) else [held]
        return tuple(Path(text) for text in listed if isinstance(text, str) and text)[:KEPT]
