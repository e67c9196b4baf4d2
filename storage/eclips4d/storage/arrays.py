"""All arrays of a store together: what they are, how they grow alike, and how their common state is published."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from eclips4d.storage.columns import Column
from eclips4d.storage.commit import RootText, publish, write_array_metadata
from eclips4d.storage.durable import disk_errors
from eclips4d.storage.planes import Planes, clear_shards
from eclips4d.storage.record import Record


class Arrays:
    """Arrays and record of one store; the record is what the last commit said.

    Attributes
    ----------
    columns : dict of str to Column
        Replaced as a whole when the store grows, so a thread may go on with the ones it has.
    """

    def __init__(self, root: Path, record: Record) -> None:
        self.root, self.record = root, record
        self.columns = open_columns(root, record)
        self.planes = Planes(root, record.planes().values())
        self._texts = RootText.of(record)

    def publish(self, after: Record) -> None:
        """Commit: make `after` the store's state."""
        publish(self.root, self._texts.text(after))
        self.record = after

    def grow(self, after: Record) -> None:
        """Add columns, or entries along time: files first, then the metadata of all arrays at once."""
        columns = open_columns(self.root, after)
        with disk_errors(self.root):
            for name, column in columns.items():
                column.folder.mkdir(exist_ok=True)
                column.extend(after.length, self.record.length if name in self.columns else 0)
        self._texts = RootText.of(after)
        write_array_metadata(self.root, self._texts.specs.values(), after.length)
        self.publish(after)
        self.columns = columns

    def trim(self, after: Record) -> None:
        """Cut every array to `after.length` entries and commit that."""
        with disk_errors(self.root):
            for column in self.columns.values():
                column.trim(after.length)
            for name in self.planes.names:
                clear_shards(self.root / name, after.length)
        write_array_metadata(self.root, self._texts.specs.values(), after.length)
        self.publish(after)

    def switch(self, after: Record, names: Iterable[str]) -> None:
        """Commit that some arrays lie in other files from now on; both the old and the new files are there."""
        self._texts = RootText.of(after)
        self.publish(after)
        write_array_metadata(self.root, [self._texts.specs[name] for name in names], after.length)
        self.planes = Planes(self.root, after.planes().values())

    def renew_attributes(self, names: Iterable[str]) -> None:
        """Write the metadata of some arrays again because their attributes follow from the record."""
        self._texts = RootText.of(self.record)
        specs = [self._texts.specs[name] for name in names if name in self._texts.specs]
        write_array_metadata(self.root, specs, self.record.length)


def open_columns(root: Path, record: Record) -> dict[str, Column]:
    """The columns of a store by name."""
    return {spec.name: Column(spec, root / spec.name) for spec in record.columns().values()}
