"""Findings about this machine: processor, libraries, window system, engines, and the file system of a folder."""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from eclips4d.inference.engines.choose import described
from eclips4d.pipeline.window import can_show

SAMPLE_BYTES = 8 << 20
SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; an optional one may be missing."""

    name: str
    good: bool
    text: str
    optional: bool = False


def checkup(folder: Path) -> list[Finding]:
    """All findings; files are only written below `folder` and removed again."""
    return [_python(), _machine(), *_libraries(), _window(), *_engines(), _space(folder), *_file_system(folder)]


def _python() -> Finding:
    good = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding("Python", good, f"{platform.python_version()} on {platform.system()} (3.11 to 3.13 are supported)")


def _machine() -> Finding:
    cores, memory = len(os.sched_getaffinity(0)), psutil.virtual_memory().total / 2**30
    return Finding("machine", cores >= 2, f"{cores} cores, {memory:.1f} GiB of memory (two cores or more)")


def _libraries() -> list[Finding]:
    needed = ("numpy", "scipy", "numba", "pyzmq", "zarr", "tensorstore", "xarray")
    optional = ("pyqtgraph", "PySide6-Essentials")
    return [_library(name, False) for name in needed] + [_library(name, True) for name in optional]


def _library(name: str, optional: bool) -> Finding:
    try:
        return Finding(name, True, version(name), optional)
    except PackageNotFoundError:
        return Finding(name, False, "not installed", optional)


def _window() -> Finding:
    if can_show():
        return Finding("window", True, "there is a display", True)
    return Finding("window", False, "no display, or no [viewer] extra: headless only", True)


def _engines() -> list[Finding]:
    """What runs networks here; one is enough, and OpenVINO runs everywhere."""
    return [
        Finding(f"engine {name}", usable, text, optional=name != "openvino")
        for name, (usable, text) in described().items()
    ]


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    return Finding("disk", free > 10 << 30, f"{free / 1e9:.1f} GB free in {folder.resolve()} (10 GB or more)")


def _file_system(folder: Path) -> list[Finding]:
    try:
        with tempfile.TemporaryDirectory(prefix=".eclips4d-doctor-", dir=folder) as scratch:
            return [_durable_rename(Path(scratch)), _lock(Path(scratch)), _writing(Path(scratch))]
    except OSError as error:
        return [Finding("file system", False, f"cannot be written: {error.strerror}")]


def _durable_rename(scratch: Path) -> Finding:
    started = time.perf_counter()
    for i in range(SAMPLES):
        _write_synced(scratch / "new", str(i).encode())
        (scratch / "new").replace(scratch / "kept")
        descriptor = os.open(scratch, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    spent = (time.perf_counter() - started) / SAMPLES * 1e3
    good = (scratch / "kept").read_bytes() == str(SAMPLES - 1).encode()
    return Finding("durable rename", good, f"{spent:.1f} ms per commit")


def _lock(scratch: Path) -> Finding:
    with (scratch / "lock").open("w") as first, (scratch / "lock").open("w") as second:
        fcntl.flock(first, fcntl.LOCK_EX)
        try:
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return Finding("locks", True, "a second writer is kept out")
    return Finding("locks", False, "a second writer would not be noticed: use a local disk")


def _writing(scratch: Path) -> Finding:
    block = os.urandom(SAMPLE_BYTES)
    started = time.perf_counter()
    for i in range(SAMPLES):
        _write_synced(scratch / str(i), block)
    rate = SAMPLES * SAMPLE_BYTES / (time.perf_counter() - started) / 1e6
    frames = rate / (SAMPLE_BYTES / 1e6)
    return Finding(
        "durable writing", rate > 50, f"{rate:.0f} MB/s, {frames:.0f} raw frames/s of 4 × 1024² (50 MB/s or more)"
    )


def _write_synced(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    try:
        os.write(descriptor, data)
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)
