"""The processing side of the hub: hands frames to workers, takes registered surfaces, defers what lags, catches up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import WireError
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.log import get_logger
from eclips4d.core.messages import RegisteredOffer, Skip, Welcome, Work
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.results import Status, Surface
from eclips4d.core.wire import AnyArray
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.pipeline.intake import Intake
from eclips4d.pipeline.journal import Journal
from eclips4d.pipeline.ledger import Ledger, Link
from eclips4d.pipeline.peers import Peers

PLANES = tuple(f.name for f in fields(Surface))


class Desk:
    """Where recorded frames are handed out and results come back.

    Parameters
    ----------
    journal : Journal
    ledger : Ledger
    intake : Intake
        Knows how old frames are.
    peers : Peers
    metrics : StageMetrics
    """

    def __init__(self, journal: Journal, ledger: Ledger, intake: Intake, peers: Peers, metrics: StageMetrics) -> None:
        self.journal, self.ledger, self.intake, self.peers, self.metrics = journal, ledger, intake, peers, metrics
        self.config = journal.config
        self.instrument = parse_instrument(journal.source.instrument_toml, journal.source.address)
        known = journal.writer.calibrations
        self.calibration: Calibration | None = known[-1] if known else None
        self._calibrating = ThreadPoolExecutor(1, thread_name_prefix="calibration")
        self._calibration_begun = False
        self.quarantined = 0
        self._before: dict[int, bytes] = {}
        """Registration's state before each run of deferred frames."""

    # -- out -------------------------------------------------------------------------------------------------------

    def dispatch(self) -> None:
        """Hand out what workers have asked for."""
        if not self.ledger.infer or not self.peers.of_role("registration") or not self._is_calibrated():
            return
        for name in self.peers.of_role("inference"):
            while (peer := self.peers.get(name)) is not None and peer.credits > 0:
                link = self.ledger.next_link(name.decode())
                if link is None:
                    self._catch_up()
                    return
                peer.credits -= 1
                if not self._send(name, link):
                    self.worker_lost(name)

    def _send(self, name: bytes, link: Link) -> bool:
        assert self.calibration is not None, "nothing is handed out before"
        header, raw, stamps = self.journal.frame(link.sequence)
        body = Work(
            header=header, calibration=self.calibration, model=self.config.model, after=link.after, stamps=stamps
        )
        return self.peers.send(name, body, {"raw": raw})

    # -- calibration -----------------------------------------------------------------------------------------------

    def _is_calibrated(self) -> bool:
        """Whether there is a snapshot; if not, one is estimated from the first frame, beside the hub's thread."""
        if self.calibration is None and not self._calibration_begun:
            first = self._first_frame()
            if first is not None:
                self._calibration_begun = True
                _, raw, _ = self.journal.frame(first)
                future = self._calibrating.submit(estimate_calibration, raw, self.instrument, first)
                self.journal.when_done(future, self._calibrated)
        return self.calibration is not None

    def _first_frame(self) -> int | None:
        status = self.journal.writer.status
        return next((s for s in range(self.ledger.recorded) if not status(s) & Status.GAP), None)

    def _calibrated(self, calibration: Calibration) -> None:
        self.journal.writer.add_calibration(calibration)
        self.calibration = calibration

    def close(self) -> None:
        """Wait for the thread."""
        self._calibrating.shutdown(wait=True)

    # -- back ------------------------------------------------------------------------------------------------------

    def registered(self, offer: RegisteredOffer, arrays: dict[str, AnyArray]) -> None:
        """Take a registered surface; one that nobody waits for came twice and is dropped."""
        sequence = offer.sequence
        missing = set(PLANES) - set(arrays)
        if missing:
            raise WireError(f"a registered frame without its {min(missing)}", where=f"sequence {sequence}")
        if not self.ledger.registered(sequence):
            return
        if sequence + 1 in self.ledger.deferred:
            self._before[sequence + 1] = offer.state
        live = sequence not in self.ledger.deferred
        self.journal.write_registered(offer, arrays, live=live, written=self._written)

    def _written(self, sequence: int) -> None:
        self.metrics.frames.inc()
        late = sequence in self.ledger.deferred
        self.ledger.written(sequence)
        if late:
            self.journal.commit(committed=self.ledger.committed, recorded=self.ledger.recorded, force=True)

    def skipped(self, sequence: int) -> None:
        """Registration has passed over a quarantined frame."""
        if self.ledger.skipped(sequence):
            self.journal.set_status(sequence, Status.QUARANTINED)

    def quarantine(self, sequence: int, reason: str) -> None:
        """Give a frame up; the rest goes on."""
        link = self.ledger.quarantine(sequence)
        self.quarantined += 1
        get_logger().error("frame quarantined", sequence=sequence, reason=reason)
        self.journal.event("frame quarantined", sequence=sequence, reason=reason)
        if link is not None:
            self.peers.send_role("registration", Skip(sequence=link.sequence, after=link.after))

    # -- deaths ----------------------------------------------------------------------------------------------------

    def worker_lost(self, name: bytes) -> None:
        """What the worker had goes to another."""
        if self.peers.remove(name) is None:
            return
        for sequence in self.ledger.worker_lost(name.decode()):
            self.quarantine(sequence, "it ended its worker again and again")

    def welcome_registration(self, name: bytes) -> None:
        """A new registration process goes on where the last one ended."""
        skipped = self.ledger.registration_lost()
        self._rewind_registration(name, self.journal.state)
        for link in skipped:
            self.peers.send(name, Skip(sequence=link.sequence, after=link.after))

    def _rewind_registration(self, name: bytes, state: bytes) -> None:
        writer = self.journal.writer
        header, arrays = None, {}
        reference = self._first_frame()
        if self.calibration is not None and reference is not None:
            header, raw, _ = self.journal.frame(reference)
            arrays = {"raw": raw}
        body = Welcome(
            run_id=writer.run_id,
            source=self.journal.source,
            last=self.ledger.last,
            state=state,
            header=header,
            calibration=self.calibration,
        )
        self.peers.send(name, body, arrays)

    # -- lag -------------------------------------------------------------------------------------------------------

    def defer_what_lags(self) -> None:
        """With `--lag skip:SECONDS`: when the oldest frame waits longer, go on with the newest and defer the rest."""
        limit = self.config.skip_lag_s
        if limit is None or not self.ledger.infer or self.ledger.total is not None:
            return
        backlog = self.ledger.backlog
        if len(backlog) < 2 or self.intake.age(backlog[0]) <= limit:
            return
        if self.ledger.under_way == 0:
            self._before[backlog[0]] = self.journal.state
        for sequence in backlog[:-1]:
            self.ledger.defer(sequence)
            self.journal.set_status(sequence, Status.DEFERRED)
            self.journal.forget(sequence)
        get_logger().warning("deferred", first=backlog[0], frames=len(backlog) - 1)
        self.journal.event("frames deferred", first=backlog[0], frames=len(backlog) - 1)

    def _catch_up(self) -> None:
        if self.ledger.total is None or self.ledger.committed < self.ledger.total:
            return
        first = self.ledger.begin_catch_up()
        if first is not None:
            for name in self.peers.of_role("registration"):
                self._rewind_registration(name, self._before.pop(first, b""))
