"""What the hub asks of the store: write a frame, write a result, commit. Writes run beside the hub's thread; what is
durable is noted on a list and an event descriptor wakes the hub.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from eclips4d.core.errors import DiskFullError, EclipsError, OtherSourceError, StoreError
from eclips4d.core.frame import Frame, FrameHeader, RawArray
from eclips4d.core.log import get_logger
from eclips4d.core.messages import RegisteredOffer, Stamps
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.results import Datum, Drift, Registered, Status, Surface
from eclips4d.core.source import SourceInfo
from eclips4d.inference.models import needs_engine
from eclips4d.pipeline.budget import as_words
from eclips4d.pipeline.chain_state import ChainState, decode_state
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.measures import StoreMetrics
from eclips4d.pipeline.model_schedule import ATTRIBUTE, Schedule, schedule_of
from eclips4d.pipeline.told import Telling, telling, told_of
from eclips4d.pipeline.wake import Wake
from eclips4d.storage.folder import EVENTS
from eclips4d.storage.reader import summary
from eclips4d.storage.writer import StoreWriter

T = TypeVar("T")

DISK_ERRORS = (DiskFullError, StoreError)
STAGES = ("received", "durable", "inferred", "registered", "written")
LATENCY = "latency"
"""Attribute of an ended store: by step, how long it took in the last process of the run."""
COMMIT_AGAIN_S = 1.0
RECORDED_EVERY_S = 0.2
"""How often the store says what is recorded while nothing is committed."""
CACHE_BYTES = 256 << 20


@dataclass(slots=True)
class Kept:
    """A frame kept in memory until it has been handed out, so that it is not read back from the disk."""

    frame: Frame
    stamps: Stamps


@dataclass(slots=True)
class Journal:
    """The store of one run, its frames in memory and its commits."""

    config: RunConfig
    source: SourceInfo
    writer: StoreWriter
    wake: Wake
    state: ChainState
    """As of the last commit, but for `before`, which is as of now."""
    newest_state: bytes
    """Registration's state after the newest frame of the live chain, committed or not."""
    models: Schedule
    """Which model inverts which frame."""
    told: set[Telling] = field(default_factory=set)
    """Events of an earlier process about frames that are made again: they are not told twice."""
    last_commit: float = 0.0
    metrics: StoreMetrics = field(default_factory=lambda: StoreMetrics(StageMetrics("storage")))
    _kept: dict[int, Kept] = field(default_factory=dict)
    _unwritten: dict[int, Kept] = field(default_factory=dict)
    """Frames that are not durable yet; as many as the sender has credits for."""
    _refusal: EclipsError | None = None
    _commit_after: float = 0.0
    _states: dict[int, bytes] = field(default_factory=dict)
    _stamps: dict[int, Stamps] = field(default_factory=dict)

    @classmethod
    def open(cls, config: RunConfig, source: SourceInfo, wake: Wake) -> Journal:
        """Create the store, or continue it if it holds the same source.

        Raises
        ------
        OtherSourceError
            The store exists and holds another source.
        """
        if config.out.exists():
            writer = StoreWriter.resume(config.out)
            if writer.source.identity != source.identity:
                held = writer.source.address
                writer.close()
                raise OtherSourceError(
                    f"the store holds another source ({held})", where=str(config.out), cure="choose another --out"
                )
            if config.stack is not None:
                writer.remember("stack", config.stack)
            state = decode_state(writer.state, str(config.out))
            models = schedule_of(config.model, summary(config.out).extra.get(ATTRIBUTE))
            return cls(config, source, writer, wake, state, state.live, models, told=_told_before(writer))
        writer = StoreWriter.create(
            config.out,
            source,
            config.run_id,
            keep=config.keep,
            stages=STAGES,
            attributes={
                "engine": config.engine if needs_engine(config.model) else "none",
                "model": config.model,
                "stack": config.stack or 1,
            },
        )
        return cls(config, source, writer, wake, ChainState(), b"", Schedule(config.model))

    # -- raw -------------------------------------------------------------------------------------------------------

    def write_frame(
        self, frame: Frame, stamps: Stamps, durable: Callable[[int], None], refused: Callable[[int, EclipsError], None]
    ) -> None:
        """Begin to write the raw frame; `durable(sequence)` is called in the hub's thread, or `refused`, after which
        the frame is kept until `write_again`.

        Raises
        ------
        InputError
            The frame does not fit the store.
        """
        sequence = frame.header.sequence
        self._kept[sequence] = self._unwritten[sequence] = Kept(frame, stamps)
        self._stamps[sequence] = stamps
        self.write_again(sequence, durable, refused)

    def write_again(
        self, sequence: int, durable: Callable[[int], None], refused: Callable[[int, EclipsError], None]
    ) -> None:
        """Begin to write a frame that is kept because it is not durable yet."""
        try:
            future = self.writer.write_frame(self._unwritten[sequence].frame)
        except DISK_ERRORS as error:
            refused(sequence, error)
            return
        self.when_done(future, lambda _: self._frame_durable(sequence, durable), lambda error: refused(sequence, error))

    def _frame_durable(self, sequence: int, durable: Callable[[int], None]) -> None:
        self._stamp(sequence, "durable")
        self.metrics.took(self._stamps.get(sequence, {}))
        self._unwritten.pop(sequence, None)
        durable(sequence)

    def write_gap(self, sequence: int, frame_id: int, time_s: float) -> None:
        """Note a frame that was lost."""
        self.writer.write_gap(sequence, frame_id, time_s)

    def frame(self, sequence: int) -> tuple[FrameHeader, RawArray, Stamps]:
        """A recorded frame, from memory or from the store."""
        kept = self._kept.get(sequence) or self._unwritten.get(sequence)
        if kept is not None:
            return kept.frame.header, kept.frame.data, kept.stamps
        return self.writer.header(sequence), self.writer.read_raw(sequence), self._stamps.get(sequence, {})

    def forget(self, sequence: int) -> None:
        """The frame need not stay in memory."""
        self._kept.pop(sequence, None)
        self._stamps.pop(sequence, None)

    def trim(self) -> None:
        """Keep memory bounded: drop the newest waiting frames, they can be read back."""
        limit = max(2, CACHE_BYTES // (self.frame_bytes or 1))
        while len(self._kept) > limit:
            self._kept.pop(max(self._kept))

    @property
    def frame_bytes(self) -> int:
        """Size of one raw frame."""
        n, rows, columns = self.source.shape
        return n * rows * columns * (1 if self.source.dtype == "uint8" else 2)

    # -- results ---------------------------------------------------------------------------------------------------

    def take_stamps(self, offer: RegisteredOffer) -> Stamps:
        """When the frame was where, as far as is known by now; it is not remembered any longer."""
        return self._stamps.pop(offer.sequence, {}) | offer.stamps

    def write_registered(
        self,
        offer: RegisteredOffer,
        surface: Surface,
        stamps: Stamps,
        *,
        live: bool,
        written: Callable[[int], None],
        refused: Callable[[int, EclipsError], None],
    ) -> None:
        """Begin to write a registered surface; `written(sequence)` or `refused` is called in the hub's thread.

        What was refused may be written again.
        """
        sequence = offer.sequence
        if live:
            self.newest_state = self._states[sequence] = offer.state
        calibration = self.known_calibrations().index(offer.calibration)
        name = self.models.of(sequence)
        model = self.writer.add_model(offer.model, name, offer.engine, offer.pixels_alike)
        drift = Drift(offer.drift_px, offer.drift_rate_px, offer.drift_sd_px, offer.aligned, offer.reference)
        registered = Registered(surface, drift, Datum(offer.datum, offer.datum_sd))
        future = self.writer.write_registered(sequence, registered, calibration, model)
        self.when_done(
            future,
            lambda _: self._results_durable(sequence, stamps, written),
            lambda error: refused(sequence, error),
        )

    def _results_durable(self, sequence: int, stamps: Stamps, written: Callable[[int], None]) -> None:
        acquired = stamps.get("acquired")
        # A frame that was deferred is committed already; only its results are filled in.
        if acquired is not None and sequence >= self.writer.committed:
            stamps["written"] = time.time_ns()
            spent = {stage: (stamps[stage] - acquired) / 1e6 for stage in STAGES if stage in stamps}
            try:
                self.writer.write_latency(sequence, spent)
            except DISK_ERRORS as error:
                get_logger().error("latency not noted", sequence=sequence, error=str(error))
            self.metrics.budget.acquired(sequence, acquired)
            for stage in spent:
                self.metrics.reached(sequence, stage, stamps[stage])
        self.forget(sequence)
        written(sequence)

    def goes_on_from(self, state: bytes) -> None:
        """Frames that were deferred are made up for, to the end: from this state the live chain goes on."""
        self.newest_state = self.state.live = state

    def state_before(self, sequence: int) -> bytes:
        """Registration's state before a frame of the live chain that is not committed."""
        earlier = [s for s in self._states if s < sequence]
        return self._states[max(earlier)] if earlier else self.state.live

    def known_calibrations(self) -> list[str]:
        """Fingerprints of the run's calibration snapshots, by index."""
        return [calibration.fingerprint for calibration in self.writer.calibrations]

    def set_status(self, sequence: int, status: Status) -> None:
        """Note why the frame has no results; that a duplicate of it was dropped stays noted."""
        kept = self.writer.status(sequence) & (Status.DEFERRED | Status.DUPLICATE)
        self.writer.set_status(sequence, status | kept)

    def event(self, what: str, /, **values: object) -> None:
        """Note something that happened, in the store's `events.jsonl`; no value can pass for the time or the event."""
        if (known := telling(what, values)) in self.told:
            self.told.discard(known)
            return
        told = {"time_utc": datetime.now(UTC).isoformat(), "event": what}
        self.writer.event(told | values | told)

    # -- commit ----------------------------------------------------------------------------------------------------

    def commit(self, *, committed: int, recorded: int, force: bool = False) -> bool:
        """Make what is settled visible, and say whether it is; what is only recorded waits a little for company.

        When the disk refuses, the commit before still holds, `take_refusal` has the reason, and the next call that
        comes a second later tries again.
        """
        now = time.monotonic()
        if now < self._commit_after:
            return False
        only_recorded = committed == self.writer.committed and not force
        if only_recorded and (recorded == self.writer.recorded or now - self.last_commit < RECORDED_EVERY_S):
            return False
        for sequence in sorted(s for s in self._states if s < committed):
            self.state.live = self._states.pop(sequence)
        state, before = self.state.encode(), self.writer.committed
        with self.metrics.commit.time():
            if not self._accepted(lambda: self.writer.commit(committed=committed, recorded=recorded, state=state)):
                return False
        self.last_commit = now
        for sequence in range(before, committed):
            self.metrics.reached(sequence, "committed", time.time_ns())
        return True

    def finish(self, total: int) -> bool:
        """Close the run, and say whether the disk took it."""
        self.writer.remember(LATENCY, as_words(self.metrics.budget.told()))
        return self._accepted(lambda: self.writer.finish(total))

    def take_refusal(self) -> EclipsError | None:
        """Why the disk refused a commit since the last time, if it did."""
        refusal, self._refusal = self._refusal, None
        return refusal

    def _accepted(self, write: Callable[[], None]) -> bool:
        try:
            write()
        except DISK_ERRORS as error:
            get_logger().error("not committed", error=str(error))
            self._refusal, self._commit_after = error, time.monotonic() + COMMIT_AGAIN_S
            return False
        return True

    def _stamp(self, sequence: int, stage: str) -> None:
        stamps = self._stamps.get(sequence)
        if stamps is not None:
            stamps[stage] = time.time_ns()

    def when_done(
        self, future: Future[T], action: Callable[[T], None], refused: Callable[[EclipsError], None] | None = None
    ) -> None:
        """Have `action` called with the result in the hub's thread; or `refused` with what the disk said, or else the
        error raised.
        """

        def see(done: Future[T]) -> None:
            error = done.exception()
            if refused is not None and isinstance(error, DISK_ERRORS):
                refused(error)
            else:
                action(done.result())

        def settle(done: Future[T]) -> None:
            self.wake.call(lambda: see(done))

        future.add_done_callback(settle)


def _told_before(writer: StoreWriter) -> set[Telling]:
    statuses = writer.statuses()
    return told_of(writer.path / EVENTS, lambda s: s >= len(statuses) or not statuses[s] & Status.DONE)
