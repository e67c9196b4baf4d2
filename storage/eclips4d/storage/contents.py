"""What the files of a store hold, wherever it lies: on a disk, or in a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from eclips4d.storage.objects import Objects, is_object


def read_file(path: Path) -> bytes:
    """All of a file.

    Raises
    ------
    OSError
        It is not there or cannot be read.
    InputError, BucketCutError
        The bucket cannot be used, or not now.
    """
    return Objects(path).read() if is_object(path) else path.read_bytes()


def read_part(path: Path, offset: int, count: int) -> bytes:
    """So many bytes of a file, or as many as there are; errors as of `read_file`."""
    if is_object(path):
        return Objects(path).read_part("", offset, count)
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        return file.read(count)


def lines_of(path: Path) -> Iterator[bytes]:
    """Line by line, such as of events; none where there is no such file. Errors else as of `read_file`."""
    if is_object(path):
        with suppress(FileNotFoundError):
            yield from Objects(path).read().splitlines(keepends=True)
    elif path.exists():
        with path.open("rb") as lines:
            yield from lines
