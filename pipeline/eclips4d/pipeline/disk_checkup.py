"""Whether a file system keeps what a store relies on: what was synced stays, renames are one step, locks lock.

Each promise is tried, some of them by a second process, as a second writer or a reader would be one. Nothing here
proves that a disk keeps its word in a power cut; what can be seen without pulling the plug is seen.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import psutil

from eclips4d.pipeline.finding import Finding

SAMPLE_BYTES = 8 << 20
SAMPLES = 5
RENAMES = 200
LEAST_FREE_BYTES = 10 << 30
LEAST_RATE = 50.0
QUICKEST_SYNC_MS = 0.01
"""No disk confirms a write in less; one that seems to does not wait for it."""
LOCAL = "record to a local disk and copy the store there afterwards"
MEMORY = {"tmpfs", "ramfs"}
SHARED = {
    "nfs": "mount it hard and with NFS 4 (not nolock, local_lock or soft), and write a store from one host only",
    "cifs": "mount it without nobrl and with cache=strict, and write a store from one host only",
    "smb": "mount it without nobrl and with cache=strict, and write a store from one host only",
    "fuse": f"its sync and its locks depend on the program behind it; {LOCAL}",
    "9p": f"its locks may reach no other process; {LOCAL}",
}


def file_system(folder: Path) -> list[Finding]:
    """All findings about the file system of `folder`; files are only written below it and removed again."""
    kind = _kind(folder)
    findings = [_kind_of(kind), _free(folder)]
    try:
        with tempfile.TemporaryDirectory(prefix=".eclips4d-doctor-", dir=folder) as scratch:
            findings += [_tried(check, Path(scratch)) for check in CHECKS]
    except OSError as error:
        findings.append(Finding("file system", False, f"cannot be written: {error.strerror}", cure=LOCAL))
    return findings


def _tried(check: Callable[[Path], Finding], scratch: Path) -> Finding:
    folder = Path(tempfile.mkdtemp(dir=scratch))
    try:
        return check(folder)
    except OSError as error:
        return Finding(check.__name__.strip("_").replace("_", " "), False, f"refused ({error.strerror})", cure=LOCAL)


def _kind(folder: Path) -> str:
    """Name of the file system, as the operating system calls it."""
    home = folder.resolve()
    mounted = [part for part in psutil.disk_partitions(all=True) if home.is_relative_to(part.mountpoint)]
    return max(mounted, key=lambda part: len(part.mountpoint)).fstype if mounted else "unknown"


def _kind_of(kind: str) -> Finding:
    if kind in MEMORY:
        return Finding("kind of disk", False, f"{kind} is memory, which a power cut empties", cure="choose a disk")
    pitfall = next((advice for start, advice in SHARED.items() if kind.startswith(start)), "")
    return Finding("kind of disk", not pitfall, kind, optional=True, cure=pitfall)


def _free(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free in {folder.resolve()} (10 GB or more)"
    return Finding("disk", free > LEAST_FREE_BYTES, text, cure="free some space or choose another disk")


def _synced_files(scratch: Path) -> Finding:
    took = []
    for k in range(SAMPLES):
        began = time.perf_counter()
        _write_synced(scratch / str(k), b"frame")
        took.append(1e3 * (time.perf_counter() - began))
    good = median(took) > QUICKEST_SYNC_MS
    text = f"{median(took):.2f} ms for a small file" if good else "takes no time, so it waits for no disk"
    return Finding("synced files", good, text, cure=LOCAL)


def _durable_renames(scratch: Path) -> Finding:
    began = time.perf_counter()
    for k in range(SAMPLES):
        _write_synced(scratch / "new", str(k).encode())
        (scratch / "new").replace(scratch / "kept")
        _sync_folder(scratch)
    spent = (time.perf_counter() - began) / SAMPLES * 1e3
    good = (scratch / "kept").read_bytes() == str(SAMPLES - 1).encode()
    return Finding("durable renames", good, f"{spent:.1f} ms per commit", cure=LOCAL)


_REPLACE = """
import os, sys
kept, new = sys.argv[1], sys.argv[1] + ".new"
for k in range(int(sys.argv[2])):
    with open(new, "wb") as file:
        file.write(bytes([65 + k % 26]) * 100_000)
    os.replace(new, kept)
"""


def _whole_renames(scratch: Path) -> Finding:
    """A reader must find the old text or the new one while another process replaces it: never none, never a part."""
    kept = scratch / "kept"
    kept.write_bytes(b"A" * 100_000)
    reads = wrong = 0
    with subprocess.Popen([sys.executable, "-c", _REPLACE, str(kept), str(RENAMES)]) as other:
        while other.poll() is None:
            reads += 1
            try:
                data = kept.read_bytes()
            except OSError:
                wrong += 1
                continue
            wrong += len(data) != 100_000 or len(set(data)) != 1
    text = f"{wrong} of {reads} reads found no file or a part of one while it was replaced"
    return Finding("renames in one step", wrong == 0 and other.returncode == 0, text, cure=LOCAL)


_LOCK = """
import fcntl, sys
file = open(sys.argv[1], "w")
try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("refused", flush=True)
else:
    print("taken", flush=True)
    sys.stdin.read()
"""


def _locks(scratch: Path) -> Finding:
    """A second process is kept out, and a killed one keeps nobody out."""
    path = scratch / "lock"
    with path.open("w") as ours:
        fcntl.flock(ours, fcntl.LOCK_EX)
        with _locker(path) as second:
            kept_out = _said(second) == "refused"
            second.kill()
        fcntl.flock(ours, fcntl.LOCK_UN)
        with _locker(path) as third:
            taken = _said(third) == "taken"
            third.kill()
            third.wait()
        fcntl.flock(ours, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if not kept_out:
        return Finding("locks", False, "a second writer would not be noticed", cure=LOCAL)
    return Finding("locks", taken, "a second writer is kept out, a killed one lets go", cure=LOCAL)


def _locker(path: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _LOCK, str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _said(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode().strip()


def _exclusive_files(scratch: Path) -> Finding:
    path = scratch / "mine"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return Finding("exclusive files", True, "a name is given once")
    return Finding("exclusive files", False, "two processes may create the same file", cure=LOCAL)


def _writes_in_place(scratch: Path) -> Finding:
    """Eight bytes in the middle of a file, synced, seen through another descriptor; the rest stays."""
    path = scratch / "column"
    _write_synced(path, bytes(1 << 16))
    fd = os.open(path, os.O_WRONLY)
    try:
        os.pwrite(fd, b"12345678", 4096)
        os.fdatasync(fd)
    finally:
        os.close(fd)
    data = path.read_bytes()
    good = data[4096:4104] == b"12345678" and data.count(0) == (1 << 16) - 8
    return Finding(
        "writes in place", good, "what is around them stays" if good else "harm their neighbours", cure=LOCAL
    )


def _sparse_files(scratch: Path) -> Finding:
    """Holes read as zeros; where they take room all the same, it only costs space."""
    path = scratch / "holes"
    fd = os.open(path, os.O_CREAT | os.O_RDWR)
    try:
        os.pwrite(fd, b"end", 8 << 20)
        os.fsync(fd)
        zeros = os.pread(fd, 4096, 4 << 20) == bytes(4096) and os.fstat(fd).st_size == (8 << 20) + 3
        taken = os.fstat(fd).st_blocks * 512
    finally:
        os.close(fd)
    if not zeros:
        return Finding("sparse files", False, "holes do not read as zeros", cure=LOCAL)
    return Finding("sparse files", taken < 1 << 20, f"8 MB of nothing take {taken / 1e6:.2f} MB", optional=True)


def _hard_links(scratch: Path) -> Finding:
    (scratch / "one").write_bytes(b"commit")
    try:
        os.link(scratch / "one", scratch / "two")
    except OSError:
        return Finding("hard links", False, "none: each commit copies the one before", optional=True)
    return Finding("hard links", True, "the commit before stays at no cost")


def _durable_writing(scratch: Path) -> Finding:
    block = os.urandom(SAMPLE_BYTES)
    began = time.perf_counter()
    for k in range(SAMPLES):
        _write_synced(scratch / str(k), block)
    rate = SAMPLES * SAMPLE_BYTES / (time.perf_counter() - began) / 1e6
    text = f"{rate:.0f} MB/s, {rate / (SAMPLE_BYTES / 1e6):.0f} raw frames/s of 4 × 1024² (50 MB/s or more)"
    cure = "take another disk, smaller frames, or keep fewer products"
    return Finding("durable writing", rate > LEAST_RATE, text, cure=cure)


CHECKS = (
    _synced_files,
    _durable_renames,
    _whole_renames,
    _locks,
    _exclusive_files,
    _writes_in_place,
    _sparse_files,
    _hard_links,
    _durable_writing,
)


def _write_synced(path: Path, data: bytes) -> None:
    fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    try:
        os.write(fd, data)
        os.fsync(fd)
    finally:
        os.close(fd)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
