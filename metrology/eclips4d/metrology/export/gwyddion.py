"""A file of Gwyddion: every frame's height as a channel in metres, its mask, its slopes and standard deviations.

The container is written piece by piece (Gwyddion user guide, "Gwyddion file format"): a name, a size, and components
that each are a name, a letter for the type, and data. Gwyddion computes nothing sensible over NaN, so unknown heights
get the mean of the known ones and are masked.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.export.selection import Selection
from eclips4d.metrology.optional import needed

NM = 1e-9
LARGEST = 2**32 - 1
"""Bytes of a container: its size is a 32-bit number."""
TRUSTED = 50
"""Pixels with less trust are masked unless another limit is asked for."""

Image = tuple[str, NDArray[np.float64], str]


def write_gwy(chosen: Selection, path: Path, trust: int = TRUSTED) -> None:
    """Write all frames chosen, one after the other.

    Parameters
    ----------
    trust : int
        The mask marks pixels below, and those that were never seen.

    Raises
    ------
    InputError
        The package gwyfile is missing, or the file would be larger than the format allows.
    """
    objects = needed("gwyfile.objects", "formats", path)
    rows, columns = chosen.shape
    images = 2 + 2 * chosen.has("slope") + chosen.has("height_sd") + chosen.has("slope_sd")
    if 8.0 * rows * columns * images * len(chosen.frames) > LARGEST:
        raise InputError("more than 4 GiB, which the format cannot hold", where=str(path), cure="choose fewer --frames")
    with path.open("wb") as file:
        file.write(b"GWYPGwyContainer\0")
        place = file.tell()
        file.write(struct.pack("<I", 0))
        for component in _components(chosen, trust, objects):
            file.write(objects.serialize_component(*component))
        end = file.tell()
        file.seek(place)
        file.write(struct.pack("<I", end - place - 4))


def _components(chosen: Selection, trust: int, objects: Any) -> Iterator[tuple[str, Any, str]]:
    number = 0
    for frame, time_s in zip(chosen.frames, chosen.times_s, strict=True):
        height = chosen.height(frame)
        unknown = ~np.isfinite(height)
        mask = unknown | (chosen.plane("trust", frame) < trust) if chosen.has("trust") else unknown
        when = f"frame {frame}, {time_s:g} s"
        for k, (title, image, unit) in enumerate(_images(chosen, frame)):
            key = f"/{number}/data"
            yield key, _field(chosen, _filled(image), unit, objects), "o"
            yield f"{key}/title", f"{title}, {when}", "s"
            yield f"{key}/visible", k == 0, "b"
            yield f"/{number}/meta", _meta(chosen, frame, time_s, objects), "o"
            if mask.any():
                yield f"/{number}/mask", _field(chosen, mask.astype(np.float64), "", objects), "o"
            number += 1


def _images(chosen: Selection, frame: int) -> Iterator[Image]:
    yield "height", chosen.height(frame).astype(np.float64) * NM, "m"
    if chosen.has("slope"):
        for name, part in zip(("slope dh/dx", "slope dh/dy"), chosen.plane("slope", frame), strict=True):
            yield name, part.astype(np.float64), ""
    if chosen.has("height_sd"):
        yield "sd of height", chosen.plane("height_sd", frame).astype(np.float64) * NM, "m"
    if chosen.has("slope_sd"):
        yield "sd of slope", chosen.plane("slope_sd", frame).astype(np.float64), ""


def _filled(image: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.isfinite(image)
    return np.where(known, image, image[known].mean() if known.any() else 0.0)


def _field(chosen: Selection, image: NDArray[np.float64], unit: str, objects: Any) -> Any:
    (rows, columns), (dx, dy), (x0, y0) = image.shape, chosen.pixel_size_nm, chosen.origin_nm
    return objects.GwyDataField(
        image,
        xreal=columns * dx * NM,
        yreal=rows * dy * NM,
        # Of the corner of the first pixel, not of its middle.
        xoff=(x0 - dx / 2) * NM,
        yoff=(y0 - dy / 2) * NM,
        si_unit_xy=objects.GwySIUnit(unitstr="m"),
        si_unit_z=objects.GwySIUnit(unitstr=unit),
    )


def _meta(chosen: Selection, frame: int, time_s: float, objects: Any) -> Any:
    said = {**chosen.about, "frame": str(frame), "time since start_utc": f"{time_s:g} s", "store": chosen.name}
    return objects.GwyContainer(said, dict.fromkeys(said, "s"))
