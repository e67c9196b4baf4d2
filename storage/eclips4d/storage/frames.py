"""What the writer's threads do with one frame: its files, synced, then the row that says that they are there."""

from __future__ import annotations

from eclips4d.core.frame import Frame, FrameHeader
from eclips4d.core.results import Registered
from eclips4d.storage import rows
from eclips4d.storage.arrays import Arrays
from eclips4d.storage.durable import disk_errors
from eclips4d.storage.encoding import Encoded
from eclips4d.storage.rounding import stored_planes
from eclips4d.storage.row_sync import RowSync


def record(arrays: Arrays, sync: RowSync, frame: Frame) -> None:
    """Raw pixels, then the row, `time` last."""
    sequence = frame.header.sequence
    with disk_errors(arrays.root):
        arrays.planes.write(sequence, {"raw": frame.data}, sync.sync)
        sync.write(rows.header_row(arrays.columns, frame.header))
        arrays.planes.forget_pages("raw", sequence)


def store(arrays: Arrays, sync: RowSync, sequence: int, registered: Registered, calibration: int, model: int) -> None:
    """Results, bit-rounded; a frame that is committed already is one that was deferred, and may be looked at."""
    planes = stored_planes(registered.surface, arrays.record.products)
    told = (registered.drift, registered.datum, registered.surface.doubted)
    with disk_errors(arrays.root):
        arrays.planes.write(sequence, planes, None if sequence < arrays.record.committed else sync.sync)
        sync.write(rows.result_row(arrays.columns, sequence, *told, calibration, model))


def take(arrays: Arrays, sync: RowSync, header: FrameHeader, made: Encoded, calibration: int, model: int) -> None:
    """Pixels and results of a new frame that were encoded elsewhere."""
    sequence = header.sequence
    with disk_errors(arrays.root):
        arrays.planes.put(sequence, made.files)
        sync.write(rows.header_row(arrays.columns, header))
        told = (made.drift, made.datum, made.doubted)
        sync.write(rows.result_row(arrays.columns, sequence, *told, calibration, model))
        arrays.planes.forget_pages("raw", sequence)
