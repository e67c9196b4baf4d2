"""A text file that never takes more than its share of the disk: full, it becomes `NAME.1`, and the oldest is dropped.

The standard library's rotating file belongs to a logger; this one is a stream, which is what structlog writes to.
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

MOST_BYTES = 8 << 20
KEPT = 3


class BoundedFile:
    """Lines appended to `path`; at most `kept + 1` files of about `most_bytes`.

    One process writes it. The file is opened for each line, so there is nothing to close, and whoever moves or deletes
    it does no harm. What cannot be written (a full disk) is dropped and counted: a log must not end what it tells of.

    Parameters
    ----------
    path
        Files before it are `path.1` (newest) to `path.K`.
    most_bytes
        Length from which on it is put aside.
    kept
        How many are kept beside the one being written.
    """

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES, kept: int = KEPT) -> None:
        self.path, self._most, self._kept = path, most_bytes, kept
        self.dropped = 0

    def write(self, text: str) -> int:
        """Append; returns the number of characters, as every stream does."""
        data = text.encode("utf-8", errors="backslashreplace")
        try:
            self._append(data)
        except OSError:
            self.dropped += 1
        return len(text)

    def flush(self) -> None:
        """Nothing is buffered here."""

    def _append(self, data: bytes) -> None:
        if self._length() + len(data) > self._most and self._length():
            self._put_aside()
        fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            os.write(fd, data)
        finally:
            os.close(fd)

    def _length(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def _put_aside(self) -> None:
        names = [self.path, *(self.path.with_name(f"{self.path.name}.{k}") for k in range(1, self._kept + 1))]
        for newer, older in reversed(list(pairwise(names))):
            if newer.exists():
                newer.replace(older)
