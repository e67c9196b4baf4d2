"""One frame's row across the columns: written from a header, a gap or a drift, and turned back into a header."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.core.frame import FrameHeader
from eclips4d.core.instrument import Instrument
from eclips4d.core.results import Registered, Status
from eclips4d.core.source import SourceInfo
from eclips4d.storage.columns import Column
from eclips4d.storage.layout import INDICES

Columns = Mapping[str, Column]


def write_header(columns: Columns, header: FrameHeader) -> None:
    """Record a frame; `time` last, so that a row with a time is a row that is whole."""
    columns["frame_id"].write(header.sequence, header.frame_id)
    columns["time_end"].write(header.sequence, header.end_s)
    columns["line_time"].write(header.sequence, header.line_time_s)
    for name, value in header.side.items():
        columns[f"side_{name}"].write(header.sequence, value)
    columns["time"].write(header.sequence, header.start_s)


def write_gap(columns: Columns, sequence: int, frame_id: int, time_s: float) -> None:
    """Record that a frame existed and was lost."""
    columns["frame_id"].write(sequence, frame_id)
    write_settled(columns, sequence, Status.GAP)
    columns["time"].write(sequence, time_s)


def add_status(columns: Columns, sequence: int, status: Status) -> None:
    """Set the status, but never forget results that are there."""
    write_settled(columns, sequence, status | read_status(columns, sequence) & (Status.DONE | Status.NOT_ALIGNED))


def write_settled(columns: Columns, sequence: int, status: Status) -> None:
    """Set why a frame has no results; its indices then refer to nothing."""
    if not status & Status.DONE:
        for name in INDICES:
            columns[name].write(sequence, -1)
    columns["status"].write(sequence, int(status))


def write_result(columns: Columns, sequence: int, registered: Registered, calibration: int, model: int) -> None:
    """Set drift, datum and indices of a frame whose planes are durable; `status` last."""
    drift, datum = registered.drift, registered.datum
    columns["drift"].write(sequence, drift.start)
    columns["drift_rate"].write(sequence, drift.rate)
    columns["drift_sd"].write(sequence, drift.sd)
    if "datum" in columns:
        columns["datum"].write(sequence, datum.plane)
        columns["datum_sd"].write(sequence, datum.sd)
    for name, index in zip(INDICES, (model, calibration, drift.reference), strict=True):
        columns[name].write(sequence, index)
    kept = read_status(columns, sequence) & (Status.DEFERRED | Status.DUPLICATE)
    columns["status"].write(sequence, int(kept | Status.DONE | (Status(0) if drift.aligned else Status.NOT_ALIGNED)))


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
