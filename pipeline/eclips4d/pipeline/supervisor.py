"""Starts the stage processes of one run, restarts what dies, forwards Ctrl-C, and says how it went.

The stages talk to each other, not to the supervisor: it only listens to notices and to the ends of its processes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from types import FrameType
from typing import BinaryIO

import msgspec
import zmq

from eclips4d.core.errors import EclipsError, StageDiedError
from eclips4d.core.log import get_logger
from eclips4d.core.messages import Notice
from eclips4d.pipeline.config import CONFIG_NAME, RunConfig, to_toml
from eclips4d.pipeline.ports import newest_notice, subscriber

HEEDED = {signal.SIGINT, signal.SIGTERM}
MOST_DEATHS = 5
WITHIN_S = 60.0
GRACE_S = 5.0
WARM_UP_S = 90.0
TICK_MS = 100


class _Failure(msgspec.Struct):
    line: str
    exit_code: int


class ReportedError(EclipsError, RuntimeError):
    """An error that a stage process ended with, as it worded it."""

    def __init__(self, line: str, exit_code: int) -> None:
        super().__init__(line)
        self.exit_code = exit_code


@dataclass(slots=True)
class Stage:
    """One stage process and its history."""

    name: str
    process: subprocess.Popen[bytes]
    deaths: list[float] = field(default_factory=list)
    restart_at: float | None = None
    given_up: bool = False

    @property
    def ended(self) -> bool:
        """The process is gone."""
        return self.process.poll() is not None


class Supervisor:
    """The processes of one run.

    Parameters
    ----------
    config : RunConfig
        Written to `folder` for the stages to read.
    folder : Path
        Private folder of this run: sockets, configuration, last errors.
    """

    def __init__(self, config: RunConfig, folder: Path) -> None:
        self.config, self.folder = config, folder
        self.config_file = folder / CONFIG_NAME
        self.config_file.write_text(to_toml(config), encoding="utf-8")
        self.stages: dict[str, Stage] = {}
        self.interrupts = 0
        self._tick = Event()
        self.notice: Notice | None = None
        self.log = get_logger()

    # -- the run ---------------------------------------------------------------------------------------------------

    def run(self, on_notice: Callable[[Notice], None] = lambda notice: None) -> int:
        """Run to the end; returns the exit code 0, or 130 after Ctrl-C.

        Raises
        ------
        ReportedError
            A stage ended with an error of its own.
        StageDiedError
            A stage died again and again.
        """
        with zmq.Context() as context, self._interruptible():
            notices = subscriber(context, self.config.endpoints.notices)
            try:
                for name in self._names():
                    self._start(name)
                self._await_warm()
                if self.interrupts:
                    return 130
                self._start("acquisition")
                while not self.stages["storage"].ended or self._will_restart("storage"):
                    if notices.poll(TICK_MS):
                        self._noted(newest_notice(notices), on_notice)
                    self._check()
                self._noted(newest_notice(notices), on_notice)
                self._wait(GRACE_S)
                for name in self.stages:
                    self._raise_reported(name)
            finally:
                notices.close(linger=0)
                self._stop_all()
        return 130 if self.interrupts else 0

    def _names(self) -> list[str]:
        inference = [] if self.config.record_only else [f"inference-{k}" for k in range(self.config.workers)]
        return ["storage", *([] if self.config.record_only else ["registration"]), *inference]

    def _await_warm(self) -> None:
        """Start no source before the stages are compiled and loaded; one that takes too long is not waited for."""
        until = time.monotonic() + WARM_UP_S
        cold = [self.folder / f"{name}.ready" for name in self._names() if name != "storage"]
        while not self.interrupts and time.monotonic() < until and not all(file.exists() for file in cold):
            if any(stage.ended for stage in self.stages.values()):
                return
            self._tick.wait(TICK_MS / 1000)

    def _noted(self, received: object, on_notice: Callable[[Notice], None]) -> None:
        body = getattr(received, "body", None)
        if isinstance(body, Notice):
            self.notice = body
            on_notice(body)

    # -- processes -------------------------------------------------------------------------------------------------

    def _start(self, name: str) -> None:
        command = [sys.executable, "-m", "eclips4d.pipeline.stage", name, "--config", str(self.config_file)]
        # Their own session: Ctrl-C reaches the supervisor alone, which then stops the source first. What is signalled
        # before a stage listens waits until it does.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, HEEDED)
        try:
            with open_log(self.config.log_dir, name) as log:
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stderr=log, start_new_session=True, env=stage_environment()
                )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if self.interrupts:
            process.send_signal(signal.SIGTERM)
        known = self.stages.get(name)
        self.stages[name] = Stage(name, process, known.deaths if known else [])
        self.log.info("started", stage_name=name, pid=process.pid)

    def _check(self) -> None:
        now = time.monotonic()
        for stage in list(self.stages.values()):
            if self.interrupts > 1:
                return
            if stage.restart_at is not None:
                if now >= stage.restart_at:
                    self._start(stage.name)
            elif stage.ended and not stage.given_up:
                self._ended(stage, now)
        self._stop_when_only_recording()

    def _ended(self, stage: Stage, now: float) -> None:
        code = stage.process.returncode
        if code == 0 or self.interrupts > 1:
            return
        self._raise_reported(stage.name)
        stage.deaths = [t for t in stage.deaths if now - t < WITHIN_S] + [now]
        if len(stage.deaths) >= MOST_DEATHS:
            stage.given_up = True
            if stage.name in ("storage", "acquisition"):
                raise StageDiedError(
                    f"died {MOST_DEATHS} times", where=f"stage {stage.name}", cure=self._where_the_log_is()
                )
            self.log.error("given up", stage_name=stage.name)
            return
        pause = min(5.0, 0.1 * 2 ** len(stage.deaths))
        stage.restart_at = now + pause
        self.log.warning("restarting", stage_name=stage.name, exit_code=code, pause_s=pause)

    def _will_restart(self, name: str) -> bool:
        stage = self.stages[name]
        if self.interrupts > 1:
            return False
        return stage.restart_at is not None or (stage.process.returncode not in (0, None) and not stage.given_up)

    def _stop_when_only_recording(self) -> None:
        """Without workers or registration the recording goes on to its end; then there is nothing to wait for."""
        processing = [s for s in self.stages.values() if s.name not in ("storage", "acquisition")]
        useless = any(s.given_up for s in processing if s.name == "registration") or (
            bool(processing) and all(s.given_up for s in processing if s.name != "registration")
        )
        now = self.notice
        if useless and now is not None and now.source_ended and now.recorded == now.total:
            dead = ", ".join(s.name for s in processing if s.given_up)
            recorded = now.recorded
            raise StageDiedError(
                f"{dead} died {MOST_DEATHS} times; all {recorded} frames are recorded",
                where=str(self.config.out),
                cure=f"{self._where_the_log_is()}, then run the same command again to complete the store",
            )

    def _where_the_log_is(self) -> str:
        return f"see the log in {self.config.log_dir}"

    def _raise_reported(self, name: str) -> None:
        file = self.folder / f"{name}.error"
        if file.exists():
            failure = msgspec.json.decode(file.read_bytes(), type=_Failure)
            raise ReportedError(failure.line, failure.exit_code)

    # -- stopping --------------------------------------------------------------------------------------------------

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        def interrupted(_number: int, _frame: FrameType | None) -> None:
            self.interrupts += 1
            self._signal(["acquisition"] if self.interrupts == 1 else list(self.stages), signal.SIGTERM)

        before = {number: signal.signal(number, interrupted) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _signal(self, names: list[str], number: signal.Signals) -> None:
        for name in names:
            stage = self.stages.get(name)
            if stage is not None and not stage.ended:
                stage.process.send_signal(number)

    def _stop_all(self) -> None:
        self._wait(0.5)
        self._signal(list(self.stages), signal.SIGTERM)
        self._wait(GRACE_S)
        self._signal(list(self.stages), signal.SIGKILL)
        for stage in self.stages.values():
            stage.process.wait()

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        for stage in self.stages.values():
            try:
                stage.process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                return


def open_log(folder: Path | None, name: str) -> BinaryIO:
    """Where a stage's last words go, should it die of something nobody thought of."""
    return (folder / f"{name}.stderr").open("ab") if folder else Path(os.devnull).open("ab")


ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    "MALLOC_TOP_PAD_": str(16 << 20),
    "MALLOC_ARENA_MAX": "2",
}


def stage_environment() -> dict[str, str]:
    """Environment of a stage; what the user has set stands.

    The stages share the cores, so no library in them starts a thread per core. And every frame takes the same buffers:
    glibc would give each back to the kernel and fault it in again, page by page, for the next frame (decision 0062).
    """
    return {**dict.fromkeys(ONE_THREAD, "1"), **KEEP_MEMORY, **os.environ}
