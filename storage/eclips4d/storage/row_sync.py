"""Rows of several frames, written by several threads, made durable together.

A row touches a dozen small files, and each has to be synced. Whoever comes first writes and syncs for all that have
come by then, each file once and all files at a time: disks answer syncs that come together about as fast as one.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from eclips4d.storage.columns import Entry
from eclips4d.storage.durable import sync_file, sync_folder

_AT_A_TIME = 8
"""Files that are synced at a time."""


@dataclass(slots=True)
class Row:
    """What is to be written of one frame.

    Attributes
    ----------
    entries : tuple of Entry
        In any order.
    last : callable
        Gives the entry that says that all others are there; asked for when they are durable.
    """

    entries: tuple[Entry, ...]
    last: Callable[[], Entry]
    done: bool = False
    error: OSError | None = None


class RowSync:
    """Writes rows for many threads.

    Parameters
    ----------
    guard : context manager
        Held while last entries are asked for and written.
    """

    def __init__(self, guard: AbstractContextManager[object]) -> None:
        self._guard = guard
        self._waiting: list[Row] = []
        self._list, self._turn = Lock(), Lock()
        self._pool = ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="sync")

    def write(self, row: Row) -> None:
        """Durable on return.

        Raises
        ------
        OSError
            The disk refuses; the row, and those written with it, count as not written.
        """
        with self._list:
            self._waiting.append(row)
        with self._turn:
            if not row.done:
                with self._list:
                    together, self._waiting = self._waiting, []
                self._write(together)
        if row.error is not None:
            raise row.error

    def sync(self, paths: Sequence[Path]) -> None:
        """Make whole new files durable, all at a time, and then their names.

        Raises
        ------
        OSError
            The disk refuses.
        """
        for _ in self._pool.map(sync_file, paths) if len(paths) > 1 else map(sync_file, paths):
            """An error of any of them is raised here."""
        # Where file systems keep a journal, most names have become durable with their files.
        for folder in {path.parent for path in paths}:
            sync_folder(folder)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def _write(self, rows: list[Row]) -> None:
        try:
            self._sync(entry for row in rows for entry in row.entries)
            with self._guard:
                self._sync(row.last() for row in rows)
        except OSError as error:
            for row in rows:
                row.error = error
        finally:
            for row in rows:
                row.done = True

    def _sync(self, entries: Iterable[Entry]) -> None:
        files: defaultdict[Path, list[Entry]] = defaultdict(list)
        for entry in entries:
            files[entry.path].append(entry)
        for _ in self._pool.map(_write_file, files.values()):
            """An error of any of them is raised here."""


def _write_file(entries: list[Entry]) -> None:
    fd = os.open(entries[0].path, os.O_WRONLY)
    try:
        for entry in entries:
            entry.put(fd)
        os.fdatasync(fd)
    finally:
        os.close(fd)
