"""The files of one frame as bytes, made by whoever has its planes, for the one process that writes the store.

A store has one writer, and rounding is its business; but packing is most of the work, and a worker of another process
can do it: the bytes are those that the writer's own files would have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorstore as ts
from numpy.typing import NDArray

from eclips4d.core.results import Datum, Drift
from eclips4d.core.source import SourceInfo
from eclips4d.storage.layout import plane_specs
from eclips4d.storage.metadata import chunk_key
from eclips4d.storage.planes import open_in


@dataclass(frozen=True, slots=True)
class Encoded:
    """A frame whose results are made: its files, and what its row tells of it.

    Attributes
    ----------
    files : mapping of str to Path
        By array, what `Encoder` gave, durable, on any disk.
    doubted : bool
        `Surface.doubted` of the registered surface.
    """

    files: Mapping[str, Path]
    drift: Drift
    datum: Datum
    doubted: bool


class Encoder:
    """Packs frames as the store of a source packs them.

    Parameters
    ----------
    source : SourceInfo
    products : iterable of str
        Besides the raw frame.

    Attributes
    ----------
    products : tuple of str
    """

    def __init__(self, source: SourceInfo, products: Iterable[str]) -> None:
        context = ts.Context({"cache_pool": {"total_bytes_limit": 0}})
        self.products = tuple(products)
        self._specs = plane_specs(source, self.products)
        self._arrays = {
            name: open_in({"driver": "memory", "path": f"{name}/"}, spec, context) for name, spec in self._specs.items()
        }

    def encode(self, planes: Mapping[str, NDArray[Any]]) -> dict[str, bytes]:
        """The file of each plane; leave the planes alone until this returns."""
        writing = [
            self._arrays[name][0].write(plane, can_reference_source_data_indefinitely=True)
            for name, plane in planes.items()
        ]
        for written in writing:
            written.result()
        return {name: self._taken(name) for name in planes}

    def _taken(self, name: str) -> bytes:
        store, key = self._arrays[name].kvstore, chunk_key(self._specs[name], 0)
        data: bytes = store.read(key).result().value
        store.delete_range(ts.KvStore.KeyRange(key, key + "\0")).result()
        return data
