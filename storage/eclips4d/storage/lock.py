"""One writer per store: a lock that dies with its process and says whose it is.

The lock itself is `flock`: the kernel, or the file server, drops it when its process ends, however it ends. The text in
the file only names the owner. A file system whose locks do not reach other hosts is caught by the text and by the age
of the last commit: a store that another host was writing a moment ago is refused.
"""

from __future__ import annotations

import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from eclips4d.core.errors import StoreError
from eclips4d.storage.durable import write_all

RECENT_S = 60.0
"""A commit younger than this, by another host that never let go, is taken for a writer that is still at work."""
_MOST_LETTERS = 120


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a store, since when (UTC), by which command, and at which addresses it publishes and takes notes."""

    pid: int
    host: str
    since: str = ""
    command: str = ""
    notices: str = ""
    notes: str = ""

    def __str__(self) -> str:
        since = f" since {self.since}" if self.since else ""
        command = f" ({self.command})" if self.command else ""
        return f"process {self.pid} on {self.host}{since}{command}"


def acquire(path: Path, store: Path, committed_at: Path | None = None) -> int:
    """Take the lock; returns the file descriptor that holds it.

    Parameters
    ----------
    path
        The lock's file.
    store
        Named in errors.
    committed_at
        File whose age tells when the last commit was; without it, what another host left behind is not looked at.

    Raises
    ------
    StoreError
        Another process holds it; the message names process, host, time and command. Or there are no locks here.
    """
    import fcntl  # not on Windows, where stores are read but not written

    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _refuse_writer_elsewhere(path, store, committed_at)
        os.ftruncate(fd, 0)
        write_all(fd, msgspec.json.encode(myself()))
    except BlockingIOError as error:
        os.close(fd)
        raise StoreError(
            f"is being written by {describe(path)}",
            where=str(store),
            cure="wait for it, stop it, or choose another --out",
        ) from error
    except StoreError:
        os.close(fd)
        raise
    except OSError as error:
        os.close(fd)
        raise StoreError(
            f"cannot be locked: {error.strerror}",
            where=str(store),
            cure="write to a local disk, or see what eclips4d doctor says of this one",
        ) from error
    return fd


def announce(path: Path, *, notices: str, notes: str) -> None:
    """Add to the text of a lock that this process holds where its owner can be reached; nothing without that text."""
    found = owner(path)
    if found is None or (found.pid, found.host) != (os.getpid(), socket.gethostname()):
        return
    text = msgspec.json.encode(msgspec.structs.replace(found, notices=notices, notes=notes))
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.ftruncate(fd, 0)
        write_all(fd, text)
    finally:
        os.close(fd)


def release(fd: int) -> None:
    """Give the lock back; the file stays, so that nobody locks a deleted one."""
    os.ftruncate(fd, 0)
    os.close(fd)


def owner(path: Path) -> Owner | None:
    """Who holds the lock, or held it when it was killed; None when it was given back."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Owner)
    except (OSError, msgspec.MsgspecError):
        return None


def describe(path: Path) -> str:
    """The owner in words."""
    found = owner(path)
    return "another process" if found is None else str(found)


def held(path: Path) -> bool:
    """Whether some process holds the lock at this moment."""
    import fcntl

    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # also of a store that we may only read
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def myself() -> Owner:
    """How others are told of this process."""
    command = " ".join(" ".join([Path(sys.argv[0]).name, *sys.argv[1:]]).split())
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Owner(pid=os.getpid(), host=socket.gethostname(), since=now, command=command[:_MOST_LETTERS])


def _refuse_writer_elsewhere(path: Path, store: Path, committed_at: Path | None) -> None:
    """We have the lock; but does it mean anything to the host that is named in it?"""
    found = owner(path)
    if found is None or found.host == socket.gethostname() or committed_at is None or not committed_at.exists():
        return
    age = _now(path.parent) - committed_at.stat().st_mtime
    if age < RECENT_S:
        raise StoreError(
            f"was written {max(0.0, age):.0f} s ago by {found}, which never let go: locks may not reach that host",
            where=str(store),
            cure=f"make sure that it has ended and try again {RECENT_S:.0f} s after its last commit",
        )


def _now(folder: Path) -> float:
    """Time by the clock that dates files there: a file server has its own."""
    probe = folder / f"clock-{os.getpid()}.partial"
    probe.write_bytes(b"")
    try:
        return probe.stat().st_mtime
    finally:
        probe.unlink(missing_ok=True)
