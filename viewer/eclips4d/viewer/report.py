"""Tell the process that opened the window how many frames it could not show."""

from __future__ import annotations

import contextlib
from pathlib import Path


class Report:
    """One number in a small file, replaced when it changes.

    Parameters
    ----------
    path : Path
        The file; its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._said: int | None = None

    def say(self, dropped: int) -> None:
        """Write the number of frames that were committed but never shown."""
        if dropped == self._said:
            return
        self._said = dropped
        draft = self._path.with_name(self._path.name + ".new")
        # Whoever asked may be gone with its folder; a window goes on without.
        with contextlib.suppress(OSError):
            draft.write_text(str(dropped))
            draft.replace(self._path)
