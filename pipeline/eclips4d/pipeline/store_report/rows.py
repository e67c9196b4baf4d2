"""What a store holds, as rows of a table: a caption and one or more lines."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import xarray as xr

from eclips4d.core.errors import EclipsError
from eclips4d.core.results import Status
from eclips4d.metrology.datum import read_datum
from eclips4d.pipeline.store_report.events import read_events
from eclips4d.pipeline.store_report.health import Flags, Health, health, room_line, writer_line
from eclips4d.pipeline.store_report.mending import cure
from eclips4d.storage.durable import disk_errors
from eclips4d.storage.folder import EVENTS, load_record
from eclips4d.storage.reader import StoreSummary, summary
from eclips4d.storage.reader import open as open_store
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
    held = summary(path)
    status, events = _status(path), read_events(path / EVENTS)
    found = health(path, status, thorough=thorough)
    waiting = [] if status is None else np.flatnonzero(_is_waiting(status[: held.committed])).tolist()
    rows = [
        ("frames", _frames_line(held)),
        *_block("health", [*found.lines, *cure(path, held, waiting)]),
        ("writer", writer_line(path)),
        ("room", room_line(path, held)),
        ("frame", frame_line(held.shape, held.dtype, held.source.segments)),
        *_from_arrays(path, held),
        ("products", ", ".join(held.products)),
        ("shown as", "single frames" if held.stack == 1 else f"mean of {held.stack} frames; single ones are stored"),
        ("source", f"{held.source.kind} {held.source.address}"),
        ("instrument", f"fingerprint {held.source.instrument}"),
        ("height scale", _scale_line(held)),
        *_block("events", events.lines),
        *_block("notes", events.notes),
        ("size", f"{_size(path) / 1e6:.1f} MB"),
        ("written by", f"eclips4d {held.version}, run {held.run_id}"),
    ]
    return rows, found


def frame_line(shape: tuple[int, int, int], dtype: str, segments: tuple[str, ...]) -> str:
    """Size and type of one frame."""
    n, rows, columns = shape
    return f"{n} segments ({', '.join(segments)}) of {columns} × {rows} pixels, {dtype}"


def _block(caption: str, lines: Iterable[str]) -> Rows:
    return [(caption if k == 0 else "", line) for k, line in enumerate(lines)]


def _frames_line(held: StoreSummary) -> str:
    announced = f" of {held.expected} announced" if held.expected is not None else ""
    ended = f"run ended after {held.total}" if held.ended else "run not ended"
    return f"{held.committed} committed, {held.recorded} recorded{announced}, {ended}"


def _status(path: Path) -> Flags | None:
    try:
        with disk_errors(path), open_store(path, recorded=True) as data:
            return np.asarray(data["status"].values, np.uint8)
    except (EclipsError, KeyError):
        return None  # what is wrong with it, `missing` tells


def _is_waiting(status: Flags) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    bits = int(Status.DEFERRED | Status.DONE | Status.QUARANTINED)
    return np.asarray(status & bits == int(Status.DEFERRED))


def _from_arrays(path: Path, held: StoreSummary) -> Rows:
    """What stands in the small arrays; of damaged ones nothing is told."""
    try:
        with disk_errors(path), open_store(path) as data:
            return [("times", _times_line(data, held)), *_used(path, data), *_datum_rows(data)]
    except (EclipsError, KeyError):
        return [("times", "cannot be read")]


def _times_line(data: xr.Dataset, held: StoreSummary) -> str:
    times = data["time"].values
    return f"{times[0]:g} s to {times[-1]:g} s after {held.source.start_utc}" if len(times) else "none"


def _used(path: Path, data: xr.Dataset) -> Rows:
    """Models and calibrations, with how many frames rest on each."""
    record = load_record(path)
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


def _size(path: Path) -> int:
    total = 0
    for file in path.rglob("*"):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except FileNotFoundError:
            continue  # a writer at work has renamed it
    return total
