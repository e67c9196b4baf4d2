"""The recording side of the hub: frames and gaps come in, go to the disk, and are acknowledged when durable."""

from __future__ import annotations

import math
import time

from eclips4d.core.errors import EclipsError, WireError
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.log import get_logger
from eclips4d.core.messages import Ack, FrameOffer, GapOffer
from eclips4d.core.results import Status
from eclips4d.core.wire import AnyArray
from eclips4d.pipeline.arrivals import misfit, received_frame
from eclips4d.pipeline.disk_watch import DiskWatch
from eclips4d.pipeline.journal import DISK_ERRORS, Journal
from eclips4d.pipeline.ledger import Ledger
from eclips4d.pipeline.measures import StoreMetrics
from eclips4d.storage.room import Room

IN_FLIGHT_BYTES = 128 << 20
WRITE_AGAIN_S = 1.0
MOST_UNASKED = 4
"""Times the credits that may be on their way to the disk: answers to frames that came twice are credits, too."""


class Intake:
    """Takes what acquisition offers, in order.

    Parameters
    ----------
    journal : Journal
    ledger : Ledger
    disk : DiskWatch
    metrics : StoreMetrics
    """

    def __init__(self, journal: Journal, ledger: Ledger, disk: DiskWatch, metrics: StoreMetrics) -> None:
        self.journal, self.ledger, self.disk, self.metrics = journal, ledger, disk, metrics
        self.newest: tuple[int, float] = (-1, 0.0)
        self.gaps = self.duplicates = 0
        self._expected = ledger.recorded
        self._scan = parse_instrument(journal.source.instrument_toml, journal.source.address).scan
        self._missed = -1
        self.rewind_to: int | None = None
        """Acquisition has to send again from here."""
        self._answers = 0
        self._acquired: dict[int, float] = {}
        self._refused: dict[int, float] = {}
        """Frames that the disk did not take, and when."""

    @property
    def credits(self) -> int:
        """Frames that may be on their way to us at once."""
        return max(2, min(16, IN_FLIGHT_BYTES // self.journal.frame_bytes))

    @property
    def is_settled(self) -> bool:
        """Everything that came is durable: a sender that starts again may be told from where."""
        return self._expected == self.ledger.recorded

    @property
    def taken(self) -> int:
        """Frames and gaps that have come, durable or not."""
        return self._expected

    def start_over(self) -> None:
        """The sender starts, or starts again, with the first frame that is not durable."""
        self._expected = self.ledger.recorded
        self._answers = 0

    def frame(self, offer: FrameOffer, arrays: dict[str, AnyArray]) -> None:
        """Take a frame; one that comes twice after a reconnection is not written twice.

        Raises
        ------
        WireError
            Pixels and header do not fit each other, or the run; or more frames came than may.
        """
        sequence = offer.header.sequence
        if sequence != self._expected:
            self._out_of_turn(sequence)
            return
        if self._expected - self.ledger.recorded >= MOST_UNASKED * self.credits:
            raise WireError("more frames than credits", where=offer.header.label)
        if wrong := misfit(offer.header, self.journal.source, self._scan):
            raise WireError(wrong, where=offer.header.label)
        frame = received_frame(offer, arrays)
        self._expected += 1
        now = time.time_ns()
        self._acquired[sequence] = time.monotonic() - offer.age_s
        self.newest = (offer.header.frame_id, offer.header.start_s)
        stamps = {"acquired": now} | offer.stamps | {"received": now}
        self.journal.write_frame(frame, stamps, self._durable, self._not_written)
        if offer.duplicates:
            self.count_duplicates(offer.duplicates)
            self._note_duplicate(sequence)

    def _note_duplicate(self, sequence: int) -> None:
        try:
            self.journal.set_status(sequence, Status.DUPLICATE)
        except DISK_ERRORS as error:
            get_logger().error("duplicate not noted", sequence=sequence, error=str(error))

    def count_duplicates(self, number: int) -> None:
        """Frames that came twice; acquisition has dropped them."""
        self.duplicates += number
        self.metrics.duplicates.inc(number)

    def gap(self, offer: GapOffer) -> None:
        """Note a frame that existed and was lost."""
        if offer.sequence != self._expected:
            self._out_of_turn(offer.sequence)
            return
        try:
            self.journal.write_gap(offer.sequence, offer.frame_id, offer.start_s)
        except DISK_ERRORS as error:
            # It is not acknowledged, so it will come again.
            get_logger().error("gap not noted", sequence=offer.sequence, error=str(error))
            self.disk.refused(Room.NONE, error)
            return
        self._answers += 1
        self._expected += 1
        self.gaps += 1
        self.metrics.gaps.inc()
        self.ledger.gap(offer.sequence)
        get_logger().warning("gap", sequence=offer.sequence, frame_id=offer.frame_id)

    def _out_of_turn(self, sequence: int) -> None:
        """One that comes twice is only answered; one that comes too early tells of one that arrived damaged."""
        self._answers += 1
        if sequence > self._expected and self._missed != self._expected:
            self._missed = self._expected
            self.rewind_to = self._expected

    def answer(self) -> Ack | None:
        """What acquisition has to be told since the last time."""
        if not self._answers or not self.disk.has_room_for_frames:
            return None
        answers, self._answers = self._answers, 0
        return Ack(durable=self.ledger.recorded, credits=answers)

    def write_again(self) -> None:
        """Try again with what the disk did not take."""
        now = time.monotonic()
        for sequence in [s for s, since in self._refused.items() if now - since > WRITE_AGAIN_S]:
            del self._refused[sequence]
            self.journal.write_again(sequence, self._durable, self._not_written)

    def _not_written(self, sequence: int, error: EclipsError) -> None:
        get_logger().error("frame not written", sequence=sequence, error=str(error))
        self._refused[sequence] = time.monotonic()
        self.disk.refused(Room.NONE, error)

    def lag(self) -> float:
        """Seconds since the oldest frame that is not committed was acquired; 0 when there is none."""
        return self.age(min(self._acquired)) if self._acquired else 0.0

    def age(self, sequence: int) -> float:
        """Seconds since this frame was acquired; infinite for one that an earlier process took."""
        acquired = self._acquired.get(sequence)
        return math.inf if acquired is None else time.monotonic() - acquired

    def drop_ages(self) -> None:
        """Forget the times of what is committed."""
        for sequence in [s for s in self._acquired if s < self.ledger.committed]:
            del self._acquired[sequence]

    def _durable(self, sequence: int) -> None:
        self._answers += 1
        self.ledger.durable(sequence)
        self.journal.trim()
