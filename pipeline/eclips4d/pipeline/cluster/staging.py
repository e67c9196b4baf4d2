"""Large results on their way from a worker to whoever asked: files in a folder that both see.

A scheduler that carried arrays would hold them in memory, and would lose them when it dies. A staged file is there in
full or not at all, carries a checksum of everything in it, and says under which key it was made: whoever finds it
after an interruption knows whether it still counts. What is torn or damaged is as good as absent.
"""

from __future__ import annotations

import os
import struct
import uuid
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np
import xxhash

from eclips4d.core.errors import WireError
from eclips4d.core.wire import DTYPES, AnyArray, ArraySpec
from eclips4d.storage.durable import disk_errors

MAGIC = b"E4Dstage"
_HEAD = struct.Struct("<8sQQ")
"""Magic, length of the label, its checksum."""
ENDING, PARTIAL = ".staged", ".partial"
MOST_LABEL_BYTES = 1 << 20


class Label(msgspec.Struct, frozen=True):
    """What a staged file holds.

    Attributes
    ----------
    key : str
        Of everything that its content follows from.
    facts : bytes
        What else is to be told, encoded by whoever stages it.
    arrays : tuple of ArraySpec
        In the order in which they follow.
    """

    key: str
    facts: bytes
    arrays: tuple[ArraySpec, ...]


class Staged(msgspec.Struct, frozen=True):
    """A staged file, read and checked."""

    facts: bytes
    arrays: dict[str, AnyArray]


def staging_folder(out: Path) -> Path:
    """Beside what is being made, where its workers see it."""
    return out.resolve().parent / f".{out.name}.staged"


def staged_path(folder: Path, number: int, key: str) -> Path:
    """Where the content of that key for item `number` lies."""
    return folder / f"{number:08d}-{key}{ENDING}"


def stage(path: Path, key: str, facts: bytes, arrays: Mapping[str, AnyArray]) -> None:
    """Put a file in place, whole; two that stage the same at once leave the one or the other.

    Raises
    ------
    DiskFullError, StoreError
        It cannot be written; nothing of it stays.
    """
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    specs = tuple(ArraySpec(n, str(a.dtype), a.shape, xxhash.xxh3_64_intdigest(_bytes(a))) for n, a in whole.items())
    label = msgspec.msgpack.encode(Label(key, facts, specs))
    head = _HEAD.pack(MAGIC, len(label), xxhash.xxh3_64_intdigest(label))
    beside = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}{PARTIAL}")
    with disk_errors(path.parent):
        try:
            with beside.open("wb") as file:
                file.writelines([head, label, *map(_bytes, whole.values())])
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def staged(path: Path, key: str) -> Staged | None:
    """What was staged there under that key; None where nothing is, or nothing that counts."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    try:
        return _read(memoryview(data), key)
    except (WireError, msgspec.MsgspecError, struct.error, ValueError):
        return None


def sweep(folder: Path) -> None:
    """Remove a folder of staged files, and nothing else that may lie there."""
    if not folder.is_dir():
        return
    for entry in os.scandir(folder):
        if entry.name.endswith((ENDING, PARTIAL)):
            Path(entry.path).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def _bytes(array: AnyArray) -> memoryview:
    return array.reshape(-1).view(np.uint8).data if array.size else memoryview(b"")


def _read(data: memoryview, key: str) -> Staged:
    magic, length, checksum = _HEAD.unpack_from(data)
    text = data[_HEAD.size : _HEAD.size + length]
    if magic != MAGIC or length > MOST_LABEL_BYTES or xxhash.xxh3_64_intdigest(text) != checksum:
        raise WireError("no staged file")
    label = msgspec.msgpack.decode(text, type=Label)
    if label.key != key:
        raise WireError("made under another key")
    arrays: dict[str, AnyArray] = {}
    at = _HEAD.size + length
    for spec in label.arrays:
        part = data[at : at + spec.nbytes]
        if spec.dtype not in DTYPES or len(part) != spec.nbytes or xxhash.xxh3_64_intdigest(part) != spec.xxh3:
            raise WireError(f"array {spec.name!r} is damaged")
        arrays[spec.name] = np.frombuffer(part, dtype=spec.dtype).reshape(spec.shape)
        at += spec.nbytes
    return Staged(label.facts, arrays)
