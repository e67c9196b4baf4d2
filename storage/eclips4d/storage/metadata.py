"""Texts of `zarr.json`: only what the Zarr v3 specification names, so that every implementation opens them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np

from eclips4d.storage.layout import ArraySpec

PACKING = {"cname": "lz4", "clevel": 1, "shuffle": "bitshuffle", "blocksize": 1 << 16}
"""Chosen by `eclips4d bench reliability --part compression`; chunks say themselves how they are packed, so stores that
were begun with other settings go on."""
_BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
_ONE_BYTE = {"name": "bytes"}
_CRC = {"name": "crc32c"}


def array_document(spec: ArraySpec, length: int) -> dict[str, Any]:
    """Metadata of one array whose time axis has `length` entries."""
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(spec.shape(length)),
        "data_type": spec.dtype,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(spec.chunk)}},
        # Other names for other files: those of the two layouts lie side by side while one replaces the other.
        "chunk_key_encoding": {"name": "v2" if spec.compact else "default", "configuration": {"separator": "."}},
        "fill_value": spec.fill,
        "codecs": _codecs(spec),
        "attributes": spec.attributes,
        "dimension_names": list(spec.dims),
        "storage_transformers": [],
    }


def group_document(
    attributes: Mapping[str, Any],
    specs: Iterable[ArraySpec],
    length: int,
    members: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Metadata of the group; its consolidated part shows every array with `length` entries along time.

    `members` are the metadata of what lies deeper, by path.
    """
    return {
        "zarr_format": 3,
        "node_type": "group",
        "attributes": dict(attributes),
        "consolidated_metadata": {
            "kind": "inline",
            "must_understand": False,
            "metadata": {spec.name: array_document(spec, length) for spec in specs} | dict(members),
        },
    }


def bare_group_document(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata of a group without arrays."""
    return {"zarr_format": 3, "node_type": "group", "attributes": dict(attributes)}


def encode(document: Mapping[str, Any]) -> bytes:
    """The document as it stands in the file."""
    return msgspec.json.encode(document)


def chunk_key(spec: ArraySpec, block: int) -> str:
    """File name of the chunk at place `block` along time; every chunk covers the other axes whole."""
    whole = ["0" for _ in spec.row]
    if spec.compact:
        return ".".join([str(block), *whole])
    return ".".join(["c", str(block), *whole] if spec.timed else ["c", *whole])


def block_of(key: str) -> int | None:
    """Place along time of a chunk file, None when the file is no chunk."""
    head, _, rest = key.partition(".")
    place = rest.partition(".")[0]
    whole = head == "c" and all(part.isdigit() for part in rest.split("."))
    return int(place) if whole else None


def _codecs(spec: ArraySpec) -> list[dict[str, Any]]:
    size = np.dtype(spec.dtype).itemsize
    plain = _ONE_BYTE if size == 1 else _BYTES
    if not spec.tile:
        return [plain]
    pack = {"name": "blosc", "configuration": {**PACKING, "typesize": size}}
    shard = {
        "chunk_shape": [1, *spec.tile],
        "codecs": [plain, pack, _CRC],
        "index_codecs": [_BYTES, _CRC],
        "index_location": "end",
    }
    return [{"name": "sharding_indexed", "configuration": shard}]
