"""A watched folder is described by the first frame that comes into it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from eclips4d.acquisition.description import azimuths_in, described
from eclips4d.acquisition.folder import INSTRUMENT_FILE, rows_of_specimen
from eclips4d.acquisition.frame_files import guessed, read_frame
from eclips4d.acquisition.image_file import check_alike, look_at
from eclips4d.acquisition.recording import check_alive, segment_names
from eclips4d.acquisition.vendor.says import VendorSays, differences, vendor_says, warn_of_differences
from eclips4d.acquisition.watch.address import parse_watch
from eclips4d.acquisition.watch.beginning import Beginning, wait_for_first
from eclips4d.acquisition.watch.frame_reader import FrameReader, saved_s
from eclips4d.acquisition.watch.source import WatchedFolder
from eclips4d.core.errors import InputError
from eclips4d.core.frame import FrameHeader, RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.core.instrument_text import to_toml
from eclips4d.core.source import SourceInfo


def open_watched(address: str, *, instrument: Path | None, run_id: str) -> WatchedFolder:
    """Wait for the first frame, and describe what follows by it.

    Parameters
    ----------
    instrument
        Used instead of `instrument.toml` in the folder; what it leaves open the images' headers fill.

    Raises
    ------
    InputError
        No such folder, a bad parameter, or a first frame that cannot be used.
    PeerTimeoutError
        No first frame.
    """
    path, watching = parse_watch(address)
    beside = path / INSTRUMENT_FILE
    begun = wait_for_first(path, _segments(instrument, beside, address), watching, address)
    images = {name: look_at(file) for name, file in begun.files.items()}
    check_alike({image.path.name: image for image in images.values()})
    says = vendor_says({name: image.header for name, image in images.items()}, address)
    description, text = _of_no_recording(*described(instrument, beside, says, address))
    warn_of_differences(says, description, address)
    image = next(iter(images.values()))
    whole = read_frame(begun.files, image.shape[0])
    rows, seen = rows_of_specimen(whole, says, description, address)
    header = _header(begun, whole[:, :rows], says, description, run_id, address)
    started_s = saved_s(begun.files) - header.end_s
    info = SourceInfo(
        kind="watch",
        address=address,
        identity=address.split("?", 1)[0],
        instrument_toml=text,
        instrument=description.fingerprint,
        segments=header.segments,
        dtype=header.dtype,
        shape=header.shape,
        frames=None,
        can_wait=True,
        start_utc=datetime.fromtimestamp(started_s, UTC).isoformat(),
        side_units=says.units,
        remarks=(*(() if watching.pattern else (guessed(begun.pattern),)), *seen, *differences(says, description)),
    )
    reader = FrameReader(
        folder=path,
        header=header,
        file_shape=image.shape,
        says=says,
        first=begun.number if watching.first is None else watching.first,
        started_s=started_s,
    )
    return WatchedFolder(info, watching, begun, reader)


def _segments(instrument: Path | None, beside: Path, address: str) -> int:
    segments = azimuths_in(instrument or beside)
    if not segments:
        described(instrument, beside, VendorSays(), address)  # says what is missing
        raise InputError("azimuths_deg is empty", where=str(instrument or beside), cure="give one azimuth per segment")
    return segments


def _of_no_recording(description: Instrument, text: str) -> tuple[Instrument, str]:
    """A description that was written for a recording may hold that one's times."""
    if description.scan.frame_times_s is None:
        return description, text
    scan = description.scan.model_copy(update={"frame_times_s": None})
    description = description.model_copy(update={"scan": scan})
    return description, to_toml(description)


def _header(
    begun: Beginning, first: RawArray, says: VendorSays, description: Instrument, run_id: str, address: str
) -> FrameHeader:
    """Of the first frame, whose start is the run's."""
    segments = begun.segments if begun.pattern.has_segment else segment_names(len(first))
    description.check_recording(segments=len(first), frames=0, where=address)
    check_alive(first, segments, address)
    line_time_s = description.scan.line_time_s or says.line_time_s or 0.0
    return FrameHeader(
        run_id=run_id,
        sequence=0,
        frame_id=begun.number,
        start_s=0.0,
        end_s=line_time_s * first.shape[1],
        line_time_s=line_time_s,
        segments=segments,
        dtype=str(first.dtype),
        shape=(len(first), first.shape[1], first.shape[2]),
        pixel_size_nm=description.scan.pixel_size_xy_nm,
        rotation_deg=description.scan.rotation_deg,
        instrument=description.fingerprint,
    )
