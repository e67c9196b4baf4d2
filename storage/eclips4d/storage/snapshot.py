"""A store as it is at one commit: whoever opens it sees one `zarr.json`, however many commits follow meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import LocalStore, WrapperStore

from eclips4d.storage.folder import ROOT
from eclips4d.storage.metadata import encode


class SnapshotStore(WrapperStore[LocalStore]):
    """A folder whose `zarr.json` is a text that was read before."""

    def __init__(self, store: LocalStore, root_text: bytes = b"") -> None:
        super().__init__(store)
        self._root_text = root_text

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        """As any Zarr store, but for the one file."""
        if key == ROOT and byte_range is None:
            return prototype.buffer.from_bytes(self._root_text)
        return await super().get(key, prototype, byte_range)


def snapshot(root: Path, document: Mapping[str, Any]) -> SnapshotStore:
    """A read-only Zarr store of the folder `root` that shows `document` as its group's metadata."""
    return SnapshotStore(LocalStore(root, read_only=True), encode(document))
