"""The commit: one atomic, durable replacement of the group's `zarr.json`.

Its attributes carry the counters and registration's state, its inline consolidated metadata shows every array cut to
the committed frames. Readers see the commit before or this one, never anything between.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eclips4d.storage.durable import disk_errors, keep_copy, replace_file, sync_folder, write_synced
from eclips4d.storage.folder import ROOT, previous_path, spare_path
from eclips4d.storage.layout import ArraySpec
from eclips4d.storage.levels import pyramid_documents
from eclips4d.storage.metadata import array_document, encode, group_document
from eclips4d.storage.ome import ome_attributes
from eclips4d.storage.record import Record, described_instrument, to_attributes


@dataclass(frozen=True, slots=True)
class RootText:
    """Texts of `zarr.json`; what stays the same from commit to commit is worked out once."""

    specs: dict[str, ArraySpec]
    pyramids: dict[str, Any]
    constant: dict[str, Any]

    @classmethod
    def of(cls, record: Record) -> RootText:
        """For a store whose arrays are those of `record`."""
        specs = record.specs()
        pixel_size = record.instrument.scan.pixel_size_xy_nm
        instrument = described_instrument(record.source.instrument_toml)
        ome = ome_attributes(specs, pixel_size, record.pyramids)
        return cls(specs, pyramid_documents(record), {"instrument": instrument, "ome": ome})

    def text(self, record: Record) -> bytes:
        """Text for this state."""
        attributes = {**to_attributes(record), **self.constant}
        return encode(group_document(attributes, self.specs.values(), record.committed, self.pyramids))


def publish(root: Path, text: bytes) -> None:
    """Make `text` the store's `zarr.json`; the one before stays in the journal."""
    with disk_errors(root):
        keep_copy(root / ROOT, previous_path(root), spare_path(root, "previous.json"))
        replace_file(root / ROOT, text, spare_path(root, ROOT))


def write_array_metadata(root: Path, specs: Iterable[ArraySpec], length: int) -> None:
    """Give several arrays the same length along time: texts first, then the renames in one go."""
    with disk_errors(root):
        spares = [(spec, spare_path(root, f"{spec.name}.json")) for spec in specs]
        for spec, spare in spares:
            write_synced(spare, encode(array_document(spec, length)))
        for spec, spare in spares:
            spare.replace(root / spec.name / ROOT)
        for spec, _ in spares:
            sync_folder(root / spec.name)
