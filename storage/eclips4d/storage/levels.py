"""The smaller images of a pyramid: their shapes, names and metadata."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eclips4d.storage.layout import TILE, ArraySpec, tile_length
from eclips4d.storage.metadata import array_document, bare_group_document
from eclips4d.storage.ome import IMAGES, level_path
from eclips4d.storage.record import Record


def levels(rows: int, columns: int) -> int:
    """How often an image is halved until it fits into one tile."""
    count = 0
    while max(rows, columns) > TILE:
        rows, columns, count = -(-rows // 2), -(-columns // 2), count + 1
    return count


def level_spec(spec: ArraySpec, level: int) -> ArraySpec:
    """The array whose images are 2^level times smaller; a tile at the edge stands for what is there of it."""
    rows, columns = (-(-size // 2**level) for size in spec.row[-2:])
    tile = (*spec.tile[:-2], tile_length(rows), tile_length(columns))
    return replace(spec, name=level_path(spec.name, level), row=(*spec.row[:-2], rows, columns), tile=tile, block=1)


def level_specs(record: Record) -> dict[str, ArraySpec]:
    """All smaller images that a store of this record has, by path."""
    images = [spec for name, spec in record.planes().items() if name in IMAGES]
    found = [level_spec(spec, level) for spec in images for level in range(1, record.pyramids + 1)]
    return {spec.name: spec for spec in found}


def pyramid_documents(record: Record) -> dict[str, Any]:
    """Metadata of the pyramids by path, groups first."""
    specs = level_specs(record)
    groups = sorted({parent for path in specs for parent in ("pyramids", path.rpartition("/")[0])})
    arrays = {path: array_document(spec, record.length) for path, spec in specs.items()}
    return {path: bare_group_document({}) for path in groups} | arrays
