"""Stage processes that one process watches over: started, looked at, started again, signalled, waited for."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from structlog.typing import FilteringBoundLogger

from eclips4d.pipeline.lifecycle import Lifecycle, Order, State
from eclips4d.pipeline.process import ReportedError, StageProcess

GRACE_S = 5.0


@dataclass(slots=True)
class Stage:
    """One stage: its process of now, and its life so far."""

    process: StageProcess
    life: Lifecycle
    error: ReportedError | None = None
    """What its last process ended with."""


class Crew:
    """The stages of a run, or those that one host has of it.

    Parameters
    ----------
    file_of : callable
        Path of the configuration that a stage of this name reads.
    patience_s : float
        A stage that says nothing is borne for so long, see `lifecycle`.
    log_dir : Path, optional
        Where the stages' last words go.
    log : FilteringBoundLogger
    """

    def __init__(
        self, file_of: Callable[[str], Path], patience_s: float, log_dir: Path | None, log: FilteringBoundLogger
    ) -> None:
        self._file_of, self._patience_s, self._log_dir, self._log = file_of, patience_s, log_dir, log
        self.stages: dict[str, Stage] = {}
        self._tick = Event()

    def start(self, name: str) -> StageProcess:
        """Start a stage, or start it again."""
        process = StageProcess.start(name, self._file_of(name), self._log_dir)
        known = self.stages.get(name)
        self.stages[name] = Stage(process, known.life if known else Lifecycle(name, self._patience_s))
        self._log.info("started", stage_name=name, pid=process.pid)
        return process

    def look(self, start: Callable[[str], object], over: Callable[[Stage], bool]) -> Iterator[tuple[Stage, State]]:
        """Look at every stage, and kill or start what needs it; yields those that have changed, and what they were.

        Parameters
        ----------
        start
            Called with the name of a stage that is to be started again.
        over
            Whether one that is gone is not missed.
        """
        for name, stage in list(self.stages.items()):
            before = stage.life.state
            order = stage.life.step(time.monotonic(), stage.process.look(), over=over(stage))
            if order is Order.KILL:
                stage.process.signal(signal.SIGKILL)
            elif order is Order.START:
                start(name)
            if stage.life.state is not before:
                self._log.info("stage", stage_name=name, state=str(stage.life.state), why=stage.life.why)
                if stage.life.state in (State.RESTARTING, State.GIVEN_UP):
                    stage.error = stage.process.last_error() or stage.error
                yield stage, before

    def signal(self, names: Iterable[str], number: signal.Signals) -> None:
        """Signal those of these names that are there."""
        for name in names:
            stage = self.stages.get(name)
            if stage is not None:
                stage.process.signal(number)

    @property
    def all_ended(self) -> bool:
        """No process is left."""
        return all(stage.process.ended for stage in self.stages.values())

    def wait(self, seconds: float) -> None:
        """Until all have ended, or for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.all_ended:
            self.pause(0.02)

    def pause(self, seconds: float) -> None:
        """Let them go on for so long."""
        self._tick.wait(seconds)

    def stop_all(self) -> None:
        """End all that are still there, gently first."""
        self.wait(0.5)
        self.signal(list(self.stages), signal.SIGTERM)
        self.wait(GRACE_S)
        self.signal(list(self.stages), signal.SIGKILL)
        for stage in self.stages.values():
            stage.process.process.wait()
