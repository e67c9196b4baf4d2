"""The new store and its one writer: raw frames and results side by side, a commit when enough has come together."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path

from eclips4d.core.frame import Frame
from eclips4d.core.results import Datum, Status
from eclips4d.pipeline.chain_state import ChainState, decode_state
from eclips4d.pipeline.doubt_watch import DoubtWatch
from eclips4d.pipeline.journal import STAGES
from eclips4d.pipeline.model_schedule import ATTRIBUTE
from eclips4d.pipeline.model_snapshot import IN_STORE, snapshot, where_it_lies
from eclips4d.pipeline.reprocess.made import Made
from eclips4d.pipeline.reprocess.plan import REPROCESSED, Plan, Used
from eclips4d.pipeline.reprocess.reading import Begun, Lost
from eclips4d.pipeline.told import Telling, telling, told_of
from eclips4d.registration.locating import Located
from eclips4d.storage.encoding import Encoded
from eclips4d.storage.folder import EVENTS
from eclips4d.storage.writer import StoreWriter

COMMIT_EVERY_S = 0.25
MOST_WRITING = 4
"""Frames on their way to the disk: the rest of the memory is bounded by whoever hands them in."""
GIVEN_UP_BEFORE = "it was given up before"


def opened(plan: Plan, run_id: str) -> StoreWriter:
    """The new store, begun, or taken over where its last writer ended.

    Raises
    ------
    DiskFullError, StoreError
        It cannot be written, or another process writes it.
    """
    if plan.out.exists():
        return StoreWriter.resume(plan.out)
    extra = {
        "engine": plan.engine,
        "model": plan.schedule.own,
        "stack": plan.stack,
        REPROCESSED: plan.told | {"run": str(plan.run)},
    }
    if plan.schedule.changes:
        extra[ATTRIBUTE] = plan.schedule.stored()
    writer = StoreWriter.create(plan.out, plan.info, run_id, keep=plan.keep, stages=STAGES, attributes=extra)
    for name in plan.used:
        if name.startswith(IN_STORE):
            snapshot(where_it_lies(name, plan.run), plan.out)
    return writer


class NewStore:
    """Takes frames and results in order and makes them visible.

    Parameters
    ----------
    writer : StoreWriter
    begun : Begun
        Its calibration is the run's.
    committed : callable
        Called with the frames that a commit has made visible.
    """

    def __init__(self, writer: StoreWriter, begun: Begun, committed: Callable[[range], None]) -> None:
        self.writer, self._visible = writer, committed
        self._calibration = writer.add_calibration(begun.calibration)
        self.committed, self.recorded = writer.committed, writer.recorded
        self.settled = writer.committed
        """Frames that were taken, committed or not."""
        self.state = decode_state(writer.state, str(writer.path)).live
        """Registration's, after the last committed frame."""
        self._raw: deque[tuple[int, Future[None]]] = deque()
        self._results: dict[int, Future[None] | None] = {}
        self._states: dict[int, bytes] = {}
        self._doubts = DoubtWatch()
        self._told = _told_before(writer)
        self._last = time.monotonic()

    def record_gap(self, lost: Lost) -> None:
        """Take the place of a frame that was lost."""
        self.writer.write_gap(lost.sequence, lost.frame_id, lost.time_s)
        self._raw.append((lost.sequence, _done()))
        self._results[lost.sequence] = None
        self.settled = lost.sequence + 1

    def give_up(self, frame: Frame, reason: str, *, came_twice: bool) -> None:
        """Take a frame as it was recorded: nothing can be made of it."""
        sequence = frame.header.sequence
        self._note_twice(sequence, came_twice)
        self._raw.append((sequence, self.writer.write_frame(frame)))
        self.event("frame quarantined", sequence=sequence, reason=reason)
        kept = self.writer.status(sequence) & Status.DUPLICATE
        self.writer.set_status(sequence, Status.QUARANTINED | kept)
        self._results[sequence] = None
        self.settled = sequence + 1
        self._throttle()

    def place(self, located: Located, made: Made, datum: Datum, state: bytes, used: Used, *, came_twice: bool) -> None:
        """Take a frame with its results, and registration's state after it."""
        sequence = located.header.sequence
        for event in located.events:
            self.event(event, sequence=sequence)
        if told := self._doubts.hear(made.doubted, lambda: made.residual):
            self.event(told[0], sequence=sequence, **told[1])
        self._note_twice(sequence, came_twice)
        model = self.writer.add_model(used.fingerprint, used.name, used.engine, used.pixels_alike)
        encoded = Encoded(made.files, located.placement.drift, datum, made.doubted)
        written = self.writer.write_encoded(located.header, encoded, self._calibration, model)
        self._raw.append((sequence, written))
        self._results[sequence] = written
        self._states[sequence] = state
        self.settled = sequence + 1
        self._throttle()

    def given_up(self) -> dict[int, str]:
        """Frames that an earlier process gave up and could not commit that any more."""
        between = range(self.writer.committed, self.writer.recorded)
        return {s: GIVEN_UP_BEFORE for s in between if self.writer.status(s) & Status.QUARANTINED}

    def commit(self, *, force: bool = False) -> None:
        """Make visible what is settled, now or when it is time to."""
        while self._raw and (force or self._raw[0][1].done()):
            self._recorded()
        before, state = self.committed, self.state
        while self.committed < self.recorded and self._is_settled(self.committed, force):
            del self._results[self.committed]
            state = self._states.pop(self.committed, state)
            self.committed += 1
        self.state = state
        now = time.monotonic()
        if not force and now - self._last < COMMIT_EVERY_S:
            return
        before = self.writer.committed
        if (self.committed, self.recorded) != (before, self.writer.recorded):
            encoded = ChainState(live=state).encode()
            self.writer.commit(committed=self.committed, recorded=self.recorded, state=encoded)
            self._visible(range(before, self.committed))
        self._last = now

    def finish(self, total: int) -> None:
        """All frames are there."""
        self.commit(force=True)
        self.writer.finish(total)
        self.event("run ended", total=total)

    def event(self, what: str, /, **values: object) -> None:
        """Note something that happened, unless an earlier process did."""
        if (known := telling(what, values)) in self._told:
            self._told.discard(known)
            return
        told = {"time_utc": datetime.now(UTC).isoformat(), "event": what}
        self.writer.event(told | values | told)

    def _recorded(self) -> None:
        sequence, future = self._raw.popleft()
        future.result()
        self.recorded = max(self.recorded, sequence + 1)

    def _is_settled(self, sequence: int, force: bool) -> bool:
        if sequence not in self._results:
            return False
        future = self._results[sequence]
        if future is None:
            return True
        if not (force or future.done()):
            return False
        future.result()
        return True

    def _note_twice(self, sequence: int, came_twice: bool) -> None:
        if came_twice:
            self.writer.set_status(sequence, Status.DUPLICATE)

    def _throttle(self) -> None:
        writing = [future for _, future in self._raw if not future.done()]
        for future in writing[: max(0, len(writing) - MOST_WRITING)]:
            future.result()


def _done() -> Future[None]:
    done: Future[None] = Future()
    done.set_result(None)
    return done


def _told_before(writer: StoreWriter) -> set[Telling]:
    events: Path = writer.path / EVENTS
    return told_of(events, lambda sequence: sequence >= writer.committed)
