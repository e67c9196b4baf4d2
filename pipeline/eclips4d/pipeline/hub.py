"""The storage stage: the one owner of the store, and with it of the state of every frame.

Acquisition, workers and registration each talk to it and to nothing else that must be remembered; when one of them
dies, what it had is handed out again. When the hub itself dies, the store says where to go on.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import zmq

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError, SourceError, WireError
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import Instrument, parse_instrument
from eclips4d.core.log import get_logger
from eclips4d.core.messages import (
    Ack,
    Beat,
    Bye,
    End,
    Failed,
    FrameOffer,
    GapOffer,
    Hello,
    Inverted,
    Message,
    Notice,
    Ready,
    RegisteredOffer,
    Skip,
    Skipped,
    Welcome,
    Who,
    Work,
)
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.results import Status
from eclips4d.core.wire import Received, encode
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.journal import Journal, Wake
from eclips4d.pipeline.ledger import Ledger, Link
from eclips4d.pipeline.ports import HubPort, publisher

TICK_MS = 100
NOTICE_EVERY_S = 0.2
PROBE_EVERY_S = 1.0
IN_FLIGHT_BYTES = 128 << 20


@dataclass(slots=True)
class Peer:
    """A stage that has said Hello."""

    hello: Hello
    credits: int = 0
    welcomed: bool = False


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
        self.port = HubPort(context, config.endpoints.hub)
        self.notices = publisher(context, config.endpoints.notices)
        self.metrics = metrics or StageMetrics("storage")
        self.wake = Wake()
        self.peers: dict[bytes, Peer] = {}
        self.journal: Journal | None = None
        self.ledger = Ledger()
        self.instrument: Instrument | None = None
        self.calibration: Calibration | None = None
        self.boundary: dict[int, bytes] = {}
        self.counts = {"gaps": 0, "duplicates": 0, "quarantined": 0}
        self.offered = 0
        self.newest: tuple[int, float] = (-1, 0.0)
        self._acquired: dict[int, float] = {}
        self._acks = 0
        self._last_notice = self._last_probe = 0.0
        self.log = get_logger()

    # -- loop ------------------------------------------------------------------------------------------------------

    def run(self, keep_going: Callable[[], bool] = lambda: True) -> None:
        """Serve until the run is finished or `keep_going` says no."""
        poller = zmq.Poller()
        poller.register(self.port.socket, zmq.POLLIN)
        poller.register(self.wake.fd, zmq.POLLIN)
        while keep_going():
            poller.poll(TICK_MS)
            self.step()
            if self.ledger.finished:
                self._finish()
                return

    def step(self) -> None:
        """Handle everything that has come in, hand out what can be, commit what is settled."""
        while (mail := self.port.receive()) is not None:
            try:
                self._handle(mail.sender, mail.message)
            except (WireError, InputError, KeyError) as error:
                self.port.bad_messages += 1
                self.log.warning("message dropped", sender=mail.sender.hex()[:32], error=str(error))
        self.wake.run()
        if self.journal is not None:
            self._defer_what_lags()
            self._dispatch()
            if self.journal.commit(committed=self.ledger.committed, recorded=self.ledger.recorded):
                self._drop_ages()
            self._acknowledge()
        self._tick()

    def close(self) -> None:
        """Release sockets and the store's lock; what is not committed is made again by the next run."""
        self.port.close()
        self.notices.close(linger=200)
        if self.journal is not None:
            self.journal.writer.close()
        self.wake.close()

    def _finish(self) -> None:
        assert self.journal is not None and self.ledger.total is not None
        self.journal.commit(committed=self.ledger.committed, recorded=self.ledger.recorded, force=True)
        self.journal.writer.finish(self.ledger.total)
        self._publish(ended=True)
        for name in self.peers:
            self.port.send(name, Bye(reason="the run is complete"))

    # -- messages --------------------------------------------------------------------------------------------------

    def _handle(self, sender: bytes, received: Received[Message]) -> None:
        body = received.body
        if isinstance(body, Hello):
            self._hello(sender, body)
            return
        peer = self.peers.get(sender)
        if peer is None:
            self.port.send(sender, Who())
            return
        match body:
            case FrameOffer():
                self._frame_offered(body, received)
            case GapOffer():
                self._gap_offered(body)
            case End():
                self.ledger.total = body.total
                self.log.info("source ended", total=body.total, reason=body.reason)
            case Ready():
                peer.credits += body.credits
            case Inverted():
                peer.credits += body.credits
                self.ledger.inverted(body.sequence)
            case Failed():
                peer.credits += body.credits
                self._quarantine(body.sequence, body.reason)
            case RegisteredOffer():
                self._registered(body, received)
            case Skipped():
                if self.ledger.skipped(body.sequence):
                    self._store.set_status(body.sequence, Status.QUARANTINED)
            case _:
                pass

    @property
    def _store(self) -> Journal:
        if self.journal is None:
            raise SourceError("a frame came before its source had introduced itself")
        return self.journal

    def _hello(self, sender: bytes, hello: Hello) -> None:
        known = self.peers.get(sender)
        self.log.info("hello", name=hello.name, role=hello.role, pid=hello.pid, again=known is not None)
        if known is not None:
            self._lost(sender)
        self.peers[sender] = Peer(hello)
        if hello.role == "acquisition" and hello.source is not None and self.journal is None:
            self._open(Journal.open(self.config, hello.source, self.wake))
        for name in list(self.peers):
            self._welcome(name)

    def _open(self, journal: Journal) -> None:
        writer = journal.writer
        self.journal = journal
        self.instrument = parse_instrument(journal.source.instrument_toml, journal.source.address)
        deferred = {s for s in range(writer.committed) if writer.status(s) & Status.DEFERRED and not writer.status(s) & Status.DONE}
        self.ledger = Ledger(
            committed=writer.committed,
            recorded=writer.recorded,
            deferred=deferred,
            window=2 * self.config.workers + 2,
            infer=not self.config.record_only,
        )
        self.offered = writer.recorded
        if writer.calibrations:
            self.calibration = writer.calibrations[-1]
        self.log.info("store open", path=str(self.config.out), committed=writer.committed, recorded=writer.recorded)

    def _welcome(self, name: bytes) -> None:
        peer = self.peers[name]
        if peer.welcomed or self.journal is None:
            return
        peer.welcomed = True
        journal = self.journal
        if peer.hello.role == "acquisition":
            self.offered = self.ledger.recorded
            credits = max(2, min(16, IN_FLIGHT_BYTES // journal.frame_bytes))
            body = Welcome(run_id=journal.writer.run_id, next_sequence=self.ledger.recorded, credits=credits)
            self.port.send(name, body)
        elif peer.hello.role == "registration":
            skipped = self.ledger.registration_lost()
            self._welcome_registration(name, journal.state)
            for link in skipped:
                self.port.send(name, Skip(sequence=link.sequence, after=link.after))
        else:
            self.port.send(name, Welcome(run_id=journal.writer.run_id, source=journal.source))

    def _welcome_registration(self, name: bytes, state: bytes) -> None:
        journal = self._store
        header, arrays = None, {}
        if self.calibration is not None:
            reference = next(s for s in range(self.ledger.recorded) if not journal.writer.status(s) & Status.GAP)
            header, raw, _ = journal.frame(reference)
            arrays = {"raw": raw}
        body = Welcome(
            run_id=journal.writer.run_id,
            source=journal.source,
            last=self.ledger.last,
            state=state,
            header=header,
            calibration=self.calibration,
        )
        self.port.send(name, body, arrays)

    # -- recording -------------------------------------------------------------------------------------------------

    def _frame_offered(self, offer: FrameOffer, received: Received[Message]) -> None:
        sequence = offer.header.sequence
        if sequence != self.offered:
            # Sent again after a reconnection; what is durable or under way is not written twice.
            self._acks += 1
            return
        raw: Any = received.arrays["raw"]
        frame = Frame(offer.header, raw)
        now = time.time_ns()
        stamps = {"acquired": now} | offer.stamps | {"received": now}
        self._acquired[sequence] = time.monotonic() - max(0.0, (now - stamps["acquired"]) / 1e9)
        self.offered += 1
        self.newest = (offer.header.frame_id, offer.header.start_s)
        if offer.duplicates:
            self.counts["duplicates"] += offer.duplicates
            self.metrics.duplicates.inc(offer.duplicates)
            self._store.writer.set_status(sequence, Status.DUPLICATE)
        self._store.write_frame(frame, stamps, self._frame_durable)

    def _frame_durable(self, sequence: int) -> None:
        self._acks += 1
        self.ledger.durable(sequence)
        if not self.ledger.infer:
            self._store.set_status(sequence, Status.DEFERRED)
            self._store.forget(sequence)
        self._store.trim()

    def _gap_offered(self, offer: GapOffer) -> None:
        if offer.sequence != self.offered:
            self._acks += 1
            return
        self.offered += 1
        self.counts["gaps"] += 1
        self.metrics.gaps.inc()
        self._acks += 1
        self._store.write_gap(offer.sequence, offer.frame_id, offer.start_s)
        self.ledger.gap(offer.sequence)
        self.log.warning("gap", sequence=offer.sequence, frame_id=offer.frame_id)

    def _acknowledge(self) -> None:
        if self._acks:
            for name in self._names("acquisition"):
                self.port.send(name, Ack(durable=self.ledger.recorded, credits=self._acks))
            self._acks = 0

    # -- inference -------------------------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        if not self.ledger.infer or not self._names("registration"):
            return
        for name in self._names("inference"):
            peer = self.peers.get(name)
            while peer is not None and peer.welcomed and peer.credits > 0:
                link = self.ledger.next_link(name.decode())
                if link is None:
                    self._catch_up()
                    return
                peer.credits -= 1
                if not self._send_work(name, link):
                    self._lost(name)
                    break

    def _send_work(self, name: bytes, link: Link) -> bool:
        header, raw, stamps = self._store.frame(link.sequence)
        calibration = self._calibration_for(header.sequence, raw)
        body = Work(header=header, calibration=calibration, model=self.config.model, after=link.after, stamps=stamps)
        return self.port.send(name, body, {"raw": raw})

    def _calibration_for(self, sequence: int, raw: Any) -> Calibration:
        if self.calibration is None:
            assert self.instrument is not None
            self.calibration = estimate_calibration(raw, self.instrument, sequence)
            self._store.add_calibration(self.calibration)
        return self.calibration

    def _registered(self, offer: RegisteredOffer, received: Received[Message]) -> None:
        sequence = offer.sequence
        live = sequence not in self.ledger.deferred
        if not self.ledger.registered(sequence):
            return
        if sequence + 1 in self.ledger.deferred:
            self.boundary[sequence + 1] = offer.state
        self._store.write_registered(offer, received.arrays, live=live, written=self._written)

    def _written(self, sequence: int) -> None:
        self.metrics.frames.inc()
        again = sequence in self.ledger.deferred
        self.ledger.written(sequence)
        if again:
            self._store.commit(committed=self.ledger.committed, recorded=self.ledger.recorded, force=True)

    def _quarantine(self, sequence: int, reason: str) -> None:
        link = self.ledger.quarantine(sequence)
        self.counts["quarantined"] += 1
        self.log.error("frame quarantined", sequence=sequence, reason=reason)
        if link is not None:
            for name in self._names("registration"):
                self.port.send(name, Skip(sequence=link.sequence, after=link.after))

    # -- lag -------------------------------------------------------------------------------------------------------

    def _defer_what_lags(self) -> None:
        limit = self.config.skip_lag_s
        if limit is None or not self.ledger.infer or self.ledger.total is not None:
            return
        backlog = self.ledger.backlog
        if len(backlog) < 2 or self._age(backlog[0]) <= limit:
            return
        if self.ledger.under_way == 0:
            self.boundary[backlog[0]] = self._store.state
        for sequence in backlog[:-1]:
            self.ledger.defer(sequence)
            self._store.set_status(sequence, Status.DEFERRED)
            self._store.forget(sequence)
        self.log.warning("deferred", first=backlog[0], frames=len(backlog) - 1)

    def _catch_up(self) -> None:
        if self.ledger.total is None or self.ledger.committed < self.ledger.total:
            return
        first = self.ledger.begin_catch_up()
        if first is not None:
            for name in self._names("registration"):
                self._welcome_registration(name, self.boundary.pop(first, b""))

    def _age(self, sequence: int) -> float:
        acquired = self._acquired.get(sequence)
        return 0.0 if acquired is None else time.monotonic() - acquired

    def _drop_ages(self) -> None:
        for sequence in [s for s in self._acquired if s < self.ledger.committed]:
            del self._acquired[sequence]

    # -- peers and notices -----------------------------------------------------------------------------------------

    def _names(self, role: str) -> list[bytes]:
        return [name for name, peer in self.peers.items() if peer.hello.role == role and peer.welcomed]

    def _lost(self, name: bytes) -> None:
        peer = self.peers.pop(name, None)
        if peer is None:
            return
        self.log.warning("stage lost", name=peer.hello.name, pid=peer.hello.pid)
        if peer.hello.role == "inference":
            for sequence in self.ledger.worker_lost(name.decode()):
                self._quarantine(sequence, "it ended its worker three times")

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self._last_probe >= PROBE_EVERY_S:
            self._last_probe = now
            for name in list(self.peers):
                if not self.port.send(name, Beat(name="storage")):
                    self._lost(name)
        if now - self._last_notice >= NOTICE_EVERY_S:
            self._last_notice = now
            self._publish()

    def _publish(self, *, ended: bool = False) -> None:
        if self.journal is None:
            return
        lag = self._age(min(self._acquired, default=-1))
        self.metrics.lag.set(lag)
        self.metrics.backlog.set(self.ledger.recorded - self.ledger.committed)
        notice = Notice(
            run_id=self.journal.writer.run_id,
            recorded=self.ledger.recorded,
            committed=self.ledger.committed,
            total=self.ledger.total if self.ledger.total is not None else self.journal.source.frames,
            frame_id=self.newest[0],
            time_s=self.newest[1],
            lag_s=lag,
            deferred=len(self.ledger.deferred),
            raw_bytes=self.ledger.recorded * self.journal.frame_bytes,
            disk_free_bytes=shutil.disk_usage(self.config.out).free,
            workers=len(self._names("inference")),
            ended=ended,
            **self.counts,
        )
        self.notices.send_multipart(encode(notice))
