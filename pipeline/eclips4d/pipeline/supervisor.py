"""Starts the stage processes of one run, restarts what dies or hangs, forwards Ctrl-C, and says how it went.

The stages talk to each other, not to the supervisor: it listens to notices, to heartbeats and to the ends of its
processes, and tells the store's owner what has become of each, for events and windows.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import zmq
from structlog.typing import FilteringBoundLogger

from eclips4d.core.errors import StageDiedError
from eclips4d.core.log import file_logger, get_logger
from eclips4d.core.messages import Notice
from eclips4d.pipeline.beginning import let_begin
from eclips4d.pipeline.config import CONFIG_NAME, RunConfig, to_toml
from eclips4d.pipeline.crew import GRACE_S, Crew, Stage
from eclips4d.pipeline.interrupting import answering
from eclips4d.pipeline.lifecycle import MOST_DEATHS, Lifecycle, State
from eclips4d.pipeline.ports import PeerPort, newest_notice, subscriber
from eclips4d.pipeline.process import ReportedError
from eclips4d.pipeline.security.keyring import hub_key
from eclips4d.pipeline.telling import ROLE, Telling

NAME = ROLE
ESSENTIAL = ("storage", "acquisition")
"""Without these there is no run; without the others frames are still recorded."""
WARM_UP_S = 90.0
TICK_MS = 100


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
        self.interrupts = 0
        self.notice: Notice | None = None
        self.crew = Crew(lambda _: self.config_file, config.patience_s, config.log_dir, _log_of(config))
        self.stages = self.crew.stages

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
        with zmq.Context() as context, answering(self._interrupted):
            notices = subscriber(context, self.config.endpoints.notices, hub_key(self.config))
            hub = PeerPort(context, self.config.endpoints.hub, NAME, hub_key(self.config))
            telling = Telling(hub)
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
                    if self.stages["storage"].life.state in (State.WORKING, State.SILENT):
                        telling.tell(self.crew)
                self._noted(newest_notice(notices), on_notice)
                self.crew.wait(GRACE_S)
                self._raise_last_errors()
            finally:
                hub.close()
                notices.close(linger=0)
                self.crew.stop_all()
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
            self.crew.pause(TICK_MS / 1000)

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
        process = self.crew.start(name)
        if self.interrupts:
            process.signal(signal.SIGTERM)

    def _check(self, on_change: Callable[[Lifecycle], None]) -> None:
        if self.interrupts > 1:
            return
        over = self.notice is not None and self.notice.ended
        for stage, _ in self.crew.look(self._start, lambda _: over):
            self._changed(stage)
            on_change(stage.life)
        self._stop_when_only_recording()

    def _changed(self, stage: Stage) -> None:
        if stage.life.state not in (State.RESTARTING, State.GIVEN_UP) or stage.life.name not in ESSENTIAL:
            return
        # An error in its own words will not go away by itself; a death without a word may.
        self._raise_last_error(stage)
        if stage.life.state is State.GIVEN_UP:
            raise StageDiedError(
                f"died {MOST_DEATHS} times, the last time it was {stage.life.why}",
                where=f"stage {stage.life.name}",
                cure=f"{self._where_the_log_is()}; the same command goes on from here",
            )

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

    def _interrupted(self) -> None:
        self.interrupts += 1
        self.crew.signal(["acquisition"] if self.interrupts == 1 else list(self.stages), signal.SIGTERM)


def _log_of(config: RunConfig) -> FilteringBoundLogger:
    """Beside the stages' logs: the terminal is the user's."""
    if config.log_dir is None:
        return get_logger()
    return file_logger(config.log_dir / f"{NAME}.jsonl", stage=NAME, run_id=config.run_id, level=config.log_level)
