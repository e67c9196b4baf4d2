"""Tell the process that opened the window how many frames it has shown, and how many it could not."""

from __future__ import annotations

import contextlib
from pathlib import Path


class Report:
    """Two numbers in a small file, replaced when they change.

    Parameters
    ----------
    path : Path
        The file; its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._said: tuple[int, int] | None = None

    def say(self, dropped: int, shown: int = 0) -> None:
        """Write how many frames were committed but never shown, and how many were shown."""
        if (dropped, shown) == self._said:
            return
        self._said = dropped, shown
        draft = self._path.with_name(self._path.name + ".new")
        # Whoever asked may be gone with its folder; a window goes on without.
        with contextlib.suppress(OSError):
            draft.write_text(f"{dropped} {shown}")
            draft.replace(self._path)
