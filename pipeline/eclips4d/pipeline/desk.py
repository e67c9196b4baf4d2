"""The processing side of the hub: hands frames to workers and takes registered surfaces; `late.py` says what waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import EclipsError, WireError
from eclips4d.core.frame import FrameHeader, RawArray
from eclips4d.core.instrument import Instrument, parse_instrument
from eclips4d.core.log import get_logger
from eclips4d.core.messages import NoMore, Recalled, RegisteredOffer, Skip, Welcome, Work
from eclips4d.core.results import Status
from eclips4d.core.wire import AnyArray
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.pipeline.arrivals import received_surface
from eclips4d.pipeline.catching_up import WITHOUT_RESULT
from eclips4d.pipeline.disk_watch import DiskWatch
from eclips4d.pipeline.doubt_watch import DoubtWatch
from eclips4d.pipeline.journal import DISK_ERRORS, Journal
from eclips4d.pipeline.late import Late
from eclips4d.pipeline.ledger import Ledger, Link
from eclips4d.pipeline.measures import StoreMetrics
from eclips4d.pipeline.peers import Peers
from eclips4d.storage.room import Room

STALLED_S = 120.0
TELL_AGAIN_S = 1.0
WRITE_AGAIN_S = 1.0
MOST_RECALLED = 32
"""More frames than this no state of registration rests on."""


class Desk:
    """Where recorded frames are handed out and results come back.

    Parameters
    ----------
    journal : Journal
    ledger : Ledger
    late : Late
        Whose results come later.
    disk : DiskWatch
        While it has no room for results, none are made.
    peers : Peers
    metrics : StoreMetrics
    """

    def __init__(
        self,
        journal: Journal,
        ledger: Ledger,
        late: Late,
        disk: DiskWatch,
        peers: Peers,
        metrics: StoreMetrics,
    ) -> None:
        self.journal, self.ledger, self.late, self.disk = journal, ledger, late, disk
        self.peers, self.metrics = peers, metrics
        self.config = journal.config
        self.instrument = parse_instrument(journal.source.instrument_toml, journal.source.address)
        known = journal.writer.calibrations
        self.calibration: Calibration | None = known[-1] if known else None
        self._calibrating = ThreadPoolExecutor(1, thread_name_prefix="calibration")
        self._calibration_begun = False
        self.quarantined = 0
        self._to_write: dict[int, Callable[[], None]] = {}
        """What is still to be done for links that registration has left behind."""
        self._refused: dict[int, float] = {}
        """Those of them that had to be put aside, and when."""
        self._progress = time.monotonic()
        self._doubts = DoubtWatch()
        self._held: int | None = None
        """The run's first frame, while registration keeps it until the next one comes."""
        self._told_no_more = 0.0

    # -- out -------------------------------------------------------------------------------------------------------

    def dispatch(self) -> None:
        """Hand out what workers have asked for."""
        if not self.ledger.infer or not self.disk.has_room_for_results:
            return
        if not self.peers.of_role("registration") or not self._is_calibrated():
            return
        for name in self.peers.of_role("inference"):
            while (peer := self.peers.get(name)) is not None and peer.credits > 0:
                link = self.ledger.next_link(name.decode())
                if link is None:
                    self._turn()
                    return
                peer.credits -= 1
                if not self._send(name, link):
                    self.stage_lost(name)

    def _turn(self) -> None:
        if self.late.turn():
            for name in self.peers.of_role("registration"):
                self._tell_registration(name)

    def _send(self, name: bytes, link: Link) -> bool:
        assert self.calibration is not None, "nothing is handed out before"
        header, raw, stamps = self.journal.frame(link.sequence)
        model = self.journal.models.of(link.sequence)
        body = Work(header=header, calibration=self.calibration, model=model, after=link.after, stamps=stamps)
        return self.peers.send(name, body, {"raw": raw})

    # -- calibration -----------------------------------------------------------------------------------------------

    def _is_calibrated(self) -> bool:
        """Whether there is a snapshot; if not, one is estimated from the first frame, beside the hub's thread."""
        if self.calibration is None and not self._calibration_begun:
            first = self._first_from(0)
            if first is not None:
                self._calibration_begun = True
                header, raw, _ = self.journal.frame(first)
                if differences := self.instrument.calibration_differences(header.side):
                    self.journal.event("the calibration does not hold for this recording", differences=differences)
                future = self._calibrating.submit(_estimate, raw, self.instrument, header)
                self.journal.when_done(future, self._calibrated)
        return self.calibration is not None

    def _first_from(self, start: int) -> int | None:
        """The first recorded frame from there on that was neither lost nor given up."""
        status = self.journal.writer.status
        return next((s for s in range(start, self.ledger.recorded) if not status(s) & WITHOUT_RESULT), None)

    def _calibrated(self, result: Calibration | Refused) -> None:
        try:
            self._note_calibration(result)
        except DISK_ERRORS as error:
            self._calibration_begun = False
            self.disk.refused(Room.RAW, error)

    def _note_calibration(self, result: Calibration | Refused) -> None:
        if isinstance(result, Refused):
            # The frame says nothing of the detector (a blanked beam, say): the next one may.
            self._give_up(result.sequence, result.reason)
            self.ledger.settle(result.sequence)
            self._calibration_begun = False
            return
        self.journal.writer.add_calibration(result)
        self.calibration = result
        for name in self.peers.of_role("registration"):
            self._tell_registration(name)

    def close(self) -> None:
        """Wait for the thread."""
        self._calibrating.shutdown(wait=True)

    # -- back ------------------------------------------------------------------------------------------------------

    def registered(self, offer: RegisteredOffer, arrays: dict[str, AnyArray]) -> None:
        """Take a registered surface; one that nobody waits for came twice and is dropped.

        Raises
        ------
        WireError
            It is no surface, or was made with a calibration that is none of the run's.
        """
        sequence, journal = offer.sequence, self.journal
        surface = received_surface(offer, arrays, journal.source.shape[1:])
        if offer.calibration not in journal.known_calibrations():
            raise WireError(f"unknown calibration {offer.calibration[:32]!r}", where=f"sequence {sequence}")
        if not self.ledger.registered(sequence):
            return
        self._progress = time.monotonic()
        self._held = None
        self.late.passed(sequence, offer.state)
        if self.ledger.is_followed_again(sequence):
            self.ledger.written(sequence)
            journal.forget(sequence)
            return
        for event in offer.events:
            get_logger().info(event, sequence=sequence)
            journal.event(event, sequence=sequence)
        if told := self._doubts.take(surface):
            get_logger().warning(told[0], sequence=sequence, **told[1])
            journal.event(told[0], sequence=sequence, **told[1])
        live = sequence not in self.ledger.deferred
        stamps = journal.take_stamps(offer)
        self._write(
            sequence,
            lambda: journal.write_registered(
                offer, surface, stamps, live=live, written=self._written, refused=self._not_written
            ),
        )

    def skipped(self, sequence: int) -> None:
        """Registration has passed over a quarantined frame."""
        again = self.ledger.is_followed_again(sequence)
        if self.ledger.skipped(sequence):
            self.late.passed(sequence, self.late.chain_state)
            self._write(sequence, lambda: self._settle_given_up(sequence, again))

    def _settle_given_up(self, sequence: int, again: bool) -> None:
        if not again:
            self.journal.set_status(sequence, Status.QUARANTINED)
            self.late.made(sequence)
        self._to_write.pop(sequence, None)
        self.ledger.written(sequence)
        self.journal.forget(sequence)

    # -- to the disk -----------------------------------------------------------------------------------------------

    def _write(self, sequence: int, write: Callable[[], None]) -> None:
        self._to_write[sequence] = write
        self._try(sequence)

    def _try(self, sequence: int) -> None:
        """Write what is to be written for this frame, unless a commit has to come first and cannot."""
        if not self.late.is_safe():
            self._refused[sequence] = time.monotonic()
            return
        try:
            self._to_write[sequence]()
        except DISK_ERRORS as error:
            self._not_written(sequence, error)

    def write_again(self) -> None:
        """Try again with what had to be put aside."""
        now = time.monotonic()
        for sequence in sorted(s for s, since in self._refused.items() if now - since > WRITE_AGAIN_S):
            del self._refused[sequence]
            self._try(sequence)

    def _written(self, sequence: int) -> None:
        self.metrics.frames.inc()
        self._to_write.pop(sequence, None)
        late = sequence in self.ledger.deferred
        self.ledger.written(sequence)
        if late:
            self.late.made(sequence)
            self.late.commit()

    def _not_written(self, sequence: int, error: EclipsError) -> None:
        """The disk has no room: it is tried again, or the frame is deferred where frames may be skipped."""
        get_logger().error("results not written", sequence=sequence, error=str(error))
        self.disk.refused(Room.RAW, error)
        if self.ledger.in_order:
            self._refused[sequence] = time.monotonic()
        else:
            self._to_write.pop(sequence, None)
            self.late.refused(sequence)

    def leave_the_rest(self) -> None:
        """The run has to end without room for more: what is not written is left to the same command, another time."""
        if self.ledger.under_way or self.ledger.being_written - self._refused.keys():
            return
        refused, self._refused = list(self._refused), {}
        self._to_write.clear()
        self.late.leave_the_rest(refused)

    def quarantine(self, sequence: int, reason: str) -> None:
        """Give a frame up; the rest goes on."""
        link = self.ledger.quarantine(sequence)
        if link is not None:
            self._note_quarantine(sequence, reason)
            self.peers.send_role("registration", Skip(sequence=link.sequence, after=link.after))

    def _give_up(self, sequence: int, reason: str) -> None:
        self._note_quarantine(sequence, reason)
        self.journal.set_status(sequence, Status.QUARANTINED)
        self.journal.forget(sequence)
        self.ledger.deferred.discard(sequence)

    def _note_quarantine(self, sequence: int, reason: str) -> None:
        self.quarantined += 1
        get_logger().error("frame quarantined", sequence=sequence, reason=reason)
        self.journal.event("frame quarantined", sequence=sequence, reason=reason)

    # -- deaths ----------------------------------------------------------------------------------------------------

    def stage_lost(self, name: bytes) -> None:
        """Note that a stage is gone; what a worker had goes to another."""
        peer = self.peers.remove(name)
        if peer is None:
            return
        self.metrics.lost_stages.inc()
        self.journal.event("stage lost", name=name.decode())
        if peer.hello.role == "registration":
            poison = self.ledger.registration_died(self._held)
        else:
            poison = self.ledger.worker_lost(name.decode())
        if poison is not None:
            self.quarantine(poison, f"it ended {peer.hello.role} again and again")

    def registration_failed(self, name: bytes, sequence: int, reason: str) -> None:
        """Registration cannot place this frame and has lost its thread over it: it starts again without."""
        self.quarantine(sequence, reason)
        self.restart_registration(name)

    def restart_registration(self, name: bytes) -> None:
        """A registration process, new or stuck, goes on after the last link that was handed on."""
        self._held = None
        skipped = self.ledger.registration_lost()
        self._tell_registration(name)
        for link in skipped:
            self.peers.send(name, Skip(sequence=link.sequence, after=link.after))

    def watch_progress(self) -> None:
        """When nothing has come back for minutes, a message was damaged or a stage is stuck: hand all out again."""
        now = time.monotonic()
        if self.ledger.under_way == 0 or (self._held is not None and self.ledger.under_way == 1):
            self._progress = now
        elif now - self._progress > STALLED_S:
            self._progress = now
            get_logger().error("no progress; handing out again", under_way=self.ledger.under_way)
            self.journal.event("no progress, handed out again", frames=self.ledger.under_way)
            for name in self.peers.of_role("registration"):
                self.restart_registration(name)

    def _tell_registration(self, name: bytes) -> None:
        header, arrays = None, {}
        if self.calibration is not None:
            # The frame that the gains come from is the frame that all others are registered to.
            header, raw, _ = self.journal.frame(self.calibration.valid_from)
            arrays = {"raw": raw}
        body = Welcome(
            run_id=self.journal.writer.run_id,
            source=self.journal.source,
            last=self.ledger.last,
            state=self.late.chain_state,
            header=header,
            calibration=self.calibration,
        )
        self.peers.send(name, body, arrays)

    def held(self, sequence: int) -> None:
        """Registration keeps this frame until the next one comes."""
        if self.ledger.under_way and self.ledger.first == sequence:
            self._held = sequence

    def end_waiting(self) -> None:
        """The frame that registration keeps is the last of its chain: what comes next is followed, with results or not.

        When there is nothing, say so, and again should it not be heard.
        """
        now, tail = time.monotonic(), self.ledger.tail
        if self._held is None or tail is None or not self.ledger.nothing_to_hand_out:
            return
        if not self.ledger.nothing_follows_the_first:
            return
        following = self._first_from(tail + 1)
        if following is not None:
            self.ledger.follow_too(following)
        elif self._was_cut_short():
            self._put_off(self._held)
        elif now - self._told_no_more > TELL_AGAIN_S:
            self._told_no_more = now
            self.peers.send_role("registration", NoMore(after=tail))

    def _was_cut_short(self) -> bool:
        """The source was stopped, and has more to come when the run is continued."""
        announced, total = self.journal.source.frames, self.ledger.total
        return announced is not None and total is not None and total < announced

    def _put_off(self, first: int) -> None:
        """The run's first frame goes onto the grid by what the second one shows, in whichever process that comes."""
        try:
            self.late.put_off(first)
        except DISK_ERRORS as error:
            self.disk.refused(Room.RAW, error)
            return
        self._held = None
        while (given_up := self.ledger.first) is not None:
            self.skipped(given_up)

    def recall(self, name: bytes, sequences: tuple[int, ...]) -> None:
        """Give a registration process the frames again that its state rests on.

        Raises
        ------
        WireError
            These are no frames of the run.
        """
        if len(sequences) > MOST_RECALLED or any(s >= self.ledger.recorded for s in sequences):
            raise WireError(f"asks for frames {sequences[:MOST_RECALLED]} of {self.ledger.recorded}")
        if gaps := [s for s in sequences if self.journal.writer.status(s) & Status.GAP]:
            raise WireError(f"asks for frames {gaps}, which were lost")
        for sequence in sequences:
            self.peers.send(name, Recalled(sequence=sequence), {"raw": self.journal.frame(sequence)[1]})


@dataclass(frozen=True, slots=True)
class Refused:
    """A frame that no calibration can be estimated from, and why."""

    sequence: int
    reason: str


def _estimate(raw: RawArray, instrument: Instrument, header: FrameHeader) -> Calibration | Refused:
    try:
        return estimate_calibration(raw, instrument, header.sequence, header.side, header.segments)
    except EclipsError as error:
        return Refused(header.sequence, str(error))
