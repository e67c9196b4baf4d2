"""A store as it is at one commit: whoever opens it sees one `zarr.json`, however many commits follow meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zarr.abc.store import ByteRequest, Store
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import LocalStore, ObjectStore, WrapperStore

from eclips4d.storage.folder import ROOT
from eclips4d.storage.metadata import encode
from eclips4d.storage.objects import address, bucket_errors, connected, is_object, split


class SnapshotStore(WrapperStore[Store]):
    """A folder or a place in a bucket whose `zarr.json` is a text that was read before."""

    def __init__(self, store: Store, root_text: bytes = b"", bucket: str = "") -> None:
        super().__init__(store)
        self._root_text, self._bucket = root_text, bucket

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        """As any Zarr store, but for the one file."""
        if key == ROOT and byte_range is None:
            return prototype.buffer.from_bytes(self._root_text)
        if not self._bucket:
            return await super().get(key, prototype, byte_range)
        with bucket_errors(self._bucket):
            return await super().get(key, prototype, byte_range)


def snapshot(root: Path, document: Mapping[str, Any]) -> SnapshotStore:
    """A read-only Zarr store of what lies at `root` that shows `document` as its group's metadata."""
    if is_object(root):
        return SnapshotStore(ObjectStore(connected(*split(root)), read_only=True), encode(document), address(root))
    return SnapshotStore(LocalStore(root, read_only=True), encode(document))
