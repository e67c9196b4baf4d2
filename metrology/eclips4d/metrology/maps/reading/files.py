"""A height map from a file, by the ending of its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.metrology.maps.height_map import HeightMap
from eclips4d.metrology.maps.reading import arrays, gwyddion, instruments

SMALLEST = 8
"""Pixels along a side below which nothing can be put in place."""
READERS = {".npz": arrays.read_npz, ".tif": arrays.read_tiff, ".tiff": arrays.read_tiff, ".gwy": gwyddion.read_gwy}
"""By ending; everything else is left to the reader of instruments' files."""


def read_map(path: Path, *, channel: str | None = None, pixel_size_nm: float | None = None) -> HeightMap:
    """Heights, in nm, from a file of Gwyddion, of an instrument, or of an array.

    Parameters
    ----------
    path : Path
        `.gwy`; `.spm` and its numbered relatives (Bruker, Nanoscope), `.ibw` (Asylum, Igor) and whatever else the
        package SurfaceTopography reads; `.npz` with `height_nm` and `pixel_size_nm`; `.tif` with heights in nm.
    channel : str, optional
        Which of several images, by name or by number; otherwise the first that looks like a height.
    pixel_size_nm : float, optional
        For files that do not tell; refused where the file does.

    Raises
    ------
    MissingInputError
        No such file.
    InputError
        It cannot be read, holds no heights, or a package for it is missing.
    """
    if not path.is_file():
        raise MissingInputError("no such file", where=str(path), cure="give a height map")
    found = READERS.get(path.suffix.lower(), instruments.read_instrument)(path, channel)
    return _checked(_with_pixel_size(found, pixel_size_nm, path), path)


def _with_pixel_size(found: HeightMap, pixel_size_nm: float | None, path: Path) -> HeightMap:
    known = np.isfinite(found.pixel_size_nm).all()
    if known and pixel_size_nm is not None:
        dx, dy = found.pixel_size_nm
        raise InputError(f"says itself that a pixel is {dx:g} × {dy:g} nm", where=str(path), cure="leave --pixel out")
    if known:
        return found
    if pixel_size_nm is None:
        raise InputError("does not say how large a pixel is", where=str(path), cure="give --pixel NM")
    return replace(found, pixel_size_nm=(pixel_size_nm, pixel_size_nm))


def _checked(found: HeightMap, path: Path) -> HeightMap:
    height = found.height_nm
    if height.ndim != 2 or min(height.shape) < SMALLEST:
        raise InputError(f"{height.shape} is no height map", where=str(path), cure=f"give {SMALLEST} × {SMALLEST} up")
    if not min(found.pixel_size_nm) > 0:
        raise InputError("its pixels have no size", where=str(path))
    if not np.isfinite(height).any() or float(np.nanstd(height)) == 0.0:
        raise InputError("all its heights are alike or unknown", where=str(path), cure="choose another --channel")
    return found
