"""Files that are either as before or as meant, whatever happens in between, and on the disk when a function returns."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eclips4d.core.errors import DiskFullError, EclipsError, StoreError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_TEXTS = ("No space left on device", "Disk quota exceeded", "File too large", "ENOSPC", "EDQUOT", "EFBIG")


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system or tensorstore says into one of our errors, naming `path`.

    Raises
    ------
    DiskFullError
        No space or quota is left.
    StoreError
        Anything else that went wrong with the disk.
    """
    try:
        yield
    except EclipsError:
        raise
    except OSError as error:
        raise _translated(path, str(error), error.errno in _FULL) from error
    except (ValueError, RuntimeError) as error:  # how tensorstore reports a failed write
        raise _translated(path, str(error), any(text in str(error) for text in _FULL_TEXTS)) from error


def _translated(path: Path, text: str, full: bool) -> EclipsError:
    if full:
        return DiskFullError(
            "the disk is full; nothing committed is harmed",
            where=str(path),
            cure="free some space and run the same command again",
        )
    return StoreError(f"cannot be written or read: {text}", where=str(path), cure="check the disk and its permissions")


def write_synced(path: Path, data: bytes) -> None:
    """Write a whole file; its content is on the disk when this returns, its name in the folder perhaps not."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        write_all(fd, data)
        os.fsync(fd)
    finally:
        os.close(fd)


def write_all(fd: int, data: bytes) -> None:
    """`os.write` until everything is written: a nearly full disk takes only a part."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    sync_file(folder)


def sync_file(path: Path) -> None:
    """Make what a file holds durable, whoever wrote it."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def append_line(path: Path, line: bytes) -> None:
    """Append one line; on the disk when this returns."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        write_all(fd, line + b"\n")
        os.fdatasync(fd)
    finally:
        os.close(fd)


def replace_file(path: Path, data: bytes, spare: Path) -> None:
    """Replace a file in one step that survives a crash; `spare` is a name on the same disk for the text in between."""
    write_synced(spare, data)
    spare.replace(path)
    sync_folder(path.parent)


def keep_copy(path: Path, copy: Path, spare: Path) -> None:
    """Let `copy` be what `path` is now, without writing a byte where the file system has hard links."""
    if not path.exists():
        return
    spare.unlink(missing_ok=True)
    try:
        os.link(path, spare)
    except OSError:
        shutil.copyfile(path, spare)
    spare.replace(copy)


def name_too(file: Path, path: Path) -> None:
    """Let `path` be a name of a durable file as well; where there are no hard links, of a durable copy."""
    path.unlink(missing_ok=True)
    try:
        os.link(file, path)
    except OSError:
        spare = path.with_name(f"{path.name}.partial")
        shutil.copyfile(file, spare)
        sync_file(spare)
        spare.replace(path)
