"""The mirror beside a run: a process of its own, behind all others, begun again however it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import psutil

from eclips4d.storage.folder import ROOT

BEHIND_ALL = 10
"""How far its process is behind those of the run; further than the window's, which somebody looks at."""
FIRST_S, MOST_S = 1.0, 30.0
"""Between the end of one and the begin of the next; twice as long each time."""
LONG_S = 60.0
"""One that lasted so long has done its work: its end is the first one again."""
PARENT_EVERY_S = 0.2


class MirrorBeside:
    """`eclips4d mirror --follow` on a store that is being written, from its first commit on; `close` it.

    Parameters
    ----------
    store : Path
        It need not be there yet.
    place : str
        `s3://BUCKET/NAME.zarr`.
    say : callable
        Tells people in one line.
    """

    def __init__(self, store: Path, place: str, say: Callable[[str], None]) -> None:
        self._store, self._place, self._say = store, place, say
        self._command = [sys.executable, "-m", "eclips4d.pipeline", "mirror", str(store), place, "--follow"]
        self._command += ["--parent", str(os.getpid())]
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._heard, self._last = 0, ""
        self._process: subprocess.Popen[bytes] | None = None
        self._stamp = (0, 0)
        self._began = self._next = 0.0
        self._pause = FIRST_S

    @property
    def pid(self) -> int | None:
        """Of its process."""
        return None if self._process is None else self._process.pid

    def look(self) -> None:
        """To be called often: begins, passes on what it says, begins again."""
        if self._process is not None:
            code = self._process.poll()  # before what it has said is read: nothing comes afterwards
            for line in self._new_lines():
                self._last = line
                if line.startswith(self._place):
                    self._say(line)
            if code is None:
                return
            self._ended(code)
        if self._process is None and time.monotonic() >= self._next and self._is_new():
            self._begin()

    def close(self) -> None:
        """End it where it is: whoever mirrors next goes on from what the bucket holds."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _begin(self) -> None:
        self._stamp, self._began, self._last = self._now(), time.monotonic(), ""
        if self._folder is None:
            self._folder, self._heard = tempfile.TemporaryDirectory(prefix="eclips4d-mirror-"), 0
        with self._told.open("ab") as told:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=told, stderr=told, start_new_session=True
            )
        with contextlib.suppress(psutil.Error):
            psutil.Process(self._process.pid).nice(BEHIND_ALL)

    def _ended(self, code: int) -> None:
        self._process = None
        if code == 0:  # a continued run had not told yet that it goes on
            return
        self._stamp = (0, 0)
        if time.monotonic() - self._began > LONG_S:
            self._pause = FIRST_S
        self._next, self._pause = time.monotonic() + self._pause, min(MOST_S, 2 * self._pause)
        last = self._last.removeprefix("eclips4d: ").removeprefix(f"{self._place}: ")
        why = f"its process was ended by signal {-code}" if code < 0 else last or "it said nothing"
        self._say(f"{self._place}: its mirror is begun again: {why}")

    @property
    def _told(self) -> Path:
        """What it says, for this process to read; a pipe that nobody reads for long would stop it."""
        assert self._folder is not None
        return Path(self._folder.name) / "told"

    def _new_lines(self) -> Iterator[str]:
        with self._told.open("rb") as told:
            told.seek(self._heard)
            for line in told:
                if line.endswith(b"\n"):
                    self._heard += len(line)
                    yield line.decode(errors="replace").strip()

    def _is_new(self) -> bool:
        return self._now() not in ((0, 0), self._stamp)

    def _now(self) -> tuple[int, int]:
        with contextlib.suppress(FileNotFoundError):
            status = (self._store / ROOT).stat()
            return status.st_ino, status.st_mtime_ns
        return 0, 0


def end_with(parent: int) -> None:
    """Let this process end with its parent, at once and whatever it is doing."""

    def watch() -> None:
        pause = Event()
        while os.getppid() == parent:
            pause.wait(PARENT_EVERY_S)
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=watch, daemon=True, name="parent").start()
