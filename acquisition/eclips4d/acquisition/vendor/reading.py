"""Which maker's header a TIFF file has, in it or beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tifffile

from eclips4d.acquisition.tiff import reading
from eclips4d.acquisition.vendor.fei import fei_header
from eclips4d.acquisition.vendor.header import FileHeader
from eclips4d.acquisition.vendor.texts import (
    HITACHI_MARK,
    JEOL_MARK,
    hitachi_header,
    jeol_header,
    tescan_header,
)
from eclips4d.acquisition.vendor.zeiss import zeiss_header

_TESCAN_TAG = 50431
_LONGEST_TEXT = 1 << 20
"""Bytes; what is longer is no header."""


def read_header(tif: tifffile.TiffFile, path: Path) -> FileHeader:
    """The maker's values of one file; an empty header where there is none.

    Raises
    ------
    InputError
        The header is there and cannot be read.
    """
    with reading(path, "the maker's header cannot be read"):
        page: Any = tif.pages[0]
        rows, columns = int(page.shape[0]), int(page.shape[1])
        if tif.fei_metadata:
            return fei_header(tif.fei_metadata)
        if tif.sem_metadata:
            return zeiss_header(tif.sem_metadata, columns)
        if _TESCAN_TAG in page.tags:
            return tescan_header(_text(page.tags[_TESCAN_TAG].value), rows)
    return beside(path, rows, columns)


def beside(path: Path, rows: int, columns: int) -> FileHeader:
    """What a text file beside an image of this size says: `NAME-tif.hdr` (TESCAN), `NAME.txt` (JEOL, Hitachi)."""
    header = path.with_name(f"{path.stem}-{path.suffix.lstrip('.')}.hdr")
    if (text := _file_text(header)) and "PixelSizeX" in text:
        return tescan_header(text, rows)
    text = _file_text(path.with_suffix(".txt"))
    if HITACHI_MARK in text:
        return hitachi_header(text)
    if JEOL_MARK in text:
        return jeol_header(text, columns)
    return FileHeader()


def _file_text(path: Path) -> str:
    if not path.is_file() or path.stat().st_size > _LONGEST_TEXT:
        return ""
    return _decoded(path.read_bytes())


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return _decoded(bytes(value)) if isinstance(value, bytes | bytearray | tuple | list) else ""


def _decoded(raw: bytes) -> str:
    """UTF-16 as some Hitachi models write it, else Latin-1, which takes any byte."""
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
    return raw.decode(encoding, errors="replace")
