"""Which files of a folder are finished, told by looking again: no service of the file system is needed."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from eclips4d.acquisition.tiff import TIFF_SUFFIXES


class Stamp(NamedTuple):
    """What changes while a file is written."""

    size: int
    mtime_ns: int


def listing(folder: Path, done: Container[str] = ()) -> dict[str, Stamp]:
    """TIFF files in a folder by name, but for those that are done with.

    Raises
    ------
    OSError
        The folder cannot be read now.
    """
    found: dict[str, Stamp] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name in done or not entry.name.lower().endswith(TIFF_SUFFIXES):
                continue
            try:
                said = entry.stat()
            except FileNotFoundError:  # renamed or removed since the folder was read
                continue
            found[entry.name] = Stamp(said.st_size, said.st_mtime_ns)
    return found


@dataclass(slots=True)
class Settling:
    """Files, and since when they have looked as they do.

    The clock is this computer's: times on a file server may be ahead or behind, and only their changes count.
    """

    settle_s: float
    _since: dict[str, tuple[Stamp, float]] = field(default_factory=dict)

    def look(self, files: Mapping[str, Stamp], now_s: float) -> Iterator[tuple[str, Stamp]]:
        """Files that have settled: name and stamp.

        Parameters
        ----------
        files
            All that are there; what is no longer there is forgotten.
        now_s
            Of a clock that nobody sets.
        """
        for gone in set(self._since) - set(files):
            del self._since[gone]
        for name, stamp in files.items():
            known, since = self._since.get(name, (None, now_s))
            if known != stamp:
                since = now_s
                self._since[name] = (stamp, now_s)
            if stamp.size > 0 and now_s - since >= self.settle_s:
                yield name, stamp
