"""What a store holds, as rows of a table: a caption and one or more lines."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np
import xarray as xr

from eclips4d.core.errors import EclipsError
from eclips4d.core.results import Status
from eclips4d.metrology.datum import read_datum
from eclips4d.pipeline.store_report.events import read_events
from eclips4d.pipeline.store_report.health import Flags, Health, health, room_line, writer_line
from eclips4d.pipeline.store_report.in_bucket import bucket_condition
from eclips4d.pipeline.store_report.mending import cure
from eclips4d.storage.durable import disk_errors
from eclips4d.storage.folder import EVENTS
from eclips4d.storage.objects import is_object
from eclips4d.storage.one_commit import OneCommit
from eclips4d.storage.reader import StoreSummary
from eclips4d.storage.record import Record
from eclips4d.viewer.datum_words import datum_rows

Rows = list[tuple[str, str]]


def store_rows(path: Path, *, thorough: bool = False) -> tuple[Rows, Health]:
    """Everything there is to say of a store, and how it is.

    Parameters
    ----------
    thorough
        Check every shard's checksum.

    Raises
    ------
    InputError, StoreError
        It is no store, or its metadata is damaged.
    """
    now = OneCommit.of(path)
    held, status, events = now.summary, _status(now), read_events(path / EVENTS)
    found, writer, room, size = _condition(now, status, thorough)
    waiting = [] if status is None else np.flatnonzero(_is_waiting(status[: held.committed])).tolist()
    rows = [
        ("frames", _frames_line(held)),
        *_block("health", [*found.lines, *cure(path, held, waiting)]),
        ("writer", writer),
        *room,
        ("frame", frame_line(held.shape, held.dtype, held.source.segments)),
        *_from_arrays(now),
        ("products", ", ".join(held.products)),
        ("shown as", "single frames" if held.stack == 1 else f"mean of {held.stack} frames; single ones are stored"),
        ("source", f"{held.source.kind} {held.source.address}"),
        ("instrument", f"fingerprint {held.source.instrument}"),
        ("height scale", _scale_line(held)),
        *_block("events", events.lines),
        *_block("notes", events.notes),
        *_block("triggers", events.marks),
        ("size", f"{size / 1e6:.1f} MB"),
        ("written by", f"eclips4d {held.version}, run {held.run_id}"),
    ]
    return rows, found


def frame_line(shape: tuple[int, int, int], dtype: str, segments: tuple[str, ...]) -> str:
    """Size and type of one frame."""
    n, rows, columns = shape
    return f"{n} segments ({', '.join(segments)}) of {columns} × {rows} pixels, {dtype}"


def _condition(now: OneCommit, status: Flags | None, thorough: bool) -> tuple[Health, str, Rows, int]:
    """Health, writer, room and bytes; a bucket has no end."""
    path = now.path
    if is_object(path):
        seen = bucket_condition(path, now.record, status)
        return seen.health, seen.writer, [], seen.size
    found = health(path, status, thorough=thorough)
    return found, writer_line(path), [("room", room_line(path, now.summary))], _size(path)


def _block(caption: str, lines: Iterable[str]) -> Rows:
    return [(caption if k == 0 else "", line) for k, line in enumerate(lines)]


def _frames_line(held: StoreSummary) -> str:
    announced = f" of {held.expected} announced" if held.expected is not None else ""
    ended = f"run ended after {held.total}" if held.ended else "run not ended"
    return f"{held.committed} committed, {held.recorded} recorded{announced}, {ended}"


def _status(now: OneCommit) -> Flags | None:
    try:
        with disk_errors(now.path), now.dataset(recorded=True) as data:
            return np.asarray(data["status"].values, np.uint8)
    except (EclipsError, KeyError):
        return None  # what is wrong with it, `missing` tells


def _is_waiting(status: Flags) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    bits = int(Status.DEFERRED | Status.DONE | Status.QUARANTINED)
    return np.asarray(status & bits == int(Status.DEFERRED))


def _from_arrays(now: OneCommit) -> Rows:
    """What stands in the small arrays; of damaged ones nothing is told."""
    try:
        with disk_errors(now.path), now.dataset() as data:
            return [("times", _times_line(data, now.summary)), *_used(now.record, data), *_datum_rows(data)]
    except (EclipsError, KeyError):
        return [("times", "cannot be read")]


def _times_line(data: xr.Dataset, held: StoreSummary) -> str:
    times = data["time"].values
    return f"{times[0]:g} s to {times[-1]:g} s after {held.source.start_utc}" if len(times) else "none"


def _used(record: Record, data: xr.Dataset) -> Rows:
    """Models and calibrations, with how many frames rest on each."""
    done = data["status"].values & int(Status.DONE) != 0
    models = [
        f"{m.name if m.engine == 'none' else f'{m.name} on {m.engine}'}: {_count(data, 'model', k, done)}"
        f" (fingerprint {m.fingerprint[:16]})"
        for k, m in enumerate(record.models)
    ]
    calibrations = [
        f"from frame {c.valid_from} on: {_count(data, 'calibration', k, done)} (fingerprint {c.fingerprint[:16]})"
        for k, c in enumerate(record.calibrations)
    ]
    return [*_block("models", models or ["none"]), *_block("calibrations", calibrations or ["not known yet"])]


def _count(data: xr.Dataset, name: str, index: int, done: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> str:
    count = int(((data[name].values == index) & done).sum())
    return f"{count} {'frame' if count == 1 else 'frames'}"


def _datum_rows(data: xr.Dataset) -> Rows:
    return datum_rows(read_datum(data)) if "height" in data else []


def _scale_line(held: StoreSummary) -> str:
    if not held.calibrations:
        return "not known yet"
    if not held.calibrated:
        return "NOT calibrated: the detector's radii or dark levels are not known"
    return f"calibrated, ± {100 * held.scale_u:.2g} %"


def _size(folder: Path | str) -> int:
    """Bytes of all files; a store may have millions."""
    total = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # a writer at work has renamed it
                total += _size(entry.path) if entry.is_dir(follow_symlinks=False) else entry.stat().st_size
    return total
