"""The recording side of the hub: frames and gaps come in, go to the disk, and are acknowledged when durable."""

from __future__ import annotations

import math
import time

from eclips4d.core.log import get_logger
from eclips4d.core.messages import Ack, FrameOffer, GapOffer
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.results import Status
from eclips4d.core.wire import AnyArray
from eclips4d.pipeline.arrivals import received_frame
from eclips4d.pipeline.journal import Journal
from eclips4d.pipeline.ledger import Ledger

IN_FLIGHT_BYTES = 128 << 20


class Intake:
    """Takes what acquisition offers, in order.

    Parameters
    ----------
    journal : Journal
    ledger : Ledger
    metrics : StageMetrics
    """

    def __init__(self, journal: Journal, ledger: Ledger, metrics: StageMetrics) -> None:
        self.journal, self.ledger, self.metrics = journal, ledger, metrics
        self.newest: tuple[int, float] = (-1, 0.0)
        self.gaps = self.duplicates = 0
        self._expected = ledger.recorded
        self._missed = -1
        self.rewind_to: int | None = None
        """Acquisition has to send again from here."""
        self._answers = 0
        self._acquired: dict[int, float] = {}

    @property
    def credits(self) -> int:
        """Frames that may be on their way to us at once."""
        return max(2, min(16, IN_FLIGHT_BYTES // self.journal.frame_bytes))

    def expect(self, sequence: int) -> None:
        """The sender starts, or starts again, with this frame."""
        self._expected = sequence

    def frame(self, offer: FrameOffer, arrays: dict[str, AnyArray]) -> None:
        """Take a frame; one that comes twice after a reconnection is not written twice.

        Raises
        ------
        WireError
            Pixels and header do not fit each other.
        InputError
            The frame does not fit the store.
        """
        sequence = offer.header.sequence
        if sequence != self._expected:
            self._out_of_turn(sequence)
            return
        frame = received_frame(offer, arrays)
        self._expected += 1
        now = time.time_ns()
        stamps = {"acquired": now} | offer.stamps | {"received": now}
        self._acquired[sequence] = time.monotonic() - max(0.0, (now - stamps["acquired"]) / 1e9)
        self.newest = (offer.header.frame_id, offer.header.start_s)
        self.journal.write_frame(frame, stamps, self._durable)
        if offer.duplicates:
            self.count_duplicates(offer.duplicates)
            self.journal.set_status(sequence, Status.DUPLICATE)

    def count_duplicates(self, number: int) -> None:
        """Frames that came twice; acquisition has dropped them."""
        self.duplicates += number
        self.metrics.duplicates.inc(number)

    def gap(self, offer: GapOffer) -> None:
        """Note a frame that existed and was lost."""
        if offer.sequence != self._expected:
            self._out_of_turn(offer.sequence)
            return
        self._answers += 1
        self._expected += 1
        self.gaps += 1
        self.metrics.gaps.inc()
        self.journal.write_gap(offer.sequence, offer.frame_id, offer.start_s)
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
        if not self._answers:
            return None
        answers, self._answers = self._answers, 0
        return Ack(durable=self.ledger.recorded, credits=answers)

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
