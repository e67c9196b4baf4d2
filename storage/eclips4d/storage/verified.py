"""Whether a bucket holds a store to the last byte: asked before the store on the disk is given up.

Most servers tag an object with the MD5 of what they hold, or, of one that came in parts, with that of the parts' MD5s.
Such a tag is held against the file. Where it says something else, as where a server encrypts with its own keys, the
object is read back and compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from eclips4d.core.results import Status
from eclips4d.storage.contents import read_file
from eclips4d.storage.folder import ROOT, load_record
from eclips4d.storage.objects import PART, Objects
from eclips4d.storage.spoken_of import (
    Commit,
    column_files,
    metadata_files,
    other_files,
    pyramid_files,
    shards,
    status_files,
)


def differing(root: Path, place: str, report: Callable[[int, int], None] = lambda done, total: None) -> list[str]:
    """Files of a store that nobody writes which the bucket lacks or holds otherwise; none where it holds all.

    Parameters
    ----------
    root : Path
        Folder of the store.
    place : str
        `s3://BUCKET/RUN.zarr`, where it was mirrored.
    report
        Is told how many files are compared, of how many.

    Raises
    ------
    InputError, BucketCutError
        The bucket cannot be read, or not now.
    """
    objects, keys, found = Objects(place), _files(root), list[str]()
    there = objects.listed()
    for done, key in enumerate(keys, 1):
        if key not in there or not _is_same(objects, key, root / key, *there[key]):
            found.append(key)
        report(done, len(keys))
    return found


def _files(root: Path) -> list[str]:
    """All that the last commit speaks of; the pixels of a quarantined frame may be lost."""
    record = load_record(root)
    held = b"".join(read_file(root / key) for key in status_files(record))
    status = np.frombuffer(held, np.uint8)[: record.recorded]
    pixels = shards(Commit(record, status))
    if (status & int(Status.QUARANTINED)).any():
        pixels = [key for key in pixels if not key.startswith("raw/") or (root / key).exists()]
    pyramids = pyramid_files(root, record, None)
    return [*pixels, *pyramids, *column_files(record), *metadata_files(record), *other_files(root), ROOT]


def _is_same(objects: Objects, key: str, file: Path, size: int, tag: str) -> bool:
    if file.stat().st_size != size:
        return False
    return tag.strip('"') == _tag_of(file) or _is_read_back(objects, key, file)


def _tag_of(file: Path) -> str:
    digests = []
    with file.open("rb") as data:
        while part := data.read(PART):
            digests.append(hashlib.md5(part, usedforsecurity=False))
    if len(digests) < 2:
        return digests[0].hexdigest() if digests else hashlib.md5(usedforsecurity=False).hexdigest()
    whole = hashlib.md5(b"".join(d.digest() for d in digests), usedforsecurity=False)
    return f"{whole.hexdigest()}-{len(digests)}"


def _is_read_back(objects: Objects, key: str, file: Path) -> bool:
    place = 0
    with file.open("rb") as data:
        while part := data.read(PART):
            if objects.read_part(key, place, len(part)) != part:
                return False
            place += len(part)
    return True
