"""The codecs that are compared: only those that the Zarr v3 specification names, so that every reader knows them."""

from __future__ import annotations

from typing import Any

import numpy as np

from eclips4d.storage.layout import ArraySpec
from eclips4d.storage.metadata import PACKING, array_document

Codec = dict[str, Any]
ENDLESS = 1 << 40
CHECKSUM: Codec = {"name": "crc32c"}


def blosc(cname: str, clevel: int, shuffle: str, blocksize: int = 0) -> Codec:
    """Blosc around one of its compressors; the size of an item is filled in by array."""
    configuration = {"cname": cname, "clevel": clevel, "shuffle": shuffle, "blocksize": blocksize}
    return {"name": "blosc", "configuration": configuration}


OURS = "the store's own: lz4 1, bits shuffled, blocks of 64 KiB"
UNCHECKED = "the store's own, without checksums"
CANDIDATES: dict[str, list[Codec]] = {
    OURS: [{"name": "blosc", "configuration": dict(PACKING)}, CHECKSUM],
    UNCHECKED: [{"name": "blosc", "configuration": dict(PACKING)}],
    "lz4 1, bits shuffled": [blosc("lz4", 1, "bitshuffle"), CHECKSUM],
    "lz4 1, bytes shuffled": [blosc("lz4", 1, "shuffle"), CHECKSUM],
    "lz4 1, not shuffled": [blosc("lz4", 1, "noshuffle"), CHECKSUM],
    "zstd 1 in blosc, bits shuffled": [blosc("zstd", 1, "bitshuffle"), CHECKSUM],
    "zstd 5 in blosc, bits shuffled": [blosc("zstd", 5, "bitshuffle"), CHECKSUM],
    "zstd 1 in blosc, bytes shuffled": [blosc("zstd", 1, "shuffle"), CHECKSUM],
    "zstd 1 alone": [{"name": "zstd", "configuration": {"level": 1, "checksum": False}}, CHECKSUM],
    "none": [CHECKSUM],
}


def document(spec: ArraySpec, codecs: list[Codec]) -> dict[str, Any]:
    """Metadata of an array like the store's, with these codecs inside its shards after its bytes."""
    found = array_document(spec, ENDLESS)
    del found["attributes"], found["storage_transformers"]
    shard = found["codecs"][0]["configuration"]
    shard["codecs"] = [shard["codecs"][0], *(_sized(codec, np.dtype(spec.dtype).itemsize) for codec in codecs)]
    return found


def _sized(codec: Codec, size: int) -> Codec:
    """Blosc has to know how long one item is."""
    return (
        {**codec, "configuration": {**codec["configuration"], "typesize": size}} if codec["name"] == "blosc" else codec
    )
