"""Frames of a store, and their smaller images where a store has them, read as they were written.

Read through `storage.planes`: half the processor time of xarray and Zarr, which ask for each piece of a frame in turn
(docs/decisions/0310).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eclips4d.storage.durable import disk_errors
from eclips4d.storage.folder import load_record
from eclips4d.storage.layout import ArraySpec
from eclips4d.storage.levels import level_specs
from eclips4d.storage.ome import level_path
from eclips4d.storage.planes import Planes
from eclips4d.storage.record import Record
from eclips4d.viewer.shrinking import shrunk


class StoredImages:
    """The images of one store.

    Parameters
    ----------
    path : Path
        The store.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._specs: dict[str, ArraySpec] = {}
        self._planes: Planes | None = None

    def look_again(self) -> Record:
        """See which arrays there are; after each commit, because a finished store gets others. The store's record."""
        record = load_record(self._path)
        specs = record.planes() | level_specs(record)
        if specs != self._specs:
            self._specs, self._planes = specs, Planes(self._path, specs.values())
        return record

    @property
    def planes(self) -> Planes:
        """The arrays themselves."""
        assert self._planes is not None, "look_again comes first"
        return self._planes

    def __contains__(self, name: str) -> bool:
        return name in self._specs

    def read(self, name: str, sequence: int, halved: int = 0) -> NDArray[Any]:
        """One frame's entry of an array, [..., y, x], halved so often.

        Raises
        ------
        StoreError
            It cannot be read.
        """
        smaller = level_path(name, halved)
        with disk_errors(self._path):
            if smaller in self._specs:
                return self.planes.read(smaller, sequence)
            return shrunk(self.planes.read(name, sequence), halved)

    def kept(self, name: str, sequence: int) -> NDArray[np.floating[Any]] | None:
        """One frame's map, in the type in which it is stored; None where the store does not keep it."""
        return self.read(name, sequence) if name in self else None
