"""Recordings in a folder: TIFF files with one segment, or one frame, each, and `instrument.toml`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from eclips4d.acquisition.data_bar import rows_above_bar
from eclips4d.acquisition.description import azimuths_in, described
from eclips4d.acquisition.frame_files import Grouping, group, read_frame, start_times
from eclips4d.acquisition.image_file import ImageFile, check_alike, look_at
from eclips4d.acquisition.indexed import IndexedSource
from eclips4d.acquisition.naming import Pattern
from eclips4d.acquisition.pace import Pace
from eclips4d.acquisition.recording import Pixels, as_source, segment_names
from eclips4d.acquisition.tiff import TIFF_SUFFIXES
from eclips4d.acquisition.vendor.says import VendorSays, differences, vendor_says, warn_of_differences
from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument

INSTRUMENT_FILE = "instrument.toml"


def open_folder(path: Path, *, instrument: Path | None, pace: Pace, run_id: str, pattern: str = "") -> IndexedSource:
    """`A.tif`, `B.tif`, … as one frame, in the order of their names; or a series, as the names tell.

    The vendor's data bar is cut off at `scan.rows`, or, when that is not given, where the vendor's header says, or,
    when that is silent, where one is seen. A frame of a series that is not complete is a gap.

    Parameters
    ----------
    pattern
        Of the files' names, with `{segment}`, `{frame}` and `*`; guessed when empty.

    Raises
    ------
    InputError
        No TIFF files, files of different sizes, or one that cannot be read.
    """
    files = sorted(f for f in path.iterdir() if f.suffix.lower() in TIFF_SUFFIXES)
    if not files:
        raise MissingInputError(
            "no TIFF files in this folder", where=str(path), cure="put one file per segment there: A.tif, B.tif, …"
        )
    beside = path / INSTRUMENT_FILE
    grouping = group(
        files, azimuths_in(instrument or beside) or len(files), Pattern(pattern) if pattern else None, str(path)
    )
    images = {file: look_at(file) for file in grouping.files}
    first = next(files for files in grouping.frames if files)
    says = vendor_says({name: images[file].header for name, file in first.items()}, str(path))
    description, text = described(instrument, beside, says, str(path))
    check_alike({file.name: image for file, image in images.items()})
    warn_of_differences(says, description, str(path))
    pixels = _pixels(path, grouping, images, says, description)
    return as_source(pixels, description, text, kind="folder", address=str(path), pace=pace, run_id=run_id)


def _pixels(
    path: Path, grouping: Grouping, images: dict[Path, ImageFile], says: VendorSays, instrument: Instrument
) -> Pixels:
    first = grouping.frames[0]
    assert first is not None
    image = images[next(iter(first.values()))]
    whole = read_frame(first, image.shape[0])
    rows, seen = rows_of_specimen(whole, says, instrument, str(path))
    segments = grouping.segments or segment_names(len(whole))
    leading = [images[next(iter(files.values()))] if files else None for files in grouping.frames]

    def read(sequence: int) -> RawArray | None:
        files = grouping.frames[sequence]
        return read_frame(files, rows) if files else None

    return Pixels(
        segments=segments,
        dtype=image.dtype,
        shape=(len(whole), rows, image.shape[1]),
        frames=len(grouping.frames),
        read=read,
        close=lambda: None,
        start_utc=says.start_utc or datetime.fromtimestamp(image.path.stat().st_mtime, UTC).isoformat(),
        period_s=says.side.get("frame_time"),
        line_time_s=says.line_time_s,
        times_s=start_times(leading),
        first_id=grouping.first_id,
        side=says.side,
        side_units=says.units,
        remarks=(*grouping.remarks, *seen, *differences(says, instrument)),
    )


def rows_of_specimen(
    whole: RawArray, says: VendorSays, instrument: Instrument, where: str
) -> tuple[int, tuple[str, ...]]:
    """Rows above the data bar, and what is to be said of a bar that only its looks tell of.

    Raises
    ------
    InputError
        More rows are announced than there are.
    """
    rows = whole.shape[1]
    wanted = instrument.scan.rows or says.rows or rows
    if wanted > rows:
        raise InputError(
            f"{rows} rows, but {wanted} rows of specimen were announced", where=where, cure="correct scan.rows"
        )
    if wanted == rows and instrument.scan.rows is None and (seen := rows_above_bar(whole)) is not None:
        return seen, (f"a data bar is seen below row {seen} and cut off; scan.rows = {rows} would keep it",)
    return wanted, ()
