"""Writing the contract's recording: `NAME.ome.tif`, `NAME.toml` and, where it is known, `NAME.truth.npz`.

Everything is written beside its place and moved there when it is complete, the images last.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import tifffile
import xxhash

from eclips4d.acquisition.recording import instrument_beside
from eclips4d.acquisition.truth import Truth, truth_path, write_truth
from eclips4d.core.errors import InputError
from eclips4d.core.frame import Frame, FrameHeader
from eclips4d.core.instrument import Instrument
from eclips4d.core.instrument_text import to_toml


def write_recording(path: Path, frames: Iterable[Frame], instrument: Instrument, truth: Truth | None = None) -> None:
    """Write frames as they come; only one is held at a time.

    Parameters
    ----------
    path
        `NAME.ome.tif`.
    frames
        Of one shape and type.
    instrument
        Written as `NAME.toml`, with the frames' own times.
    truth
        Written beside it.

    Raises
    ------
    InputError
        No frames, or frames of different shapes.
    """
    if not path.name.endswith(".ome.tif"):
        raise InputError("the name of a recording ends in .ome.tif", where=str(path), cure="name it NAME.ome.tif")
    partial = path.with_name(path.name.removesuffix(".ome.tif") + ".partial.ome.tif")
    try:
        headers = _write_pages(partial, frames)
        times = [header.start_s for header in headers]
        instrument_beside(path, None).write_text(instrument_toml(instrument, times), encoding="utf-8")
        if truth is not None:
            write_truth(truth, truth_path(path))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def instrument_toml(instrument: Instrument, frame_times_s: Iterable[float]) -> str:
    """The description as TOML, with these frame times."""
    scan = instrument.scan.model_copy(update={"frame_times_s": tuple(frame_times_s)})
    return to_toml(instrument.model_copy(update={"scan": scan}))


def _write_pages(path: Path, frames: Iterable[Frame]) -> list[FrameHeader]:
    headers: list[FrameHeader] = []
    seen = xxhash.xxh3_128()
    room: str | None = "to be replaced"
    with tifffile.TiffWriter(path, bigtiff=True, ome=False) as tif:
        for frame in frames:
            _check_like(headers, frame)
            headers.append(frame.header)
            seen.update(np.ascontiguousarray(frame.data).data)
            for plane in frame.data:
                tif.write(
                    plane,
                    compression="zlib",
                    photometric="minisblack",
                    contiguous=False,
                    description=room,
                    metadata=None,
                )
                room = None
    if not headers:
        raise InputError("no frames to write", where=str(path))
    tifffile.tiffcomment(path, _ome_xml(headers, UUID(bytes=seen.digest())).encode("utf-8"))
    return headers


def _check_like(headers: list[FrameHeader], frame: Frame) -> None:
    if headers and (frame.header.shape, frame.header.dtype) != (headers[0].shape, headers[0].dtype):
        raise InputError(
            f"{frame.header.dtype}{frame.header.shape} after {headers[0].dtype}{headers[0].shape}",
            where=frame.header.label,
            cure="write frames of one shape and type into a recording",
        )


def _ome_xml(headers: list[FrameHeader], identity: UUID) -> str:
    """The file's identity is that of its pixels: the same frames make the same file."""
    first = headers[0]
    segments, rows, columns = first.shape
    metadata: dict[str, Any] = {
        "PhysicalSizeX": first.pixel_size_nm[0],
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": first.pixel_size_nm[1],
        "PhysicalSizeYUnit": "nm",
        "Channel": {"Name": list(first.segments)},
    }
    if len(headers) > 1:
        metadata |= {"TimeIncrement": headers[1].start_s - first.start_s, "TimeIncrementUnit": "s"}
    ome = tifffile.OmeXml(UUID=str(identity))
    shape = (len(headers), segments, rows, columns)
    ome.addimage(first.dtype, shape, (len(headers) * segments, 1, 1, rows, columns, 1), axes="TCYX", **metadata)
    return ome.tostring(declaration=True)
