"""Recordings: OME-TIFF, axes T C Y X in whatever order the file says, read page by page."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import tifffile
from numpy.typing import NDArray

from eclips4d.acquisition.description import described
from eclips4d.acquisition.indexed import IndexedSource
from eclips4d.acquisition.pace import Pace
from eclips4d.acquisition.recording import Pixels, as_source, instrument_beside, segment_names
from eclips4d.acquisition.tiff import check_complete, check_count, native, open_tiff, read_plane, reading
from eclips4d.acquisition.vendor.says import VendorSays
from eclips4d.core.errors import InputError, TruncatedInputError
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.core.log import get_logger
from eclips4d.core.units import NM_PER_UNIT, S_PER_UNIT

_TOLERANCE = 2e-3
"""Relative difference of pixel sizes that is put down to rounding."""


def open_ome_tiff(path: Path, *, instrument: Path | None, pace: Pace, run_id: str) -> IndexedSource:
    """A recording and the instrument file beside it, as a source.

    Raises
    ------
    InputError
        Missing, truncated, not a TIFF, of an unsupported pixel type or shape, or unlike its instrument file.
    """
    tif = open_tiff(path)
    try:
        description, text = described(instrument, instrument_beside(path, None), _says(tif, path), str(path))
        pixels = _pixels(tif, path, description)
        return as_source(pixels, description, text, kind="recording", address=str(path), pace=pace, run_id=run_id)
    except BaseException:
        tif.close()
        raise


def _pixels(tif: tifffile.TiffFile, path: Path, instrument: Instrument) -> Pixels:
    with reading(path, "not a readable TIFF file"):
        ome = _ome_pixels(tif, path)
        series = tif.series[0]
        pages: list[Any] = list(series.pages)
        check_complete(pages, tif.filehandle.size, path)
        order = page_order(series.axes, series.shape, path)
        check_count(len(pages), _announced(ome), path)
        rows, columns = pages[0].shape[:2]
        dtype = native(series.dtype)
        names = _names(ome, order.shape[1])
        period_s = _quantity(ome, "TimeIncrement", S_PER_UNIT, "s")
        start_utc = _start_utc(tif.ome_metadata or "", path)
        _compare_pixel_size(ome, instrument, path)
    frames, segments = order.shape
    rows = _without_data_bar(rows, instrument, path)

    def read(sequence: int) -> RawArray:
        data = np.empty((segments, rows, columns), dtype=dtype)
        for segment, page in enumerate(order[sequence]):
            data[segment] = read_plane(pages[page], path)[:rows]
        return data

    return Pixels(
        segments=names,
        dtype=dtype,
        shape=(segments, rows, columns),
        frames=frames,
        read=read,
        close=tif.close,
        start_utc=start_utc,
        period_s=period_s,
    )


def _says(tif: tifffile.TiffFile, path: Path) -> VendorSays:
    """The size of a pixel, where the description tells both its sides."""
    with reading(path, "not a readable TIFF file"):
        ome = _ome_pixels(tif, path)
        sides = {
            "pixel_width": _quantity(ome, "PhysicalSizeX", NM_PER_UNIT, "µm"),
            "pixel_height": _quantity(ome, "PhysicalSizeY", NM_PER_UNIT, "µm"),
        }
    told = {name: nm for name, nm in sides.items() if nm is not None}
    return VendorSays(vendor="OME", side=told) if len(told) == len(sides) else VendorSays()


def page_order(axes: str, shape: tuple[int, ...], path: Path) -> NDArray[np.intp]:
    """Page number of every (frame, segment), from the axes and shape of the whole series.

    Raises
    ------
    InputError
        An axis besides T, C, Y, X is longer than one, the images are not planes, or an axis is empty.
    """
    if min(shape, default=0) < 1:
        raise InputError(
            f"no pixels: axes {axes} of lengths {shape}", where=str(path), cure="record at least one frame"
        )
    sizes = dict(zip(axes, shape, strict=True))
    extra = [a for a, n in sizes.items() if a not in "TCYX" and n > 1]
    if extra or not {"Y", "X"} <= set(axes):
        raise InputError(
            f"axes {axes} of lengths {shape} are not T C Y X",
            where=str(path),
            cure="store one plane per time and segment",
        )
    leading = [a for a in axes if a in "TC"]
    if axes.replace("S", "").replace("Z", "")[-2:] != "YX":
        raise InputError(f"axes {axes}: the images are not planes of rows and columns", where=str(path))
    pages = np.arange(np.prod([sizes[a] for a in leading], dtype=int)).reshape([sizes[a] for a in leading])
    for axis in "CT":
        if axis not in leading:
            pages, leading = pages[np.newaxis], [axis, *leading]
    return np.transpose(pages, [leading.index("T"), leading.index("C")])


def _without_data_bar(rows: int, instrument: Instrument, path: Path) -> int:
    wanted = instrument.scan.rows or rows
    if wanted > rows:
        raise InputError(
            f"{rows} rows, but the instrument file says scan.rows = {wanted}", where=str(path), cure="correct scan.rows"
        )
    return wanted


def _ome_pixels(tif: tifffile.TiffFile, path: Path) -> ElementTree.Element:
    """The description may stand at the file's end, so a cut file has none."""
    pixels = ElementTree.fromstring(tif.ome_metadata).find(".//{*}Pixels") if tif.ome_metadata else None
    if pixels is None:
        raise TruncatedInputError(
            "no OME description: truncated, or not an OME-TIFF", where=str(path), cure="copy or export it again"
        )
    return pixels


def _announced(ome: ElementTree.Element) -> int:
    return math.prod(int(ome.get(f"Size{axis}", "1")) for axis in "ZCT")


def _names(ome: ElementTree.Element, segments: int) -> tuple[str, ...]:
    channels = [channel.get("Name") for channel in ome.findall("{*}Channel")]
    names = tuple(name for name in channels if name)
    if len(names) == segments == len(set(names)):
        return names
    return segment_names(segments)


def _quantity(ome: ElementTree.Element, name: str, units: dict[str, float], default: str) -> float | None:
    value = ome.get(name)
    if value is None:
        return None
    unit = ome.get(f"{name}Unit", default)
    return float(value) * units[unit] if unit in units and float(value) > 0 else None


def _compare_pixel_size(ome: ElementTree.Element, instrument: Instrument, path: Path) -> None:
    for name, said in zip(("PhysicalSizeX", "PhysicalSizeY"), instrument.scan.pixel_size_xy_nm, strict=True):
        found = _quantity(ome, name, NM_PER_UNIT, "µm")
        if found is not None and abs(found / said - 1.0) > _TOLERANCE:
            get_logger().warning(
                "pixel size differs, the instrument file is used", file=str(path), ome_nm=found, instrument_nm=said
            )


def _start_utc(ome_xml: str, path: Path) -> str:
    date = ElementTree.fromstring(ome_xml).findtext(".//{*}AcquisitionDate")
    if date:
        try:
            moment = datetime.fromisoformat(date)
        except ValueError:
            pass
        else:
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()
