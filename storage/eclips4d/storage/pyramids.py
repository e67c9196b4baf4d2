"""Pyramids: once a run has ended, smaller images of heights and raw frames, for viewers that zoom.

Each image halves the one before: a pixel is the mean of those of the two by two pixels below it that are known. They
are built under a name of their own, renamed as a whole, and shown by one commit. A store that is written again, because
its source goes on or a frame is repaired, loses them; they can be made at any time.
"""

from __future__ import annotations

import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.core.errors import DiskFullError
from eclips4d.storage.arrays import Arrays
from eclips4d.storage.durable import disk_errors, sync_folder, write_synced
from eclips4d.storage.finished import finished_store
from eclips4d.storage.folder import PYRAMIDS, ROOT, building_path
from eclips4d.storage.levels import level_specs, levels, pyramid_documents
from eclips4d.storage.metadata import encode
from eclips4d.storage.ome import IMAGES, level_path
from eclips4d.storage.planes import Planes
from eclips4d.storage.record import Record
from eclips4d.storage.room import FIXED_BYTES, free_bytes


def make_pyramids(path: Path | str) -> int:
    """Make the pyramids of a finished store; returns how many smaller images of each frame there are now.

    Raises
    ------
    StoreError
        It is being written, has not ended, or holds deferred frames.
    DiskFullError
        They would not fit.
    """
    root = Path(path)
    with finished_store(root) as arrays, disk_errors(root):
        record = arrays.record
        wanted = levels(*record.source.shape[1:])
        if record.pyramids == wanted:
            return wanted
        after = msgspec.structs.replace(record, pyramids=wanted)
        _check_room(root, record)
        hidden = building_path(root)
        shutil.rmtree(hidden, ignore_errors=True)
        _build(hidden, arrays, after)
        shutil.rmtree(root / PYRAMIDS, ignore_errors=True)
        hidden.rename(root / PYRAMIDS)
        sync_folder(root)
        arrays.switch(after, [])
    return wanted


def halved(image: NDArray[Any]) -> NDArray[Any]:
    """Means of two by two pixels of [..., y, x].

    NaN is left out, integers are rounded, and a pixel at an odd edge is the mean of what there is of it.
    """
    rows, columns = image.shape[-2:]
    means = np.empty((math.prod(image.shape[:-2]), -(-rows // 2), -(-columns // 2)))
    _halve(np.ascontiguousarray(image).reshape(-1, rows, columns), means)
    rounded = np.rint(means) if image.dtype.kind == "u" else means
    return rounded.astype(image.dtype).reshape(*image.shape[:-2], *means.shape[-2:])


@njit(nogil=True, cache=True, error_model="numpy")
def _halve(images: NDArray[Any], means: NDArray[np.float64]) -> None:
    planes, rows, columns = images.shape
    for k in range(planes):
        for y in range(0, rows, 2):
            for x in range(0, columns, 2):
                total, known = 0.0, 0
                for row in range(y, min(rows, y + 2)):
                    for column in range(x, min(columns, x + 2)):
                        value = np.float64(images[k, row, column])
                        if value == value:
                            total, known = total + value, known + 1
                means[k, y // 2, x // 2] = total / known


def _build(hidden: Path, arrays: Arrays, after: Record) -> None:
    """Write the whole pyramids into `hidden`, durably."""
    for path, document in pyramid_documents(after).items():
        folder = hidden.joinpath(*Path(path).parts[1:])
        folder.mkdir(parents=True, exist_ok=True)
        write_synced(folder / ROOT, encode(document))
    made = Planes(hidden, [replace(spec, name=_inside(path)) for path, spec in level_specs(after).items()])
    for name in [name for name in IMAGES if name in after.planes()]:
        for sequence in range(after.length):
            image = arrays.planes.read(name, sequence)
            for level in range(1, after.pyramids + 1):
                image = halved(image)
                made.write(sequence, {_inside(level_path(name, level)): image})
    for folder in (hidden, *(path for path in hidden.rglob("*") if path.is_dir())):
        sync_folder(folder)


def _inside(path: str) -> str:
    return path.removeprefix(f"{PYRAMIDS}/")


def _check_room(root: Path, record: Record) -> None:
    """A third of what the images take, which is what all smaller ones add."""
    images = [root / name for name in IMAGES if name in record.planes()]
    needed = FIXED_BYTES + sum(file.stat().st_size for folder in images for file in folder.iterdir()) // 3
    if (free := free_bytes(root)) < needed:
        raise DiskFullError(
            f"pyramids need {needed / 1e9:.3g} GB, {free / 1e9:.3g} GB are free",
            where=str(root),
            cure="free some space; the store is complete without them",
        )
