"""A store replayed: its raw frames, at their recorded times, with their gaps."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import xxhash

from eclips4d.acquisition.indexed import IndexedSource
from eclips4d.acquisition.pace import Pace
from eclips4d.acquisition.recording import check_alive, mean_rate, read_instrument, read_only
from eclips4d.core.errors import InputError
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.instrument_text import to_toml
from eclips4d.core.results import Status
from eclips4d.core.source import SourceInfo
from eclips4d.storage import StoredFrames, summary
from eclips4d.storage import open as open_store
from eclips4d.storage.objects import address


def open_replay(path: Path, *, instrument: Path | None, pace: Pace, run_id: str) -> IndexedSource:
    """Every recorded frame of `RUN.zarr`, whether or not it was inferred; sequence and hardware number are kept.

    Raises
    ------
    InputError
        The store holds no raw frames.
    """
    recorded = summary(path).source
    data = open_store(path, recorded=True)
    if "raw" not in data or data.sizes.get("time", 0) == 0:
        raise InputError("this store holds no raw frames", where=str(path), cure="replay a run that recorded raw")
    if instrument is None:
        description, text = parse_instrument(recorded.instrument_toml, str(path)), recorded.instrument_toml
    else:
        description, text = read_instrument(instrument)
        if description.calibration is not None:
            description = parse_instrument(recorded.instrument_toml, str(path)).calibrated_by(description)
            text = to_toml(description)
    description.check_recording(segments=recorded.shape[0], frames=data.sizes["time"], where=str(path))
    times, gaps = data["time"].values, (data["status"].values & int(Status.GAP)) != 0
    data.close()
    if gaps.all():
        raise InputError("this store holds gaps only", where=str(path), cure="replay a run that recorded raw")
    stored, scan = StoredFrames(path), description.scan

    def read(sequence: int) -> Frame | None:
        if gaps[sequence]:
            return None
        header = stored.header(sequence)
        line_time_s = scan.line_time_s or header.line_time_s
        # Another instrument file may say otherwise than the one the frames were recorded with.
        header = msgspec.structs.replace(
            header,
            run_id=run_id,
            end_s=header.start_s + line_time_s * recorded.shape[1],
            line_time_s=line_time_s,
            pixel_size_nm=scan.pixel_size_xy_nm,
            rotation_deg=scan.rotation_deg,
            instrument=description.fingerprint,
        )
        return Frame(header, read_only(stored.raw(sequence)))

    first = read(int(np.argmin(gaps)))
    assert first is not None
    check_alive(first.data, recorded.segments, str(path))
    info = SourceInfo(
        kind="store",
        address=address(path),
        identity=f"store:{xxhash.xxh3_64_hexdigest(first.data.data)}:{description.fingerprint}",
        instrument_toml=text,
        instrument=description.fingerprint,
        segments=recorded.segments,
        dtype=recorded.dtype,
        shape=recorded.shape,
        frames=data.sizes["time"],
        can_wait=True,
        start_utc=recorded.start_utc,
        frames_per_second=mean_rate([float(t) for t in times]),
        side_units=recorded.side_units,
    )
    return IndexedSource(info, read, pace=pace)
