"""From pixels that can be read frame by frame, and an instrument description, to a source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xxhash

from eclips4d.acquisition.indexed import IndexedSource
from eclips4d.acquisition.pace import Pace
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RAW_DTYPES, Frame, FrameHeader, RawArray
from eclips4d.core.instrument import Instrument, load_instrument
from eclips4d.core.instrument_text import to_toml
from eclips4d.core.source import SourceInfo

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NO_TIME_KNOWN_S = 1.0
"""Frame period of a recording that tells neither frame times nor line time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """What a file format gives.

    Attributes
    ----------
    segments
        Names, in the order of the frames' first axis.
    shape
        (segments, rows, columns).
    read
        `read(sequence)` → pixels, C-contiguous, in native byte order; None where a frame is not there.
    period_s
        Time between frames if the file tells it; the instrument file goes first.
    line_time_s, times_s
        Likewise; start of every frame.
    first_id
        The hardware's number of the first frame.
    side, side_units
        Values that hold for the whole recording.
    remarks
        What whoever uses it should know before.
    """

    segments: tuple[str, ...]
    dtype: str
    shape: tuple[int, int, int]
    frames: int
    read: Callable[[int], RawArray | None]
    close: Callable[[], None]
    start_utc: str
    period_s: float | None = None
    line_time_s: float | None = None
    times_s: tuple[float, ...] | None = None
    first_id: int = 0
    side: dict[str, float] = field(default_factory=dict)
    side_units: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def read_instrument(path: Path, beside: Path | None = None) -> tuple[Instrument, str]:
    """The parsed description and its text.

    Parameters
    ----------
    path
        What the user gave, or the file beside the recording.
    beside
        The recording's own description. When `path` is another file and holds a calibration, beam, scan and specimen
        are the recording's own, detector and calibration those of `path`.
    """
    instrument = load_instrument(path)
    if instrument.calibration is None or beside is None or not beside.exists() or beside.resolve() == path.resolve():
        return instrument, path.read_text(encoding="utf-8")
    merged = load_instrument(beside).calibrated_by(instrument)
    return merged, to_toml(merged)


def as_source(
    pixels: Pixels, instrument: Instrument, instrument_toml: str, *, kind: str, address: str, pace: Pace, run_id: str
) -> IndexedSource:
    """A source over a recording; the first frame is read to identify it.

    Raises
    ------
    InputError
        The recording does not fit its instrument file, or a segment of its first frame shows nothing.
    """
    check_pixels(pixels, address)
    instrument.check_recording(segments=pixels.shape[0], frames=pixels.frames, where=address)
    first = pixels.read(0)
    if first is None:
        raise InputError("the first frame is not there", where=address, cure="copy the recording again, completely")
    check_alive(first, pixels.segments, address)
    times = frame_times(pixels, instrument)
    info = SourceInfo(
        kind=kind,
        address=address,
        identity=recording_identity(first, instrument),
        instrument_toml=instrument_toml,
        instrument=instrument.fingerprint,
        segments=pixels.segments,
        dtype=pixels.dtype,
        shape=pixels.shape,
        frames=pixels.frames,
        can_wait=True,
        start_utc=pixels.start_utc,
        frames_per_second=mean_rate(times),
        side_units=pixels.side_units,
        remarks=pixels.remarks,
    )
    line_time_s = instrument.scan.line_time_s or pixels.line_time_s or 0.0

    def read(sequence: int) -> Frame | None:
        data, start_s = pixels.read(sequence), times[sequence]
        if data is None:
            return None
        header = FrameHeader(
            run_id=run_id,
            sequence=sequence,
            frame_id=pixels.first_id + sequence,
            start_s=start_s,
            end_s=start_s + line_time_s * pixels.shape[1],
            line_time_s=line_time_s,
            segments=pixels.segments,
            dtype=pixels.dtype,
            shape=pixels.shape,
            pixel_size_nm=instrument.scan.pixel_size_xy_nm,
            rotation_deg=instrument.scan.rotation_deg,
            instrument=instrument.fingerprint,
            side=pixels.side,
        )
        return Frame(header, read_only(data))

    return IndexedSource(info, read, pace=pace, close=pixels.close)


def read_only(data: RawArray) -> RawArray:
    """The same pixels, never to be written again."""
    data.flags.writeable = False
    return data


def frame_times(pixels: Pixels, instrument: Instrument) -> tuple[float, ...]:
    """Start of every frame, s: as the instrument file says, else as the recording says, else back to back."""
    if instrument.scan.frame_times_s is not None:
        return instrument.scan.frame_times_s
    if pixels.times_s is not None:
        return pixels.times_s
    scan_s = (instrument.scan.line_time_s or pixels.line_time_s or 0.0) * pixels.shape[1]
    period_s = pixels.period_s or scan_s or NO_TIME_KNOWN_S
    return tuple(period_s * t for t in range(pixels.frames))


def mean_rate(times_s: Sequence[float]) -> float | None:
    """Frames per second, from their times; None for a single frame."""
    return (len(times_s) - 1) / (times_s[-1] - times_s[0]) if len(times_s) > 1 and times_s[-1] > times_s[0] else None


def recording_identity(first: RawArray, instrument: Instrument) -> str:
    """Checksum of the first frame and fingerprint of the instrument."""
    return f"recording:{xxhash.xxh3_64_hexdigest(first.data)}:{instrument.fingerprint}"


def check_pixels(pixels: Pixels, where: str) -> None:
    """Refuse pixel types and sizes that nothing downstream can work on."""
    if pixels.dtype not in RAW_DTYPES:
        raise InputError(f"pixels of type {pixels.dtype}", where=where, cure=f"store them as {' or '.join(RAW_DTYPES)}")
    if pixels.frames < 1 or min(pixels.shape) < 1:
        raise InputError(
            f"no pixels: {pixels.frames} frames of {pixels.shape} (segments, rows, columns)",
            where=where,
            cure="give a recording that holds at least one frame",
        )


def check_alive(first: RawArray, segments: tuple[str, ...], where: str) -> None:
    """Refuse a first frame in which a segment shows one single value: its channel is dead or was never recorded."""
    for name, plane in zip(segments, first, strict=True):
        if np.all(plane == plane.flat[0]):
            raise InputError(
                f"segment {name} of the first frame is {plane.flat[0]} everywhere",
                where=where,
                cure="check that this segment was connected and recorded",
            )


def segment_names(segments: int) -> tuple[str, ...]:
    """A, B, C, … for a file that does not name its segments."""
    return tuple(LETTERS[:segments]) if segments <= len(LETTERS) else tuple(f"S{k}" for k in range(segments))


def instrument_beside(path: Path, override: Path | None) -> Path:
    """`NAME.toml` of `NAME.ome.tif`, or what the user gave instead."""
    if override is not None:
        return override
    name = path.name
    for suffix in (".ome.tiff", ".ome.tif", ".tiff", ".tif"):
        if name.lower().endswith(suffix):
            return path.with_name(name[: -len(suffix)] + ".toml")
    return path.with_suffix(".toml")
