"""Whether a file is another one than before, on a disk or in a bucket, asked cheaply and as often as one likes."""

from __future__ import annotations

import time
from pathlib import Path

from eclips4d.core.errors import EclipsError
from eclips4d.storage.objects import Objects, is_object

ASKED_EVERY_S = 1.0
"""A bucket is asked at most so often: every question is a request, which costs a way there and back, and money."""


class Stamp:
    """Of one file.

    Parameters
    ----------
    path : Path
        It need not be there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._asked_s = -ASKED_EVERY_S
        self._last: tuple[int, int, int] | None = None

    def look(self) -> tuple[int, int, int] | None:
        """When it was written (ns), which one it is, its bytes; None where it is not there.

        Raises
        ------
        InputError, BucketCutError
            The bucket cannot be used, or not now.
        """
        try:
            if is_object(self._path):
                self._ask()
            else:
                status = self._path.stat()
                self._last = (status.st_mtime_ns, status.st_ino, status.st_size)
        except FileNotFoundError as error:
            if isinstance(error, EclipsError):
                raise
            self._last = None
        return self._last

    def _ask(self) -> None:
        now = time.monotonic()
        if now - self._asked_s >= ASKED_EVERY_S:
            self._asked_s = now
            self._last = Objects(self._path).stamp()
