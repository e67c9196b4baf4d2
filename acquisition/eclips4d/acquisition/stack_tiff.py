"""TIFF stacks that ImageJ or the TIFF library wrote: their own description tells which axis is which."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from eclips4d.acquisition.arrays import Checked, Stack, stack_pixels
from eclips4d.acquisition.description import described
from eclips4d.acquisition.indexed import IndexedSource
from eclips4d.acquisition.ome_tiff import page_order
from eclips4d.acquisition.pace import Pace
from eclips4d.acquisition.recording import as_source, instrument_beside
from eclips4d.acquisition.tiff import check_count, open_tiff, reading
from eclips4d.acquisition.vendor.says import VendorSays
from eclips4d.core.errors import TruncatedInputError

_FRAMES_OR_SEGMENTS = "ZQI"
"""Axes without a meaning of their own: taken for segments where there are as many."""


def is_stack(path: Path) -> bool:
    """Whether such a description is there."""
    with open_tiff(path) as tif, reading(path, "not a readable TIFF file"):
        return not tif.is_ome and bool(tif.is_imagej or tif.is_shaped)


def open_stack_tiff(path: Path, *, instrument: Path | None, pace: Pace, run_id: str) -> IndexedSource:
    """A stack, time and channel in any order, as a source.

    Raises
    ------
    InputError
        Damaged, or axes that are not frames and segments.
    """
    description, text = described(instrument, instrument_beside(path, None), VendorSays(), str(path))
    tif = open_tiff(path)
    try:
        with reading(path, "not a readable TIFF file"):
            stack = _stack(tif, path, description.segments)
        pixels = stack_pixels(stack, description.segments)
        return as_source(pixels, description, text, kind="recording", address=str(path), pace=pace, run_id=run_id)
    except BaseException:
        tif.close()
        raise


class _Planes:
    """Planes of a series in the order of `order`, [frame, segment, row, column]."""

    def __init__(self, data: Any, order: Any) -> None:
        self.shape = (*order.shape, *data.shape[1:])
        self.dtype = data.dtype.newbyteorder("=")
        self._data, self._order = data, order

    def __getitem__(self, frame: int) -> Any:
        return np.stack([self._data[plane] for plane in self._order[frame]]).astype(self.dtype, copy=False)


def _stack(tif: tifffile.TiffFile, path: Path, segments: int) -> Stack:
    series = tif.series[0]
    axes, shape = series.axes, series.shape
    unnamed = [axis for axis, n in zip(axes, shape, strict=True) if axis in _FRAMES_OR_SEGMENTS and n > 1]
    if len(unnamed) == 1 and "C" not in axes:
        axes = axes.replace(unnamed[0], "C")
    elif len(unnamed) == 1 and "T" not in axes:
        axes = axes.replace(unnamed[0], "T")
    order = page_order(axes, shape, path)
    check_count(order.size, max(order.size, int((tif.imagej_metadata or {}).get("images", 1))), path)
    if series.dataoffset is not None:
        end, size = series.dataoffset + series.nbytes, tif.filehandle.size
        if end > size:
            raise TruncatedInputError(
                f"truncated: the images end at byte {end}, the file at {size}",
                where=str(path),
                cure="copy the recording again, completely",
            )
        whole = np.memmap(path, series.dtype.newbyteorder(tif.byteorder), "r", series.dataoffset, shape)
        data: Any = whole.reshape((-1, *shape[-2:]))
    else:
        data = series.asarray().reshape((-1, *shape[-2:]))
    return Stack(
        arrays=(Checked(_Planes(data, order), str(path)),),
        where=str(path),
        start_utc=datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(),
        close=tif.close,
    )
