"""One frame's row across the columns: written from a header, a gap or a drift, and turned back into a header."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eclips4d.core.errors import InputError
from eclips4d.core.frame import FrameHeader
from eclips4d.core.instrument import Instrument
from eclips4d.core.results import Datum, Drift, Status
from eclips4d.core.source import SourceInfo
from eclips4d.storage.columns import Column, Entry
from eclips4d.storage.layout import INDICES
from eclips4d.storage.row_sync import Row

Columns = Mapping[str, Column]


def header_row(columns: Columns, header: FrameHeader) -> Row:
    """A recorded frame; `time` last, so that a row with a time is a row that is whole."""
    values = {"frame_id": header.frame_id, "time_end": header.end_s, "line_time": header.line_time_s}
    values |= {f"side_{name}": value for name, value in header.side.items()}
    entries = tuple(columns[name].entry(header.sequence, value) for name, value in values.items())
    return Row(entries, lambda: columns["time"].entry(header.sequence, header.start_s))


def write_gap(columns: Columns, sequence: int, frame_id: int, time_s: float) -> None:
    """Record that a frame existed and was lost."""
    columns["frame_id"].write(sequence, frame_id)
    write_settled(columns, sequence, Status.GAP)
    columns["time"].write(sequence, time_s)


def add_status(columns: Columns, sequence: int, status: Status) -> None:
    """Set the status, but never forget results that are there."""
    write_settled(
        columns, sequence, status | read_status(columns, sequence) & (Status.DONE | Status.NOT_ALIGNED | Status.DOUBTED)
    )


def write_settled(columns: Columns, sequence: int, status: Status) -> None:
    """Set why a frame has no results; its indices then refer to nothing."""
    if not status & Status.DONE:
        for name in INDICES:
            columns[name].write(sequence, -1)
    columns["status"].write(sequence, int(status))


def result_row(
    columns: Columns, sequence: int, drift: Drift, datum: Datum, doubted: bool, calibration: int, model: int
) -> Row:
    """Drift, datum and indices of a frame whose planes are durable; `status` last."""
    values: dict[str, ArrayLike] = {"drift": drift.start, "drift_rate": drift.rate, "drift_sd": drift.sd}
    if "datum" in columns:
        values |= {"datum": datum.plane, "datum_sd": datum.sd}
    values |= dict(zip(INDICES, (model, calibration, drift.reference), strict=True))
    done = Status.DONE if drift.aligned else Status.DONE | Status.NOT_ALIGNED
    if doubted:
        done |= Status.DOUBTED

    def status() -> Entry:
        kept = read_status(columns, sequence) & (Status.DEFERRED | Status.DUPLICATE)
        return columns["status"].entry(sequence, int(kept | done))

    return Row(tuple(columns[name].entry(sequence, value) for name, value in values.items()), status)


def read_status(columns: Columns, sequence: int) -> Status:
    """Status bits of one frame."""
    return Status(int(columns["status"].read(sequence)))


def read_header(
    columns: Columns, sequence: int, run_id: str, source: SourceInfo, instrument: Instrument
) -> FrameHeader:
    """Rebuild a frame's header.

    Raises
    ------
    InputError
        The frame is a gap: it has no pixels and no header.
    """
    if read_status(columns, sequence) & Status.GAP:
        raise InputError("this frame was lost before it was recorded", where=f"sequence {sequence}")

    def value(name: str) -> float:
        return float(columns[name].read(sequence))

    return FrameHeader(
        run_id=run_id,
        sequence=sequence,
        frame_id=int(columns["frame_id"].read(sequence)),
        start_s=value("time"),
        end_s=value("time_end"),
        line_time_s=value("line_time"),
        segments=source.segments,
        dtype=source.dtype,
        shape=source.shape,
        pixel_size_nm=instrument.scan.pixel_size_xy_nm,
        rotation_deg=instrument.scan.rotation_deg,
        instrument=source.instrument,
        side={name[5:]: v for name in columns if name.startswith("side_") and math.isfinite(v := value(name))},
    )


def whole_rows(columns: Columns, start: int, length: int) -> int:
    """First sequence from `start` on that is not recorded, although no commit may have counted it yet."""
    times: NDArray[np.float64] = columns["time"].read_range(start, length).astype(np.float64)
    missing = np.flatnonzero(~np.isfinite(times))
    return start + int(missing[0]) if missing.size else length
