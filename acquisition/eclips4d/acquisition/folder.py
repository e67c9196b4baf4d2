"""Recordings of one frame: a folder with one TIFF file per segment and `instrument.toml`."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from eclips4d.acquisition.fei import Tags, VendorSays, vendor_says, warn_of_differences
from eclips4d.acquisition.indexed import IndexedSource
from eclips4d.acquisition.pace import Pace
from eclips4d.acquisition.recording import Pixels, as_source, read_instrument
from eclips4d.acquisition.tiff import TIFF_SUFFIXES, check_complete, native, open_tiff, read_plane, reading
from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument

INSTRUMENT_FILE = "instrument.toml"


def open_folder(path: Path, *, instrument: Path | None, pace: Pace, run_id: str) -> IndexedSource:
    """`A.tif`, `B.tif`, … in the order of their names, as a source of one frame.

    The vendor's data bar is cut off at `scan.rows`, or, when that is not given, where the vendor's header says.

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
    description, text = read_instrument(instrument or path / INSTRUMENT_FILE, path / INSTRUMENT_FILE)
    with ExitStack() as opened:
        tifs = {f: opened.enter_context(open_tiff(f)) for f in files}
        pixels = _pixels(path, tifs, description)
        source = as_source(pixels, description, text, kind="folder", address=str(path), pace=pace, run_id=run_id)
        opened.pop_all()
    return source


def _pixels(path: Path, tifs: dict[Path, tifffile.TiffFile], instrument: Instrument) -> Pixels:
    pages = {f: _page(f, tif) for f, tif in tifs.items()}
    (first, page), *others = pages.items()
    for other, its in others:
        if (its.shape, its.dtype) != (page.shape, page.dtype):
            raise InputError(
                f"{its.dtype}{its.shape} differs from {first.name}'s {page.dtype}{page.shape}",
                where=str(other),
                cure="give segments of one and the same scan",
            )
    vendor = _vendor(tifs)
    warn_of_differences(vendor, instrument, str(path))
    columns = page.shape[1]
    rows = _rows(page.shape[0], vendor, instrument, path)

    def read(_sequence: int) -> RawArray:
        planes = [read_plane(its, file)[:rows] for file, its in pages.items()]
        return np.ascontiguousarray(np.stack(planes))

    def close() -> None:
        for tif in tifs.values():
            tif.close()

    return Pixels(
        segments=tuple(f.stem for f in tifs),
        dtype=native(page.dtype),
        shape=(len(tifs), rows, columns),
        frames=1,
        read=read,
        close=close,
        start_utc=vendor.start_utc or datetime.fromtimestamp(first.stat().st_mtime, UTC).isoformat(),
        line_time_s=vendor.line_time_s,
        side=vendor.side,
        side_units=vendor.units,
    )


def _page(file: Path, tif: tifffile.TiffFile) -> Any:
    with reading(file, "not a readable TIFF file"):
        page = tif.pages[0]
        check_complete([page], tif.filehandle.size, file)
    if len(page.shape) != 2:
        raise InputError(
            f"an image of shape {page.shape}", where=str(file), cure="store one grey-level plane per segment"
        )
    return page


def _vendor(tifs: dict[Path, tifffile.TiffFile]) -> VendorSays:
    said: dict[str, Tags] = {f.stem: tif.fei_metadata or {} for f, tif in tifs.items()}
    return vendor_says(said)


def _rows(rows: int, vendor: VendorSays, instrument: Instrument, path: Path) -> int:
    wanted = instrument.scan.rows or vendor.rows or rows
    if wanted > rows:
        raise InputError(
            f"{rows} rows, but {wanted} rows of specimen were announced", where=str(path), cure="correct scan.rows"
        )
    return wanted
