"""Planes: one shard per frame, encoded and written by tensorstore, durable when its future is done.

tensorstore writes a shard to a file of its own, syncs it, renames it and syncs the folder: a shard that has its name is
whole. Where a power cut may leave less, because nobody counts on a frame yet, it is renamed first and synced then, with
its name, together with others. The metadata it works with is assumed, not read, with a time axis that never ends, so a
growing array needs no new handle, and the metadata files stay the commit's business alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import tensorstore as ts
from numpy.typing import NDArray

from eclips4d.storage.durable import name_too, sync_folder
from eclips4d.storage.layout import ArraySpec
from eclips4d.storage.metadata import array_document, block_of, chunk_key
from eclips4d.storage.objects import kvstore

Sync: TypeAlias = Callable[[Sequence[Path]], None]
_ENDLESS = 1 << 40
# One process owns the store, so no lock file per shard; nothing is read twice, so no cache.
_CONTEXT = {"file_io_locking": {"mode": "none"}, "cache_pool": {"total_bytes_limit": 0}}


class Planes:
    """The big arrays of one store.

    Parameters
    ----------
    root : Path
        Folder of the store.
    specs : iterable of ArraySpec
        Arrays to open; nothing is read or written by opening.
    """

    def __init__(self, root: Path, specs: Iterable[ArraySpec]) -> None:
        context = ts.Context(_CONTEXT)
        self._root, self._specs = root, {spec.name: spec for spec in specs}
        self._arrays = {name: _open(root / name, spec, context) for name, spec in self._specs.items()}
        quick = ts.Context(_CONTEXT | {"file_io_sync": False})
        self._new = {name: _open(root / name, s, quick) for name, s in self._specs.items() if not s.compact}
        """The same, but files are not synced."""

    @property
    def names(self) -> tuple[str, ...]:
        """Arrays that are kept."""
        return tuple(self._arrays)

    def write(self, sequence: int, planes: dict[str, NDArray[Any]], sync: Sync | None = None) -> None:
        """Write one frame's entries of several arrays at once; durable on return.

        The arrays are encoded straight from the given memory: leave it alone until this returns. When one of them
        cannot be written, the others are deleted again: on a full disk they would take the room of the next raw frame.

        Parameters
        ----------
        sync
            Makes files and their names durable, for frames that nobody sees; without it each is when it gets its name.
        """
        arrays = self._arrays if sync is None else self._new
        futures = [
            arrays[name][sequence].write(plane, can_reference_source_data_indefinitely=True)
            for name, plane in planes.items()
        ]
        failures = [failure for future in futures if (failure := future.exception()) is not None]
        try:
            if failures:
                raise failures[0]
            if sync is not None:
                sync([self.shard(name, sequence) for name in planes])
        except BaseException:
            for name in planes:
                self.drop(name, sequence)
            raise

    def put(self, sequence: int, files: Mapping[str, Path]) -> None:
        """Give one new frame the files of its entries, which were encoded before and are durable; so are their names.

        The given files may be removed then.
        """
        try:
            for name, file in files.items():
                name_too(file, self.shard(name, sequence))
            for name in files:
                sync_folder(self._root / name)
        except BaseException:
            for name in files:
                self.drop(name, sequence)
            raise

    def write_several(self, name: str, start: int, planes: NDArray[Any]) -> None:
        """Write the entries of neighbouring frames, [time, ...]; durable on return."""
        self._arrays[name][start : start + len(planes)].write(planes).result()

    def read_several(self, name: str, start: int, stop: int) -> NDArray[Any]:
        """The entries of neighbouring frames, [time, ...]."""
        return np.ascontiguousarray(self._arrays[name][start:stop].read().result())

    def drop(self, name: str, sequence: int) -> None:
        """Take one frame's entry away, damaged or not."""
        spec = self._specs[name]
        if spec.compact:
            fill = np.full(spec.row, np.nan if spec.fill == "NaN" else spec.fill, spec.dtype)
            self._arrays[name][sequence].write(fill).result()
        else:
            self.shard(name, sequence).unlink(missing_ok=True)

    def shard(self, name: str, sequence: int) -> Path:
        """File of one frame's entry."""
        spec = self._specs[name]
        return self._root / name / chunk_key(spec, sequence // spec.block)

    def forget_pages(self, name: str, sequence: int) -> None:
        """Let the operating system use the memory that holds this entry's file for something else.

        Nobody reads raw frames right after they were recorded. Kept in memory they would push out everything else.
        """
        if not hasattr(os, "posix_fadvise"):
            return
        fd = os.open(self.shard(name, sequence), os.O_RDONLY)
        try:
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(fd)

    def read(self, name: str, sequence: int) -> NDArray[Any]:
        """One frame's entry; fill values when it was never written."""
        return np.ascontiguousarray(self._arrays[name][sequence].read().result())


def clear_shards(folder: Path, start: int) -> int:
    """Delete the shards from `start` on; how many there were."""
    stale = [p for p in folder.iterdir() if (block := block_of(p.name)) is not None and block >= start]
    for path in stale:
        path.unlink()
    return len(stale)


def clear_other_layout(folder: Path, spec: ArraySpec) -> int:
    """Delete the files of a compaction that did not come to its end, or of what it has replaced; how many."""
    stale = [p for p in folder.iterdir() if (p.name[0].isdigit() if not spec.compact else p.name.startswith("c."))]
    for path in stale:
        path.unlink()
    return len(stale)


def open_in(store: dict[str, Any], spec: ArraySpec, context: ts.Context) -> Any:
    """An array of planes in a key-value store as tensorstore names it; nothing is read or written by opening."""
    document = array_document(spec, _ENDLESS)
    del document["attributes"], document["storage_transformers"]
    request = {
        "driver": "zarr3",
        "kvstore": store,
        "metadata": document,
        # A frame that was written has its files, even if every pixel equals the fill value: repair can tell.
        "store_data_equal_to_fill_value": True,
    }
    return ts.open(request, open=True, assume_metadata=True, context=context).result()


def _open(folder: Path, spec: ArraySpec, context: ts.Context) -> Any:
    return open_in(kvstore(folder), spec, context)
