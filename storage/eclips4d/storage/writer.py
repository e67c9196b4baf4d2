"""The store's one writer: raw first, results when they come, and nothing visible before its commit.

Frames are encoded and synced on a small pool of threads; every other method runs in the caller's thread and is durable
when it returns. One thread calls; the futures may be waited for anywhere.

>>> with StoreWriter.create(path, source, run_id, keep=("height",), stages=("storage",)) as store:  # doctest: +SKIP
...     store.write_frame(frame).result()
...     store.commit(committed=0, recorded=1)
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import DiskFullError, InputError, StoreError
from eclips4d.core.frame import Frame, FrameHeader, RawArray
from eclips4d.core.results import Registered, Status
from eclips4d.core.source import SourceInfo
from eclips4d.storage import frames, recover, rows
from eclips4d.storage.arrays import Arrays
from eclips4d.storage.create import create_store
from eclips4d.storage.durable import append_line, disk_errors
from eclips4d.storage.encoding import Encoded
from eclips4d.storage.fitting import check_fits
from eclips4d.storage.folder import EVENTS, ROOT, load_record, lock_path
from eclips4d.storage.layout import PRODUCTS, check_keep, time_block
from eclips4d.storage.lock import acquire, release
from eclips4d.storage.outdated import drop_pyramids, refuse_compacted
from eclips4d.storage.record import MAX_STATE_BYTES, SCALED, ModelUsed, Record
from eclips4d.storage.row_sync import RowSync

_THREADS = 6
"""More than processors: most of them wait for the disk."""


class StoreWriter:
    """Writer of one store; `create` and `resume` make one.

    Attributes
    ----------
    path : Path
        Folder of the store.
    """

    def __init__(self, path: Path, record: Record, lock: int) -> None:
        self.path = path
        self._lock = lock
        self._arrays = Arrays(path, record)
        self._instrument = record.instrument
        self._waiting: dict[int, float] = {}
        self._status_lock = Lock()  # results and a late duplicate may set the same entry
        self._rows = RowSync(guard=self._status_lock)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="store")

    @classmethod
    def create(
        cls,
        path: Path,
        source: SourceInfo,
        run_id: str,
        *,
        keep: tuple[str, ...] = tuple(PRODUCTS),
        stages: tuple[str, ...] = (),
        attributes: Mapping[str, Any] | None = None,
    ) -> StoreWriter:
        """A new, empty store.

        Parameters
        ----------
        path
            Folder that must not exist yet, or be empty.
        keep
            Products to store; raw frames and the columns always are.
        stages
            Names along the second axis of `latency_ms`.
        attributes
            Remembered in the group's attribute `eclips4d`, such as the engine.

        Raises
        ------
        InputError
            The folder is not empty, or a product is unknown.
        DiskFullError, StoreError
            It cannot be written.
        """
        record = Record(
            run_id=run_id,
            source=source,
            products=check_keep(keep),
            stages=tuple(stages),
            length=time_block(source),
            block=time_block(source),
            side_units=dict(source.side_units),
            datum=True,
            extra=dict(attributes or {}),
        )
        return cls(path, record, create_store(path, record))

    @classmethod
    def resume(cls, path: Path) -> StoreWriter:
        """Take over an existing store where its last writer ended, whether it was closed or killed.

        Raises
        ------
        InputError
            It is no store.
        StoreError
            Another process is writing it, or it is damaged.
        """
        load_record(path)
        lock = acquire(lock_path(path), path, path / ROOT)
        try:
            with disk_errors(path):
                record = load_record(path)
                recover.take_over(path, record)
            return cls(path, record, lock)
        except BaseException:
            release(lock)
            raise

    # What is known

    @property
    def _record(self) -> Record:
        return self._arrays.record

    @property
    def committed(self) -> int:
        """Frames whose results are settled."""
        return self._record.committed

    @property
    def recorded(self) -> int:
        """Frames whose raw pixels are durable."""
        return self._record.recorded

    @property
    def state(self) -> bytes:
        """Registration's state after the last committed frame."""
        return self._record.state

    @property
    def run_id(self) -> str:
        """Identity of the run."""
        return self._record.run_id

    @property
    def source(self) -> SourceInfo:
        """The source the store belongs to."""
        return self._record.source

    @property
    def products(self) -> tuple[str, ...]:
        """Products that are stored."""
        return self._record.products

    @property
    def stages(self) -> tuple[str, ...]:
        """Names along the second axis of `latency_ms`."""
        return self._record.stages

    @property
    def calibrations(self) -> tuple[Calibration, ...]:
        """Calibration snapshots by index."""
        return tuple(self._record.calibrations)

    @property
    def models(self) -> tuple[ModelUsed, ...]:
        """Models by index."""
        return tuple(self._record.models)

    @property
    def total(self) -> int | None:
        """Frames of the whole run, once it has ended."""
        return self._record.total

    @property
    def waiting_s(self) -> float:
        """For how long the oldest raw frame has been waiting for the disk; 0 when none does."""
        now = time.monotonic()
        return now - min(list(self._waiting.values()), default=now)

    def statuses(self) -> NDArray[np.uint8]:
        """Status bits of every committed frame, [time]."""
        with disk_errors(self.path):
            return self._arrays.columns["status"].read_range(0, self.committed).astype(np.uint8)

    def status(self, sequence: int) -> Status:
        """Status bits of one frame."""
        self._check_range(sequence)
        return rows.read_status(self._arrays.columns, sequence)

    def header(self, sequence: int) -> FrameHeader:
        """Header of a recorded frame, rebuilt; `InputError` for a gap."""
        self._check_range(sequence)
        return rows.read_header(self._arrays.columns, sequence, self.run_id, self.source, self._instrument)

    def read_raw(self, sequence: int) -> RawArray:
        """Pixels of a recorded frame, [segment, y, x]."""
        self._check_range(sequence)
        with disk_errors(self.path):
            return self._arrays.planes.read("raw", sequence)

    # What is written

    def write_frame(self, frame: Frame) -> Future[None]:
        """Record a frame: raw pixels, then its row, `time` last; the future is done when all of it is durable.

        Raises
        ------
        InputError
            The frame does not fit the store (shape, type, pixel size, rotation) or lies beyond the recording's end.
        DiskFullError
            By the future, or at once where a live run's next block of entries finds no room. The frame is not recorded
            then and takes no room; it may be written again.
        """
        header = frame.header
        check_fits(header, self.source, self._instrument, str(self.path))
        self._check_writable(header.sequence)
        self._make_room(header.sequence, header.side)
        self._waiting[header.sequence] = time.monotonic()
        return self._pool.submit(self._record_frame, frame)

    def write_gap(self, sequence: int, frame_id: int, time_s: float) -> None:
        """Record that a frame existed and was lost: a row of fill values with status GAP."""
        self._check_writable(sequence)
        self._make_room(sequence, ())
        with disk_errors(self.path):
            rows.write_gap(self._arrays.columns, sequence, frame_id, time_s)

    def write_registered(self, sequence: int, registered: Registered, calibration: int, model: int) -> Future[None]:
        """Store a frame's results, bit-rounded; then its status becomes DONE, with NOT_ALIGNED where that is so.

        `calibration` and `model` are what `add_calibration` and `add_model` gave. When the future ends with
        `DiskFullError` the frame has no results, none of them takes room, and it may be deferred.
        """
        self._check_writable(sequence)
        self._check_known(sequence, calibration, model)
        return self._pool.submit(frames.store, self._arrays, self._rows, sequence, registered, calibration, model)

    def write_encoded(self, header: FrameHeader, made: Encoded, calibration: int, model: int) -> Future[None]:
        """Record a new frame together with its results, whose files were made elsewhere; errors as of the two others.

        The files are those that `Encoder` makes of the raw frame and of `stored_planes`.
        """
        check_fits(header, self.source, self._instrument, str(self.path))
        self._check_writable(header.sequence)
        self._check_known(header.sequence, calibration, model)
        self._make_room(header.sequence, header.side)
        return self._pool.submit(frames.take, self._arrays, self._rows, header, made, calibration, model)

    def set_status(self, sequence: int, status: Status) -> None:
        """Set why a frame has no results (quarantined, deferred), or that a duplicate was dropped; DONE stays."""
        self._check_writable(sequence)
        with disk_errors(self.path), self._status_lock:
            rows.add_status(self._arrays.columns, sequence, status)

    def write_latency(self, sequence: int, latency_ms: Mapping[str, float]) -> None:
        """Note how long each stage took, before the frame is committed."""
        self._check_writable(sequence)
        unknown = sorted(set(latency_ms) - set(self._record.stages))
        if unknown:
            raise InputError(f"no stage is called {unknown[0]!r} in this store", where=str(self.path))
        values = [latency_ms.get(stage, np.nan) for stage in self._record.stages]
        if latency_ms:
            with disk_errors(self.path):
                self._arrays.columns["latency_ms"].write(sequence, values)

    def add_calibration(self, calibration: Calibration) -> int:
        """Index of a calibration snapshot, added when it is new; a commit makes it visible."""
        known = self._record.calibrations
        if calibration not in known:
            known.append(calibration)
            self._arrays.renew_attributes(SCALED)
        return known.index(calibration)

    def add_model(self, fingerprint: str, name: str, engine: str = "none", pixels_alike: float = 1.0) -> int:
        """Index of a model, added when it is new; a commit makes it visible. Parameters as of `ModelUsed`."""
        known = self._record.models
        model = ModelUsed(fingerprint=fingerprint, name=name, engine=engine, pixels_alike=pixels_alike)
        if model not in known:
            known.append(model)
            self._arrays.renew_attributes(SCALED)
        return known.index(model)

    def remember(self, name: str, value: object) -> None:
        """Replace one of the attributes given to `create`; a commit makes it visible."""
        self._record.extra[name] = value

    def event(self, event: Mapping[str, Any]) -> bool:
        """Append one line to `events.jsonl`; durable on return. False on a full disk: frames matter more than notes."""
        try:
            with disk_errors(self.path):
                append_line(self.path / EVENTS, msgspec.json.encode(event))
        except DiskFullError:
            return False
        return True

    # What makes it visible

    def commit(self, *, committed: int, recorded: int, state: bytes = b"") -> None:
        """Make frames visible, in one atomic and durable step.

        Parameters
        ----------
        committed, recorded
            The new counters; neither may shrink. Every frame below them must be durable.
        state
            Registration's state after the last committed frame; empty leaves the one before.

        Raises
        ------
        StoreError
            Counters out of order or a state of more than 64 KiB.
        DiskFullError
            No room is left for the new text; the commit before still holds.
        """
        now = self._record
        if not (now.committed <= committed <= recorded <= now.length and now.recorded <= recorded):
            raise StoreError(
                f"cannot commit {committed} of {recorded} after {now.committed} of {now.recorded}, length {now.length}",
                where=str(self.path),
            )
        if len(state) > MAX_STATE_BYTES:
            raise StoreError(f"a state of {len(state)} bytes, {MAX_STATE_BYTES} are allowed", where=str(self.path))
        after = msgspec.structs.replace(now, committed=committed, recorded=recorded, state=state or now.state)
        self._arrays.publish(after)

    def finish(self, total: int) -> None:
        """The source has ended after `total` frames and gaps: trim every array to them and say so.

        Raises
        ------
        StoreError
            Not every frame is committed.
        """
        if self.committed != total or self.recorded != total:
            raise StoreError(f"{self.committed} of {total} frames are committed", where=str(self.path))
        self._arrays.trim(msgspec.structs.replace(self._record, total=total, length=total))

    def close(self) -> None:
        """Wait for what is being written and let go of the store, which can be resumed."""
        self._pool.shutdown(wait=True)
        self._rows.close()
        if self._lock >= 0:
            release(self._lock)
            self._lock = -1

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _record_frame(self, frame: Frame) -> None:
        try:
            frames.record(self._arrays, self._rows, frame)
        finally:
            self._waiting.pop(frame.header.sequence, None)

    def _check_known(self, sequence: int, calibration: int, model: int) -> None:
        if not (0 <= calibration < len(self._record.calibrations) and 0 <= model < len(self._record.models)):
            raise InputError(f"calibration {calibration} or model {model} was never added", where=f"frame {sequence}")

    def _check_range(self, sequence: int) -> None:
        if not 0 <= sequence < self._record.length:
            raise InputError(f"no sequence {sequence} in a store of {self._record.length}", where=str(self.path))

    def _check_writable(self, sequence: int) -> None:
        if sequence < 0:
            raise InputError(f"no sequence {sequence}", where=str(self.path))
        status = rows.read_status(self._arrays.columns, sequence) if sequence < self.committed else Status.DEFERRED
        if status & Status.DONE or not status & Status.DEFERRED:
            raise StoreError(f"sequence {sequence} is committed and never changes", where=str(self.path))
        if self._record.pyramids:
            drop_pyramids(self._arrays)

    def _make_room(self, sequence: int, side: Iterable[str]) -> None:
        refuse_compacted(self._record, sequence, str(self.path))
        new = {name: "" for name in side if name not in self._record.side_units}
        needed = sequence >= self._record.length
        if self.source.can_wait and self.source.frames is not None and sequence >= self.source.frames:
            raise InputError(f"sequence {sequence} of a recording of {self.source.frames} frames", where=str(self.path))
        if not needed and not new:
            return
        # Also a store that was trimmed when its source was stopped grows again, to what it was before.
        block = self._record.time_block
        length = (sequence // block + 1) * block if needed else self._record.length
        units = self._record.side_units | new
        self._arrays.grow(msgspec.structs.replace(self._record, length=length, side_units=units, total=None))
