"""One writer per store: a lock that dies with its process and says whose it is."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import msgspec

from eclips4d.core.errors import StoreError
from eclips4d.storage.durable import write_all


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a store."""

    pid: int
    host: str


def acquire(path: Path, store: Path) -> int:
    """Take the lock; returns the file descriptor that holds it.

    Raises
    ------
    StoreError
        Another process holds it; the message names the process and its host.
    """
    import fcntl  # not on Windows, where stores are read but not written

    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(fd)
        raise StoreError(
            f"is being written by {describe(path)}",
            where=str(store),
            cure="wait for it, stop it, or choose another --out",
        ) from error
    os.ftruncate(fd, 0)
    write_all(fd, msgspec.json.encode(Owner(pid=os.getpid(), host=socket.gethostname())))
    return fd


def release(fd: int) -> None:
    """Give the lock back; the file stays, so that nobody locks a deleted one."""
    os.ftruncate(fd, 0)
    os.close(fd)


def describe(path: Path) -> str:
    """The owner in words."""
    try:
        owner = msgspec.json.decode(path.read_bytes(), type=Owner)
    except (OSError, msgspec.MsgspecError):
        return "another process"
    return f"process {owner.pid} on {owner.host}"


def held(path: Path) -> bool:
    """Whether some process holds the lock at this moment."""
    import fcntl

    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
