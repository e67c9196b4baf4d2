"""Starts the stage processes of one run, restarts what dies or hangs, forwards Ctrl-C, and says how it went.

The stages talk to each other, not to the supervisor: it listens to notices, to heartbeats and to the ends of its
processes, and tells the store's owner what has become of each, for events and windows.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import FrameType

import zmq
from structlog.typing import FilteringBoundLogger

from eclips4d.core.errors import StageDiedError
from eclips4d.core.log import file_logger, get_logger
from eclips4d.core.messages import Hello, Notice, Stages, Who
from eclips4d.pipeline.beginning import let_begin
from eclips4d.pipeline.config import CONFIG_NAME, RunConfig, to_toml
from eclips4d.pipeline.lifecycle import MOST_DEATHS, Lifecycle, Order, State
from eclips4d.pipeline.ports import PeerPort, newest_notice, subscriber
from eclips4d.pipeline.process import ReportedError, StageProcess
from eclips4d.pipeline.security.keyring import hub_key

NAME = "supervisor"
ESSENTIAL = ("storage", "acquisition")
"""Without these there is no run; without the others frames are still recorded."""
GRACE_S = 5.0
WARM_UP_S = 90.0
TICK_MS = 100


@dataclass(slots=True)
class Stage:
    """One stage: its process of now, and its life so far."""

    process: StageProcess
    life: Lifecycle
    error: ReportedError | None = None
    """What its last process ended with."""


class Supervisor:
    """The processes of one run.

    Parameters
    ----------
    config : RunConfig
        Written to `folder` for the stages to read.
    folder : Path
        Private folder of this run: sockets, configuration, heartbeats, last errors.
    """

    def __init__(self, config: RunConfig, folder: Path) -> None:
        self.config, self.folder = config, folder
        self.config_file = folder / CONFIG_NAME
        self.config_file.write_text(to_toml(config), encoding="utf-8")
        self.stages: dict[str, Stage] = {}
        self.interrupts = 0
        self._tick = Event()
        self._told: dict[str, str] = {}
        self.notice: Notice | None = None
        self.log = _log_of(config)

    # -- the run ---------------------------------------------------------------------------------------------------

    def run(
        self,
        on_notice: Callable[[Notice], None] = lambda notice: None,
        on_change: Callable[[Lifecycle], None] = lambda life: None,
    ) -> int:
        """Run to the end; returns the exit code 0, or 130 after Ctrl-C.

        Parameters
        ----------
        on_notice
            Told how the run is.
        on_change
            Told when a stage becomes silent, is restarted, comes back or is given up.

        Raises
        ------
        ReportedError
            A stage that the run needs ended with an error of its own, or any before the source was started.
        StageDiedError
            A stage died again and again.
        """
        with zmq.Context() as context, self._interruptible():
            notices = subscriber(context, self.config.endpoints.notices, hub_key(self.config))
            hub = PeerPort(context, self.config.endpoints.hub, NAME, hub_key(self.config))
            try:
                for name in (*self._names(), "acquisition"):
                    self._start(name)
                self._await_warm()
                if self.interrupts:
                    return 130
                let_begin(self.folder)
                while not self._is_over():
                    notices.poll(TICK_MS)
                    self._noted(newest_notice(notices), on_notice)
                    self._check(on_change)
                    self._tell(hub)
                self._noted(newest_notice(notices), on_notice)
                self._wait(GRACE_S)
                self._raise_last_errors()
            finally:
                hub.close()
                notices.close(linger=0)
                self._stop_all()
        return 130 if self.interrupts else 0

    def _names(self) -> list[str]:
        inference = [] if self.config.record_only else [f"inference-{k}" for k in range(self.config.workers)]
        return ["storage", *([] if self.config.record_only else ["registration"]), *inference]

    def _await_warm(self) -> None:
        """Let no source begin before the stages are compiled and loaded; one that takes too long is not waited for.

        Raises
        ------
        ReportedError
            A stage ended with an error: better now than in the middle of an experiment.
        """
        until = time.monotonic() + WARM_UP_S
        cold = [self.folder / f"{name}.ready" for name in self._names() if name != "storage"]
        while not self.interrupts and time.monotonic() < until and not all(file.exists() for file in cold):
            for stage in self.stages.values():
                if stage.process.ended:
                    self._raise_last_error(stage)
                    return
            self._tick.wait(TICK_MS / 1000)

    def _is_over(self) -> bool:
        storage = self.stages["storage"]
        return not storage.life.may_come_back or (self.interrupts > 1 and storage.process.ended)

    def _noted(self, received: object, on_notice: Callable[[Notice], None]) -> None:
        body = getattr(received, "body", None)
        if isinstance(body, Notice):
            self.notice = body
            on_notice(body)

    # -- processes -------------------------------------------------------------------------------------------------

    def _start(self, name: str) -> None:
        process = StageProcess.start(name, self.config_file, self.config.log_dir)
        if self.interrupts:
            process.signal(signal.SIGTERM)
        known = self.stages.get(name)
        self.stages[name] = Stage(process, known.life if known else Lifecycle(name, self.config.patience_s))
        self.log.info("started", stage_name=name, pid=process.process.pid)

    def _check(self, on_change: Callable[[Lifecycle], None]) -> None:
        if self.interrupts > 1:
            return
        over = self.notice is not None and self.notice.ended
        for name, stage in list(self.stages.items()):
            before = stage.life.state
            order = stage.life.step(time.monotonic(), stage.process.look(), over=over)
            if order is Order.KILL:
                stage.process.signal(signal.SIGKILL)
            elif order is Order.START:
                self._start(name)
            if stage.life.state is not before:
                self._changed(stage, before)
                on_change(stage.life)
        self._stop_when_only_recording()

    def _changed(self, stage: Stage, before: State) -> None:
        self.log.info("stage", stage_name=stage.life.name, state=str(stage.life.state), why=stage.life.why)
        if stage.life.state not in (State.RESTARTING, State.GIVEN_UP):
            return
        stage.error = stage.process.last_error() or stage.error
        if stage.life.name not in ESSENTIAL:
            return
        # An error in its own words will not go away by itself; a death without a word may.
        self._raise_last_error(stage)
        if stage.life.state is State.GIVEN_UP:
            raise StageDiedError(
                f"died {MOST_DEATHS} times, the last time it was {stage.life.why}",
                where=f"stage {stage.life.name}",
                cure=f"{self._where_the_log_is()}; the same command goes on from here",
            )

    def _tell(self, hub: PeerPort) -> None:
        """Let the store's owner know of every stage, as soon as something changes and when it asks."""
        if self.stages["storage"].life.state is not State.WORKING:
            return
        known = bool(self._told)
        hub.keep_in_touch()
        while (received := hub.receive()) is not None:
            known = known and not isinstance(received.body, Who)
        if not known:
            hub.send(Hello(role=NAME, name=NAME, pid=os.getpid()))
        states = {name: str(stage.life.state) for name, stage in self.stages.items()}
        if states != self._told or not known:
            self._told = states
            whys = {name: stage.life.why for name, stage in self.stages.items() if stage.life.why}
            hub.send(Stages(states=states, whys=whys))

    def _stop_when_only_recording(self) -> None:
        """Without workers or registration the recording goes on to its end; then there is nothing to wait for.

        Raises
        ------
        ReportedError, StageDiedError
            Everything is recorded, and why there are no results.
        """
        lives = [stage.life for stage in self.stages.values() if stage.life.name not in ESSENTIAL]
        dead = [life.name for life in lives if life.state is State.GIVEN_UP]
        useless = "registration" in dead or len(dead) == len(lives) - 1
        now = self.notice
        if not (dead and useless and now is not None and now.source_ended and now.recorded == now.total):
            return
        recorded = f"all {now.recorded} frames are recorded"
        cure = f"{self._where_the_log_is()}, then run the same command again to complete the store"
        for name in dead:
            error = self.stages[name].error
            if error is not None:
                raise ReportedError(f"{name}: {error}; {recorded}; {cure}", error.exit_code)
        raise StageDiedError(
            f"{', '.join(dead)} died {MOST_DEATHS} times; {recorded}", where=str(self.config.out), cure=cure
        )

    def _where_the_log_is(self) -> str:
        return f"see the log in {self.config.log_dir}"

    def _raise_last_errors(self) -> None:
        for stage in self.stages.values():
            if stage.life.name in ESSENTIAL:
                self._raise_last_error(stage)

    def _raise_last_error(self, stage: Stage) -> None:
        error = stage.process.last_error()
        if error is not None:
            raise error

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
            if stage is not None:
                stage.process.signal(number)

    def _stop_all(self) -> None:
        self._wait(0.5)
        self._signal(list(self.stages), signal.SIGTERM)
        self._wait(GRACE_S)
        self._signal(list(self.stages), signal.SIGKILL)
        for stage in self.stages.values():
            stage.process.process.wait()

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not all(stage.process.ended for stage in self.stages.values()):
            self._tick.wait(0.02)


def _log_of(config: RunConfig) -> FilteringBoundLogger:
    """Beside the stages' logs: the terminal is the user's."""
    if config.log_dir is None:
        return get_logger()
    return file_logger(config.log_dir / f"{NAME}.jsonl", stage=NAME, run_id=config.run_id, level=config.log_level)
