"""Recordings that other libraries hand over as arrays: frames and segments along the first axes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.recording import Pixels, segment_names
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RAW_DTYPES, RawArray

_LARGEST = 65535
UNREADABLE = (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, EOFError, RuntimeError,
              AssertionError, MemoryError, ArithmeticError, SyntaxError, struct.error, zlib.error)  # fmt: skip
"""What damaged bytes make the libraries for foreign files raise."""


class ArrayLike(Protocol):
    """What can be cut into frames without being read as a whole: arrays of numpy, HDF5, dask."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a pixel."""
        ...

    def __getitem__(self, key: Any) -> Any: ...


class Checked:
    """An array in a file, whose damage is told in one line."""

    def __init__(self, array: Any, where: str) -> None:
        self.shape: tuple[int, ...] = tuple(array.shape)
        self.dtype: np.dtype[Any] = array.dtype
        self._array, self._where = array, where

    def __getitem__(self, key: Any) -> NDArray[Any]:
        try:
            return np.asarray(self._array[key])
        except UNREADABLE as error:
            raise InputError(
                f"cannot be read: {error}", where=self._where, cure="check that the file is complete"
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One array, [frame, segment, row, column] or [segment, row, column], or one such movie or image per segment.

    Attributes
    ----------
    arrays
        One, or as many as segments: then each is [frame, row, column] or [row, column].
    names
        Of the segments, where the file tells them.
    times_s
        Start of each frame.
    """

    arrays: tuple[ArrayLike, ...]
    where: str
    start_utc: str
    close: Callable[[], None]
    names: tuple[str, ...] = ()
    period_s: float | None = None
    times_s: tuple[float, ...] | None = None
    side: dict[str, float] = field(default_factory=dict)
    side_units: dict[str, str] = field(default_factory=dict)


def stack_pixels(stack: Stack, segments: int) -> Pixels:
    """Frames of a stack.

    Parameters
    ----------
    segments
        As many as the instrument file has azimuths.

    Raises
    ------
    InputError
        Axes that are not these, or values that do not fit into uint16; the frame is named.
    """
    take, frames, (rows, columns) = _taker(stack, segments)
    dtypes = {array.dtype.newbyteorder("=").name for array in stack.arrays}
    dtype = dtypes.pop() if len(dtypes) == 1 else "mixed"
    plain = dtype in RAW_DTYPES

    def read(sequence: int) -> RawArray:
        data = np.ascontiguousarray(take(sequence))
        if not plain:
            _check_values(data, f"{stack.where}: frame {sequence}")
        raw: RawArray = data.astype(dtype if plain else np.uint16, copy=False)
        return raw

    if not plain:
        if not all(np.issubdtype(array.dtype, np.integer) for array in stack.arrays):
            raise InputError(
                f"pixels of type {dtype}", where=stack.where, cure=f"store them as {' or '.join(RAW_DTYPES)}"
            )
        for sequence in range(frames):
            read(sequence)
    return Pixels(
        segments=stack.names if len(stack.names) == segments == len(set(stack.names)) else segment_names(segments),
        dtype=dtype if plain else "uint16",
        shape=(segments, rows, columns),
        frames=frames,
        read=read,
        close=stack.close,
        start_utc=stack.start_utc,
        period_s=stack.period_s,
        times_s=stack.times_s if stack.times_s is not None and len(stack.times_s) == frames else None,
        side=stack.side,
        side_units=stack.side_units,
    )


def _taker(stack: Stack, segments: int) -> tuple[Callable[[int], Any], int, tuple[int, int]]:
    first, shapes = stack.arrays[0], {array.shape for array in stack.arrays}
    shape = first.shape
    if len(stack.arrays) == segments and len(shapes) == 1 and len(shape) in (2, 3) and segments > 1:
        if len(shape) == 2:
            return lambda _t: np.stack([np.asarray(a[:, :]) for a in stack.arrays]), 1, (shape[0], shape[1])
        return lambda t: np.stack([np.asarray(a[t]) for a in stack.arrays]), shape[0], (shape[1], shape[2])
    if len(stack.arrays) == 1 and len(shape) == 4 and shape[1] == segments:
        return lambda t: np.asarray(first[t]), shape[0], (shape[2], shape[3])
    if len(stack.arrays) == 1 and len(shape) == 3 and shape[0] == segments:
        return lambda _t: np.asarray(first[:, :, :]), 1, (shape[1], shape[2])
    told = ", ".join(str(tuple(array.shape)) for array in stack.arrays)
    raise InputError(
        f"images of shape {told} are no frames of {segments} segments, as many as the instrument file has azimuths",
        where=stack.where,
        cure="store them as frame, segment, row, column, or segment, row, column",
    )


def _check_values(data: Any, where: str) -> None:
    low, high = int(data.min()), int(data.max())
    if low < 0 or high > _LARGEST:
        raise InputError(
            f"values from {low} to {high} do not fit into uint16",
            where=where,
            cure="store detector counts, not results",
        )
