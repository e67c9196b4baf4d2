"""Runs one host's share of a run: starts its stages, restarts what dies or hangs, tells the store's owner of them.

Hosts are equals: each may be started, stopped and started again at any time, and waits for the others. The run ends
for all of them when storage says that it is complete.
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
from eclips4d.core.pulse import Pulse
from eclips4d.pipeline.beginning import let_begin
from eclips4d.pipeline.config import RunConfig, to_toml
from eclips4d.pipeline.crew import GRACE_S, Crew, Stage
from eclips4d.pipeline.hosts.reach import why_silent
from eclips4d.pipeline.hosts.share import WATCH, Share
from eclips4d.pipeline.interrupting import answering
from eclips4d.pipeline.lifecycle import State
from eclips4d.pipeline.ports import LAST_WORD_MS, PeerPort, newest_notice, subscriber
from eclips4d.pipeline.security.keyring import hub_key
from eclips4d.pipeline.telling import ROLE, Telling

TICK_MS = 100
SILENT_EVERY_S = 30.0
"""So often it is said why nothing is heard of storage."""
ALL_CAME = "; the source had ended: if the run is complete there, end this by Ctrl-C"
ESSENTIAL = ("storage", "acquisition")
UNUSABLE = 2
"""Exit code of what does not get better by itself."""


class HostWatch:
    """The processes of one host.

    Parameters
    ----------
    share : Share
        With a folder, where the stages' configurations are written.
    on_notice, on_change, say
        Told how the run is, what has become of a stage, and why nothing is heard of storage.

    Attributes
    ----------
    pulse
        Of its loop, for systemd.
    """

    def __init__(
        self,
        share: Share,
        on_notice: Callable[[Notice], None],
        on_change: Callable[[Stage], None],
        say: Callable[[str], None],
    ) -> None:
        assert share.folder is not None
        self.share, self.folder = share, share.folder
        self.config = share.config_of(WATCH)
        self._on_notice, self._on_change, self._say = on_notice, on_change, say
        for name in share.names:
            self._file_of(name).write_text(to_toml(share.config_of(name)), encoding="utf-8")
        self.crew = Crew(self._file_of, self.config.patience_s, self.config.log_dir, _log_of(self.config, share.host))
        self.pulse = Pulse()
        self.interrupts = 0
        self._ended = self._source_ended = False
        self._next_why_s: float | None = None

    def run(self) -> int:
        """Until the run is complete; returns the exit code 0, or 130 after Ctrl-C.

        Raises
        ------
        ReportedError
            A stage ended with an error that will not go away by itself.
        StageDiedError
            A stage died again and again.
        InputError
            Storage is of another version.
        PeerTimeoutError
            Storage does not allow this host's key.
        """
        key = hub_key(self.config)
        with zmq.Context() as context, answering(self._interrupted):
            notices = subscriber(context, self.config.endpoints.notices, key)
            hub = PeerPort(context, self.config.endpoints.hub, supervisor_name(self.share.host), key)
            telling = Telling(hub)
            self.pulse.ready()
            try:
                let_begin(self.folder)
                for name in self.share.names:
                    self._start(name)
                while not self._is_over(telling):
                    self.pulse.tick()
                    notices.poll(TICK_MS)
                    self._hear(notices)
                    self._look()
                    telling.tell(self.crew)
                    self._say_why_silent(hub)
                self._hear(notices)
                self.crew.signal(["windows"], signal.SIGTERM)
                self.crew.wait(0.0 if self.interrupts else GRACE_S)
            finally:
                telling.leave()
                hub.close(LAST_WORD_MS)
                notices.close(linger=0)
                self.crew.stop_all()
        return 130 if self.interrupts else 0

    def _file_of(self, stage: str) -> Path:
        return self.folder / f"{stage}.toml"

    def _start(self, name: str) -> None:
        process = self.crew.start(name)
        if self.interrupts:
            process.signal(signal.SIGTERM)

    def _is_over(self, telling: Telling) -> bool:
        states = [stage.life.state for name, stage in self.crew.stages.items() if name != "windows"]
        over = self._ended or telling.is_over
        if over and "storage" in self.crew.stages:  # it stays until all hosts have heard of it
            over = self.crew.stages["storage"].life.state is State.ENDED
        return over or self.interrupts > 1 or all(state is State.ENDED for state in states)

    def _hear(self, notices: zmq.Socket[bytes]) -> None:
        received = newest_notice(notices)
        if received is not None and isinstance(received.body, Notice):
            self._ended, self._source_ended = received.body.ended, received.body.source_ended
            self._on_notice(received.body)

    def _look(self) -> None:
        for stage, _ in self.crew.look(self._start, self._is_not_missed):
            self._on_change(stage)
            self._raise_what_stays(stage)

    def _is_not_missed(self, stage: Stage) -> bool:
        """It has ended as it should: its run is over, or it was told to."""
        return bool(self.interrupts) or self._ended or stage.process.process.poll() == 0

    def _raise_what_stays(self, stage: Stage) -> None:
        error = stage.error
        if error is not None and (error.exit_code == UNUSABLE or stage.life.name in ESSENTIAL):
            raise error
        if stage.life.state is State.GIVEN_UP:
            last = f": {error}" if error is not None else ""
            cure = f"see the log in {self.config.log_dir}; the same command goes on from here"
            raise StageDiedError(f"{stage.life}{last}", where=f"host {self.share.host}", cure=cure)

    def _say_why_silent(self, hub: PeerPort) -> None:
        if "storage" in self.crew.stages:
            return
        if not hub.silence:
            if self._next_why_s is not None:
                self._say(f"{hub.address}: storage is heard again")
            self._next_why_s = None
        elif self._next_why_s is None or time.monotonic() > self._next_why_s:
            why = why_silent(hub.address, self.config.keys.hub if self.config.keys else None)
            self._say(f"{why}{ALL_CAME if self._source_ended else ''}")
            self._next_why_s = time.monotonic() + SILENT_EVERY_S

    def _interrupted(self) -> None:
        self.interrupts += 1
        first = self.interrupts == 1 and "acquisition" in self.crew.stages
        self.crew.signal(["acquisition"] if first else list(self.crew.stages), signal.SIGTERM)


def supervisor_name(host: str) -> str:
    """How storage knows the one who watches over a host."""
    return f"{ROLE}-{host.replace('-', '_')}"


def _log_of(config: RunConfig, host: str) -> FilteringBoundLogger:
    if config.log_dir is None:
        return get_logger()
    config.log_dir.mkdir(parents=True, exist_ok=True)
    return file_logger(config.log_dir / f"host-{host}.jsonl", stage=ROLE, run_id=config.run_id, level=config.log_level)
