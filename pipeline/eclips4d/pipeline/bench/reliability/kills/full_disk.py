"""A disk of a few megabytes that runs full under a run, whose stages are killed meanwhile; then there is room again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eclips4d.pipeline.bench.reliability.chain import STAGES, completed, running, until

DISK_BYTES = 64 << 20
LEFT_BYTES = 1 << 20


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A file system in memory, or None where one may not be mounted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        done = False
    try:
        yield folder if done else None
    finally:
        if done:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def filled_and_killed(recording: Path, disk: Path, victim: str) -> tuple[Path, int]:
    """Record until the disk is full, kill `victim`, make room, and run to the end.

    Returns
    -------
    Path
        The store.
    int
        Exit code of the last run.
    """
    store, ballast = disk / "run.zarr", disk / "ballast"
    with running(str(recording), store, "--speed", "realtime") as chain:
        until(lambda: chain.counts()[0] > 2 or chain.ended, "committed frame")
        _fill(ballast)
        until(lambda: _is_stuck(chain.store) or chain.ended, "full disk")
        chain.kill(victim)
        if victim in STAGES:
            until(lambda: chain.stage(victim) is not None or chain.ended, f"new {victim}")
        ballast.unlink()
        if victim in STAGES:
            chain.process.wait(300)
    return store, completed(str(recording), store)


def _fill(ballast: Path) -> None:
    with ballast.open("wb") as file:
        free = os.statvfs(ballast.parent)
        os.posix_fallocate(file.fileno(), 0, max(1, free.f_bavail * free.f_frsize - LEFT_BYTES))


def _is_stuck(store: Path) -> bool:
    events = store / "events.jsonl"
    waiting = events.exists() and "results wait" in events.read_text(encoding="utf-8")
    return waiting or _free(store) < LEFT_BYTES // 4


def _free(path: Path) -> int:
    state = os.statvfs(path.parent)
    return state.f_bavail * state.f_frsize
