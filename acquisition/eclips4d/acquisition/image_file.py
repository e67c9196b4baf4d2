"""One TIFF file as microscope software writes it: its planes, and what its maker says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from eclips4d.acquisition.tiff import check_complete, native, open_tiff, read_plane, reading
from eclips4d.acquisition.vendor import FileHeader, read_header
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray

_COLOURS = (3, 4)
"""Samples per pixel of a grey image that was saved in colour, the fourth its opacity."""


@dataclass(frozen=True, slots=True)
class ImageFile:
    """What is known of a file without its pixels.

    Attributes
    ----------
    planes
        Pages, or samples per pixel.
    shape
        (rows, columns).
    """

    path: Path
    planes: int
    shape: tuple[int, int]
    dtype: str
    header: FileHeader


def look_at(path: Path) -> ImageFile:
    """A file that is there whole, and its header.

    Raises
    ------
    InputError
        Missing, cut, not a TIFF file, or pages of several sizes.
    """
    with open_tiff(path) as tif:
        pages = _pages(tif, path)
        with reading(path, "not a readable TIFF file"):
            check_complete(pages, tif.filehandle.size, path)
            first = pages[0]
            samples = int(first.samplesperpixel)
            shape = int(first.imagelength), int(first.imagewidth)
            planes = samples if samples > 1 else len(pages)
            return ImageFile(path, planes, shape, native(first.dtype), read_header(tif, path))


def read_planes(path: Path) -> RawArray:
    """All planes of a file, [plane, row, column]."""
    with open_tiff(path) as tif:
        pages = _pages(tif, path)
        with reading(path, "not a readable TIFF file"):
            check_complete(pages, tif.filehandle.size, path)
            stack = np.stack([read_plane(page, path) for page in pages])
            if int(pages[0].samplesperpixel) > 1:
                stack = np.moveaxis(stack[0], -1, 0) if int(pages[0].planarconfig) == 1 else stack[0]
    raw: RawArray = np.ascontiguousarray(stack)
    return raw


def read_segment(path: Path) -> RawArray:
    """The one grey plane of a file, [row, column]; a grey image saved in colour is one.

    Raises
    ------
    InputError
        Several planes, or colours.
    """
    planes = read_planes(path)
    if len(planes) in _COLOURS and np.array_equal(planes[0], planes[1]) and np.array_equal(planes[0], planes[2]):
        planes = planes[:1]
    if len(planes) != 1:
        raise InputError(
            f"an image of {len(planes)} planes", where=str(path), cure="store one grey-level plane per segment"
        )
    plane: RawArray = planes[0]
    return plane


def holds_frame(path: Path, segments: int) -> bool:
    """Whether a file has one plane per segment, which are not the equal colours of one grey plane."""
    if look_at(path).planes != segments or segments == 1:
        return False
    planes = read_planes(path)
    return any(not np.array_equal(plane, planes[0]) for plane in planes[1:])


def check_alike(files: Mapping[str, ImageFile]) -> None:
    """Refuse segments of different sizes or pixel types.

    Raises
    ------
    InputError
        Naming the first that differs.
    """
    name, first = next(iter(files.items()))
    for other in files.values():
        if (other.shape, other.dtype) != (first.shape, first.dtype):
            raise InputError(
                f"{other.dtype}{other.shape} differs from {name}'s {first.dtype}{first.shape}",
                where=str(other.path),
                cure="give segments of one and the same scan",
            )


def _pages(tif: tifffile.TiffFile, path: Path) -> list[Any]:
    with reading(path, "not a readable TIFF file"):
        pages: list[Any] = list(tif.pages)
        if not pages or len({(page.imagelength, page.imagewidth, page.dtype) for page in pages}) != 1:
            raise InputError("pages of several sizes", where=str(path), cure="store planes of one size")
        if int(pages[0].samplesperpixel) > 1 and len(pages) > 1:
            raise InputError("several pages in colour", where=str(path), cure="store grey-level planes")
    return pages
