"""The storage stage: the one owner of the store, and with it of the state of every frame.

Acquisition, workers and registration each talk to it and to nothing else that must be remembered; when one of them
dies, what it had is handed out again. When the hub itself dies, the store says where to go on.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

import zmq

from eclips4d.core.errors import WireError
from eclips4d.core.log import get_logger
from eclips4d.core.messages import (
    Bye,
    End,
    Failed,
    FrameOffer,
    GapOffer,
    Held,
    Hello,
    Inverted,
    Message,
    Notice,
    Ready,
    Recall,
    RegisteredOffer,
    Remark,
    Skipped,
    Welcome,
    Who,
)
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.results import Status
from eclips4d.core.wire import Received, encode
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.desk import Desk
from eclips4d.pipeline.intake import Intake
from eclips4d.pipeline.journal import Journal
from eclips4d.pipeline.ledger import Ledger
from eclips4d.pipeline.peers import Peers
from eclips4d.pipeline.ports import HubPort, publisher
from eclips4d.pipeline.wake import Wake
from eclips4d.storage.writer import StoreWriter

VERSION = version("eclips4d")
ROLES = ("acquisition", "inference", "registration")
ROLE_OF = {
    FrameOffer: "acquisition",
    GapOffer: "acquisition",
    Remark: "acquisition",
    End: "acquisition",
    Ready: "inference",
    Inverted: "inference",
    Failed: "inference",
    RegisteredOffer: "registration",
    Held: "registration",
    Recall: "registration",
    Skipped: "registration",
}
"""Who may say what; anybody may say Beat."""
TICK_MS = 100
NOTICE_EVERY_S = 0.2
PROBE_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Run:
    """What there is once the source has introduced itself."""

    journal: Journal
    ledger: Ledger
    intake: Intake
    desk: Desk


class Hub:
    """The storage stage's event loop; everything happens in its one thread, only disk writes run beside it.

    Parameters
    ----------
    config : RunConfig
    context : zmq.Context
    metrics : StageMetrics, optional
    """

    def __init__(
        self, config: RunConfig, context: zmq.Context[zmq.Socket[bytes]], metrics: StageMetrics | None = None
    ) -> None:
        self.config = config
        self.metrics = metrics or StageMetrics("storage")
        self.port = HubPort(context, config.endpoints.hub)
        self.notices = publisher(context, config.endpoints.notices)
        self.peers = Peers(self.port)
        self.wake = Wake()
        self.active: Run | None = None
        self._last_notice = self._last_probe = 0.0
        self._gaps_noted = 0

    def run(self, keep_going: Callable[[], bool] = lambda: True) -> None:
        """Serve until the run is finished or `keep_going` says no."""
        poller = zmq.Poller()
        poller.register(self.port.socket, zmq.POLLIN)
        poller.register(self.wake.fd, zmq.POLLIN)
        while keep_going():
            poller.poll(TICK_MS)
            self.step()
            if self.active is not None and self.active.ledger.finished:
                self._finish(self.active)
                return

    def step(self) -> None:
        """Handle everything that has come in, hand out what can be, commit what is settled."""
        while (mail := self.port.receive()) is not None:
            try:
                self._handle(mail.sender, mail.message)
            except WireError as error:
                self.port.bad_messages += 1
                get_logger().warning("message dropped", sender=mail.sender.hex()[:32], error=str(error))
        self.wake.run()
        if self.active is not None:
            self._move_on(self.active)
        self._tick()

    def close(self) -> None:
        """Release sockets and the store's lock; what is not committed is made again by the next run."""
        self.port.close()
        self.notices.close(linger=200)
        if self.active is not None:
            self.active.desk.close()
            self.active.journal.writer.close()
        self.wake.close()

    def _move_on(self, run: Run) -> None:
        run.desk.defer()
        run.desk.dispatch()
        run.desk.end_waiting()
        run.desk.watch_progress()
        if run.journal.commit(committed=run.ledger.committed, recorded=run.ledger.recorded):
            run.intake.drop_ages()
        answer = run.intake.answer()
        if answer is not None:
            self.peers.send_role("acquisition", answer)
        if run.intake.rewind_to is not None:
            again = Welcome(
                run_id=run.journal.writer.run_id, next_sequence=run.intake.rewind_to, credits=run.intake.credits
            )
            self.peers.send_role("acquisition", again)
            run.intake.rewind_to = None

    def _finish(self, run: Run) -> None:
        assert run.ledger.total is not None
        run.journal.commit(committed=run.ledger.committed, recorded=run.ledger.recorded, force=True)
        run.journal.writer.finish(run.ledger.total)
        self._publish(run, ended=True)
        run.journal.event("run ended", total=run.ledger.total)
        for name in self.peers.names():
            self.peers.send(name, Bye(reason="the run is complete"))

    # -- messages --------------------------------------------------------------------------------------------------

    def _handle(self, sender: bytes, received: Received[Message]) -> None:
        body = received.body
        if isinstance(body, Hello):
            self._hello(sender, body)
        elif sender not in self.peers:
            self.peers.send(sender, Who())
        elif self.active is not None:
            self._handle_known(sender, received, self.active)

    def _handle_known(self, sender: bytes, received: Received[Message], run: Run) -> None:
        body = received.body
        role = ROLE_OF.get(type(body))
        if role is not None and role != self.peers[sender].hello.role:
            raise WireError(f"{type(body).__name__} from {self.peers[sender].hello.role}")
        match body:
            case FrameOffer():
                run.intake.frame(body, received.arrays)
            case GapOffer():
                run.intake.gap(body)
            case Remark():
                run.journal.event(body.what, **body.values)
            case End():
                run.ledger.total = body.total
                run.intake.count_duplicates(body.duplicates)
                get_logger().info("source ended", total=body.total, reason=body.reason)
                run.journal.event("source ended", total=body.total, reason=body.reason)
            case RegisteredOffer() | Skipped() | Held() | Recall():
                self._from_registration(sender, received, run.desk)
            case Ready() | Inverted() | Failed():
                self._from_worker(sender, body, run)
            case _:
                pass

    def _from_registration(self, sender: bytes, received: Received[Message], desk: Desk) -> None:
        match received.body:
            case RegisteredOffer() as offer:
                desk.registered(offer, received.arrays)
            case Skipped() as skipped:
                desk.skipped(skipped.sequence)
            case Held() as held:
                desk.held(held.sequence)
            case Recall() as recall:
                desk.recall(sender, recall.sequences)
            case _:
                pass

    def _from_worker(self, sender: bytes, body: Ready | Inverted | Failed, run: Run) -> None:
        self.peers[sender].credits += body.credits
        if isinstance(body, Inverted):
            run.ledger.inverted(body.sequence)
        elif isinstance(body, Failed):
            run.desk.quarantine(body.sequence, body.reason)

    # -- peers -----------------------------------------------------------------------------------------------------

    def _hello(self, sender: bytes, hello: Hello) -> None:
        if sender != hello.name.encode() or hello.role not in ROLES:
            raise WireError("a stage under another's name")
        known = self.peers.get(sender)
        if known is not None and known.hello.pid == hello.pid:
            return
        get_logger().info("hello", name=hello.name, role=hello.role, pid=hello.pid)
        self._lost(sender)
        self.peers.add(sender, hello)
        if self.active is None and hello.source is not None:
            self.active = open_run(
                self.config, Journal.open(self.config, hello.source, self.wake), self.peers, self.metrics
            )
        if self.active is not None:
            for name in self.peers.names():
                self._welcome(name, self.active)

    def _welcome(self, name: bytes, run: Run) -> None:
        peer = self.peers[name]
        if peer.welcomed:
            return
        peer.welcomed = True
        run_id = run.journal.writer.run_id
        if peer.hello.role == "acquisition":
            run.intake.expect(run.ledger.recorded)
            body = Welcome(run_id=run_id, next_sequence=run.ledger.recorded, credits=run.intake.credits)
            self.peers.send(name, body)
        elif peer.hello.role == "registration":
            run.desk.restart_registration(name)
        else:
            self.peers.send(name, Welcome(run_id=run_id, source=run.journal.source))

    def _lost(self, name: bytes) -> None:
        if self.active is not None:
            self.active.desk.stage_lost(name)
        else:
            self.peers.remove(name)

    # -- clock -----------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self._last_probe >= PROBE_EVERY_S:
            self._last_probe = now
            for name in self.peers.silent():
                self._lost(name)
        if self.active is not None and now - self._last_notice >= NOTICE_EVERY_S:
            self._last_notice = now
            self._publish(self.active)

    def _publish(self, run: Run, *, ended: bool = False) -> None:
        if run.intake.gaps > self._gaps_noted:
            run.journal.event("frames lost before they reached us", gaps=run.intake.gaps - self._gaps_noted)
            self._gaps_noted = run.intake.gaps
        lag = run.intake.lag()
        self.metrics.lag.set(lag)
        self.metrics.backlog.set(run.ledger.recorded - run.ledger.committed)
        notice = Notice(
            run_id=run.journal.writer.run_id,
            recorded=run.ledger.recorded,
            committed=run.ledger.committed,
            total=run.ledger.total if run.ledger.total is not None else run.journal.source.frames,
            frame_id=run.intake.newest[0],
            time_s=run.intake.newest[1],
            lag_s=lag,
            gaps=run.intake.gaps,
            duplicates=run.intake.duplicates,
            quarantined=run.desk.quarantined,
            deferred=len(run.ledger.deferred),
            disk_free_bytes=shutil.disk_usage(self.config.out).free,
            workers=len(self.peers.of_role("inference")),
            source_ended=run.ledger.total is not None,
            ended=ended,
        )
        self.notices.send_multipart(encode(notice))


def open_run(config: RunConfig, journal: Journal, peers: Peers, metrics: StageMetrics) -> Run:
    """Take up the run where its store is."""
    writer = journal.writer
    ledger = Ledger(
        committed=writer.committed,
        recorded=writer.recorded,
        deferred=still_deferred(writer),
        window=2 * config.workers + 2,
        infer=not config.record_only,
    )
    settle_known(ledger, writer)
    journal.event("run continued" if writer.recorded else "run started", committed=ledger.committed, version=VERSION)
    get_logger().info("store open", path=str(config.out), committed=writer.committed, recorded=writer.recorded)
    intake = Intake(journal, ledger, metrics)
    return Run(journal, ledger, intake, Desk(journal, ledger, intake, peers, metrics))


def still_deferred(writer: StoreWriter) -> set[int]:
    """Committed frames whose results are still to be made."""
    return {s for s in range(writer.committed) if is_deferred(writer.status(s))}


def is_deferred(status: Status) -> bool:
    """Whether results are still to be made."""
    return status & (Status.DEFERRED | Status.DONE | Status.QUARANTINED) == Status.DEFERRED


def settle_known(ledger: Ledger, writer: StoreWriter) -> None:
    """What an earlier process settled but had not committed yet."""
    for sequence in range(writer.committed, writer.recorded):
        status = writer.status(sequence)
        if is_deferred(status):
            ledger.defer(sequence)
        elif status & (Status.GAP | Status.QUARANTINED):
            ledger.settle(sequence)
