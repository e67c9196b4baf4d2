"""Opening TIFF files so that what is wrong with them is said before a run starts, in one line."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import numpy as np
import tifffile
from numpy.typing import NDArray

from eclips4d.core.errors import InputError, MissingInputError, TruncatedInputError

TIFF_SUFFIXES = (".tif", ".tiff")
_UNREADABLE = (
    tifffile.TiffFileError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    RuntimeError,
    AssertionError,
    ZeroDivisionError,
    OverflowError,
    MemoryError,
    EOFError,
    OSError,
    struct.error,
    zlib.error,
    ParseError,
)
"""What damaged bytes make the TIFF library raise."""


def open_tiff(path: Path) -> tifffile.TiffFile:
    """An open TIFF file.

    Raises
    ------
    MissingInputError, InputError
        No such file, or not a TIFF file.
    """
    if not path.exists():
        raise MissingInputError("no such file", where=str(path), cure="check the path")
    with reading(path, "not a readable TIFF file"):
        return tifffile.TiffFile(path)


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Turn whatever damaged bytes make the TIFF library raise into one line; its own log stays silent meanwhile."""
    log = tifffile.logger()
    silent, log.disabled = log.disabled, True
    try:
        yield
    except InputError:
        raise
    except _UNREADABLE as error:
        raise _explained(path, what, str(error)) from error
    finally:
        log.disabled = silent


def check_complete(pages: Iterable[Any], size: int, path: Path) -> None:
    """Refuse a file whose pages are not all inside it.

    Raises
    ------
    TruncatedInputError
        Naming the first page that is missing or runs over the file's end.
    """
    for number, page in enumerate(pages):
        if page is None:
            raise _truncated(path, f"page {number} is missing")
        ends = (offset + length for offset, length in zip(page.dataoffsets, page.databytecounts, strict=True) if length)
        end = max(ends, default=0)
        if end > size:
            raise _truncated(path, f"page {number} ends at byte {end}, the file at {size}")


def check_count(pages: int, images: int, path: Path) -> None:
    """Refuse a file with fewer or more pages than its own header announces.

    Raises
    ------
    InputError
        `TruncatedInputError` when pages are missing.
    """
    if pages < images:
        raise _truncated(path, f"{pages} of {images} images are there")
    if pages > images:
        raise InputError(f"{pages} pages for {images} images", where=str(path), cure="write one page per image")


def read_plane(page: Any, path: Path) -> NDArray[Any]:
    """Pixels of one page, [rows, columns], native byte order."""
    with reading(path, f"page {page.index} cannot be decoded"):
        plane: NDArray[Any] = page.asarray()
        return plane.astype(plane.dtype.newbyteorder("="), copy=False)


def native(dtype: np.dtype[Any]) -> str:
    """Name of a pixel type whatever its byte order."""
    return dtype.newbyteorder("=").name


def _truncated(path: Path, what: str) -> TruncatedInputError:
    return TruncatedInputError(f"truncated: {what}", where=str(path), cure="copy the recording again, completely")


def _explained(path: Path, what: str, why: str) -> InputError:
    if "imagecodecs" in why:
        compression = why.split(" requires")[0].strip("<>").split(":")[0]
        return InputError(
            f"{compression} needs a codec that is not installed",
            where=str(path),
            cure="pip install 'eclips4d[formats]'",
        )
    return InputError(f"{what}: {why}", where=str(path), cure="check that the file is a complete TIFF file")
