"""Columns: a few bytes per frame in uncompressed chunks of fixed length, written in place.

Every chunk exists in full, filled with fill values, before its first entry is written. Entries beyond the committed
count are invisible and those below never change, so writing in place needs no copy and no rename: one `pwrite` and one
`fdatasync` of blocks that are already allocated. Files are opened per entry, which keeps the class free of state and
safe to use from several threads.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eclips4d.storage.contents import read_part
from eclips4d.storage.durable import sync_folder, write_synced
from eclips4d.storage.layout import ArraySpec
from eclips4d.storage.metadata import block_of, chunk_key


@dataclass(frozen=True, slots=True)
class Entry:
    """Bytes at their place in a file."""

    path: Path
    offset: int
    data: bytes

    def put(self, fd: int) -> None:
        """Write them to the opened file; durable once that is synced."""
        if os.pwrite(fd, self.data, self.offset) != len(self.data):
            raise OSError(f"{self.path} took only a part of an entry")


@dataclass(frozen=True, slots=True)
class Column:
    """One small array on the disk."""

    spec: ArraySpec
    folder: Path

    def extend(self, length: int, since: int = 0) -> None:
        """Create the chunks that `length` entries need and that are not there yet; those of `since` entries are."""
        blocks = range(since // self.spec.block, self._blocks(length))
        missing = [p for b in blocks if not (p := self._path(b)).exists()]
        for path in missing:
            write_synced(path.with_suffix(".partial"), self._filled(self.spec.block))
            path.with_suffix(".partial").replace(path)
        if missing:
            sync_folder(self.folder)

    def write(self, sequence: int, value: ArrayLike) -> None:
        """Set the entry of one frame; durable on return."""
        self._put(self.entry(sequence, value))

    def entry(self, sequence: int, value: ArrayLike) -> Entry:
        """What `write` would write, and where."""
        return self._entry_at(sequence, np.asarray(value, self._dtype).reshape(self.spec.row).tobytes())

    def read(self, sequence: int) -> NDArray[np.generic]:
        """Entry of one frame, shape `spec.row`."""
        return np.asarray(self.read_range(sequence, sequence + 1)[0])

    def read_range(self, start: int, stop: int) -> NDArray[np.generic]:
        """Entries `[start, stop)`."""
        parts = []
        while start < stop:
            block, place = divmod(start, self.spec.block)
            count = min(stop - start, self.spec.block - place)
            parts.append(self._pread(block, place, count))
            start += count
        joined = b"".join(parts)
        return np.frombuffer(joined, self._dtype).reshape(-1, *self.spec.row)

    def clear(self, start: int, but: Mapping[int, int] = MappingProxyType({})) -> None:
        """Set every entry from `start` on back to the fill value, `but` some, of one number each."""
        first = start // self.spec.block
        for block in sorted(b for p in self.folder.iterdir() if (b := block_of(p.name)) is not None and b >= first):
            place = max(0, start - block * self.spec.block)
            count = self.spec.block - place
            meant = np.frombuffer(self._filled(count), self._dtype).reshape(count, *self.spec.row).copy()
            since = block * self.spec.block + place
            for sequence in but.keys() & range(since, since + count):
                meant[sequence - since] = but[sequence]
            if self._pread(block, place, count) != meant.tobytes():
                self._put(self._entry_at(since, meant.tobytes()))

    def trim(self, length: int) -> None:
        """Remove chunks that hold nothing below `length`, and reset the rest of the last one."""
        self.clear(length)
        for path in self.folder.iterdir():
            block = block_of(path.name)
            if block is not None and block >= self._blocks(length):
                path.unlink()

    @property
    def _dtype(self) -> np.dtype[np.generic]:
        return np.dtype(self.spec.dtype).newbyteorder("<")

    @property
    def _size(self) -> int:
        return math.prod(self.spec.row) * self._dtype.itemsize

    def _blocks(self, length: int) -> int:
        return math.ceil(length / self.spec.block)

    def _path(self, block: int) -> Path:
        return self.folder / chunk_key(self.spec, block)

    def _filled(self, count: int) -> bytes:
        value = np.nan if self.spec.fill == "NaN" else self.spec.fill
        return np.full((count, *self.spec.row), value, self._dtype).tobytes()

    def _pread(self, block: int, place: int, count: int) -> bytes:
        data = read_part(self._path(block), place * self._size, count * self._size)
        if len(data) != count * self._size:
            raise OSError(f"{self._path(block)} is shorter than it was made")
        return data

    def _entry_at(self, sequence: int, data: bytes) -> Entry:
        block, place = divmod(sequence, self.spec.block)
        return Entry(self._path(block), place * self._size, data)

    def _put(self, entry: Entry) -> None:
        fd = os.open(entry.path, os.O_WRONLY)
        try:
            entry.put(fd)
            os.fdatasync(fd)
        finally:
            os.close(fd)
