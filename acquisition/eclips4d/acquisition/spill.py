"""Frames that memory has no room for: appended to local files until they are durable elsewhere.

A record is `E4DS`, the lengths of header and pixels, an xxh3 checksum over both, the header (msgpack) and the pixels.
Records go into segment files, so that room comes back piece by piece: a segment is deleted, or cut to nothing while it
is the newest, as soon as none of its records is needed. What is left after a crash is read again with `recover`.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np
import xxhash

from eclips4d.core.errors import EclipsError, StoreError
from eclips4d.core.frame import Frame, FrameHeader
from eclips4d.core.log import get_logger

MAGIC = b"E4DS"
SEGMENTS = 8
"""Into how many files the limit is divided."""
_PREFIX = struct.Struct("<4sIQQ")
_MAX_HEADER_BYTES = 1 << 20


@dataclass(slots=True)
class _Segment:
    path: Path
    file: BinaryIO
    size: int = 0
    needed: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands."""

    segment: _Segment = field(repr=False)
    offset: int
    length: int
    header: FrameHeader


class SpillLog:
    """At most `limit_bytes` of frames in files named `path.000000`, `path.000001`, …

    Files that an earlier process left are kept aside until `adopt` or `discard` is called.
    """

    def __init__(self, path: Path, limit_bytes: int) -> None:
        self._path = path
        self._limit = limit_bytes
        self._segments: list[_Segment] = []
        self._next_number = max((_number(p) for p in leftovers(path)), default=-1) + 1

    @property
    def nbytes(self) -> int:
        """Length of all segment files."""
        return sum(segment.size for segment in self._segments)

    def append(self, frame: Frame) -> Place | None:
        """Write one frame; None when there is no room, within the limit or on the disk."""
        header = msgspec.msgpack.encode(frame.header)
        pixels = frame.data.reshape(-1).view(np.uint8).data
        length = _PREFIX.size + len(header) + len(pixels)
        if self.nbytes + length > self._limit:
            return None
        segment = self._writable(length)
        if segment is None:
            return None
        prefix = _PREFIX.pack(MAGIC, len(header), len(pixels), _checksum(header, pixels))
        place = Place(segment, segment.size, length, frame.header)
        try:
            segment.file.seek(segment.size)
            for part in (prefix, header, pixels):
                segment.file.write(part)
        except OSError as error:
            told = {"file": str(segment.path), "error": str(error)}
            get_logger().warning("a frame could not be spilled", sequence=frame.header.sequence, **told)
            segment.file.truncate(segment.size)
            return None
        segment.size += length
        segment.needed += 1
        return place

    def read(self, place: Place) -> Frame:
        """A spilled frame.

        Raises
        ------
        StoreError
            The record is damaged.
        """
        place.segment.file.seek(place.offset)
        record = _read_record(place.segment.file)
        if record is None:
            raise StoreError(f"{place.header.label} is damaged", where=str(place.segment.path))
        return record[0]

    def release(self, place: Place) -> None:
        """The record is not needed any more."""
        segment = place.segment
        segment.needed -= 1
        if segment.needed:
            return
        if segment is self._segments[-1]:
            segment.file.truncate(0)
            segment.size = 0
        else:
            self._segments.remove(segment)
            segment.file.close()
            segment.path.unlink()

    def adopt(self) -> list[Place]:
        """Take over what an earlier process left, in order of sequence."""
        found: list[Place] = []
        for path in leftovers(self._path):
            if any(path == segment.path for segment in self._segments):
                continue
            segment = _Segment(path, path.open("r+b", buffering=0))
            for header, offset, length in _scan(segment.file):
                found.append(Place(segment, offset, length, header))
                segment.size, segment.needed = offset + length, segment.needed + 1
            if segment.needed:
                self._segments.insert(0, segment)
            else:
                segment.file.close()
                path.unlink()
        return sorted(found, key=lambda place: place.header.sequence)

    def discard(self) -> None:
        """Delete what an earlier process left."""
        for path in leftovers(self._path):
            if all(path != segment.path for segment in self._segments):
                path.unlink()

    def close(self) -> None:
        """Close the files; those that hold frames stay on the disk for `recover`."""
        for segment in self._segments:
            segment.file.close()
            if not segment.needed:
                segment.path.unlink()
        self._segments.clear()

    def _writable(self, length: int) -> _Segment | None:
        newest = self._segments[-1] if self._segments else None
        if newest is not None and (newest.size == 0 or newest.size + length <= self._limit // SEGMENTS):
            return newest
        path = self._path.with_name(f"{self._path.name}.{self._next_number:06d}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            segment = _Segment(path, path.open("x+b", buffering=0))
        except OSError as error:
            get_logger().warning("no spill file can be opened", file=str(path), error=str(error))
            return None
        self._next_number += 1
        self._segments.append(segment)
        return segment


def recover(path: Path) -> Iterator[Frame]:
    """Every complete frame that a crashed sender left in its spill files, oldest first; nothing is deleted.

    Parameters
    ----------
    path
        The spill path the sender was given.
    """
    for segment in leftovers(path):
        with segment.open("rb", buffering=0) as file:
            while (record := _read_record(file)) is not None:
                yield record[0]


def leftovers(path: Path) -> list[Path]:
    """The segment files that exist for a spill path, oldest first."""
    found = path.parent.glob(f"{path.name}.*") if path.parent.is_dir() else iter(())
    return sorted((p for p in found if _number(p) >= 0), key=_number)


def _number(path: Path) -> int:
    digits = path.name.rpartition(".")[2]
    return int(digits) if digits.isascii() and digits.isdigit() else -1


def _scan(file: BinaryIO) -> Iterator[tuple[FrameHeader, int, int]]:
    offset = 0
    while (record := _read_record(file)) is not None:
        yield record[0].header, offset, record[1]
        offset += record[1]


def _read_record(file: BinaryIO) -> tuple[Frame, int] | None:
    """The record at the file's position and its length; None when it is torn or damaged."""
    prefix = file.read(_PREFIX.size)
    if len(prefix) < _PREFIX.size:
        return None
    magic, header_bytes, pixel_bytes, checksum = _PREFIX.unpack(prefix)
    left = os.fstat(file.fileno()).st_size - file.tell()
    if magic != MAGIC or header_bytes > _MAX_HEADER_BYTES or header_bytes + pixel_bytes > left:
        return None
    header, pixels = file.read(header_bytes), np.empty(pixel_bytes, np.uint8)
    if _read_into(file, pixels.data) < pixel_bytes or _checksum(header, pixels.data) != checksum:
        return None
    try:
        said = msgspec.msgpack.decode(header, type=FrameHeader)
        data = pixels.view(said.dtype).reshape(said.shape)
        data.flags.writeable = False
        return Frame(said, data), _PREFIX.size + header_bytes + pixel_bytes
    except (EclipsError, msgspec.MsgspecError, ValueError):
        return None


def _read_into(file: BinaryIO, view: memoryview) -> int:
    """Raw files may return less than asked for."""
    got = 0
    while got < len(view) and (n := os.readv(file.fileno(), [view[got:]])):
        got += n
    return got


def _checksum(header: bytes, pixels: memoryview) -> int:
    both = xxhash.xxh3_64()
    both.update(header)
    both.update(pixels)
    return both.intdigest()
