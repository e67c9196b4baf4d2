"""One stage as a child process: started with a log of its own, looked at, signalled, its last error read."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from eclips4d.core.bounded_file import MOST_BYTES
from eclips4d.core.errors import EclipsError
from eclips4d.pipeline.heartbeat import last_beat
from eclips4d.pipeline.lifecycle import Seen

HEEDED = {signal.SIGINT, signal.SIGTERM}
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    "MALLOC_TOP_PAD_": str(16 << 20),
    "MALLOC_ARENA_MAX": "2",
}


class _Failure(msgspec.Struct):
    line: str
    exit_code: int


class ReportedError(EclipsError, RuntimeError):
    """An error that a stage process ended with, as it worded it."""

    def __init__(self, line: str, exit_code: int) -> None:
        super().__init__(line)
        self.exit_code = exit_code


@dataclass(slots=True)
class StageProcess:
    """A child process that runs one stage; `folder` is where it leaves heartbeats and its last error, `log_dir` where
    its last words go.
    """

    name: str
    folder: Path
    process: subprocess.Popen[bytes]
    started: float
    log_dir: Path | None = None

    @classmethod
    def start(cls, name: str, config_file: Path, log_dir: Path | None) -> StageProcess:
        """Start it in a session of its own: Ctrl-C reaches the supervisor alone, which then stops the source first."""
        folder = config_file.parent
        error_file(folder, name).unlink(missing_ok=True)
        command = [sys.executable, "-m", "eclips4d.pipeline.stage", name, "--config", str(config_file)]
        # What is signalled before a stage listens waits until it does.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, HEEDED)
        try:
            with open_log(log_dir, name) as log:
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stderr=log, start_new_session=True, env=stage_environment()
                )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return cls(name, folder, process, time.monotonic(), log_dir)

    @property
    def pid(self) -> int:
        """Its number."""
        return self.process.pid

    @property
    def ended(self) -> bool:
        """The process is gone."""
        return self.process.poll() is not None

    def look(self) -> Seen:
        """How it is now; what it has said is kept short meanwhile."""
        if self.log_dir is not None:
            shorten(stderr_file(self.log_dir, self.name))
        heard = last_beat(self.folder, self.name, self.process.pid)
        code = self.process.poll()
        if heard is None:
            return Seen(code, time.monotonic() - self.started)
        return Seen(code, *heard)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it is still there."""
        if not self.ended:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)

    def last_error(self) -> ReportedError | None:
        """What it said before it ended, if it ended with an error of its own."""
        try:
            failure = msgspec.json.decode(error_file(self.folder, self.name).read_bytes(), type=_Failure)
        except (OSError, msgspec.MsgspecError):
            return None
        return ReportedError(failure.line, failure.exit_code)


def error_file(folder: Path, name: str) -> Path:
    """Where a stage leaves the error that ended it."""
    return folder / f"{name}.error"


def leave_error(folder: Path, name: str, error: EclipsError) -> None:
    """Write the error where the supervisor looks for it."""
    error_file(folder, name).write_bytes(msgspec.json.encode(_Failure(str(error), error.exit_code)))


def open_log(folder: Path | None, name: str) -> BinaryIO:
    """Where a stage's last words go, should it die of something nobody thought of."""
    return stderr_file(folder, name).open("ab") if folder else Path(os.devnull).open("ab")


def stderr_file(folder: Path, name: str) -> Path:
    """The file of `open_log`."""
    return folder / f"{name}.stderr"


def shorten(file: Path, most_bytes: int = MOST_BYTES) -> None:
    """Put what a stage has said aside as `NAME.stderr.1` once it is long; the stage goes on in the same file.

    It appends, so that it goes on at the beginning of what is empty again. A line said meanwhile may be lost.
    """
    with suppress(OSError):  # a log must not end what it tells of
        if file.stat().st_size > most_bytes:
            shutil.copyfile(file, file.with_name(f"{file.name}.1"))
            os.truncate(file, 0)


def stage_environment() -> dict[str, str]:
    """Environment of a stage; what the user has set stands.

    The stages share the cores, so no library in them starts a thread per core. And every frame takes the same buffers:
    glibc would give each back to the kernel and fault it in again, page by page, for the next frame (decision 0062).
    """
    return {**dict.fromkeys(ONE_THREAD, "1"), **KEEP_MEMORY, **os.environ}
