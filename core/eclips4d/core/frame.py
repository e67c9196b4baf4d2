"""One frame of the detector: what was recorded, when, and with which geometry. It holds no results."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError

RawArray: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]
RAW_DTYPES = ("uint8", "uint16")
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
"""A number of things or a place in a sequence; whatever comes over a socket outside this range is refused."""
MOST_SEGMENTS = 32
MOST_PIXELS = 8192 * 8192
"""Of one segment's image."""
MOST_BYTES = 8 * MOST_PIXELS
"""Of one frame: four segments of the largest image in uint16."""
MOST_SIDE_VALUES = 64
_SIDE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def check_layout(segments: Sequence[str], dtype: str, shape: Sequence[int], where: str) -> None:
    """Refuse pixels that no detector delivers: `InputError` names what is wrong."""
    if dtype not in RAW_DTYPES:
        raise InputError(f"pixel type {dtype!r} is not one of {', '.join(RAW_DTYPES)}", where=where)
    if len(shape) != 3 or min(shape) < 1 or shape[0] != len(segments):
        raise InputError(f"shape {tuple(shape)} does not fit the segments {tuple(segments)}", where=where)
    if len(set(segments)) != len(segments):
        raise InputError(f"segment names repeat: {', '.join(segments)}", where=where)
    pixels, sample = shape[1] * shape[2], 1 if dtype == "uint8" else 2
    if len(segments) > MOST_SEGMENTS or pixels > MOST_PIXELS or len(segments) * pixels * sample > MOST_BYTES:
        raise InputError(f"frames of shape {tuple(shape)} are too large", where=where, cure="scan fewer pixels")


def check_side_names(names: Iterable[str], where: str) -> None:
    """Refuse side values whose names cannot stand in the name of an array of the store, and too many of them."""
    names = list(names)
    if len(names) > MOST_SIDE_VALUES:
        raise InputError(f"{len(names)} side values", where=where, cure=f"record at most {MOST_SIDE_VALUES}")
    for name in names:
        if not _SIDE_NAME.fullmatch(name):
            raise InputError(f"side value {name!r}", where=where, cure="name it with letters, digits and underscores")


class FrameHeader(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a frame but its pixels.

    Attributes
    ----------
    run_id : str
        Identity of the run the frame belongs to.
    sequence : int
        Place on the store's time axis, 0, 1, 2, … without holes.
    frame_id : int
        The hardware's own frame number; it may jump or repeat.
    start_s, end_s : float
        Start of the first and end of the last row, seconds since the run's `start_utc`.
    line_time_s : float
        Row r is seen at `start_s + r * line_time_s`.
    segments : tuple of str
        Names of the detector segments, first axis of the pixels.
    dtype : str
        `uint8` or `uint16`.
    shape : tuple of int
        (segments, rows, columns).
    pixel_size_nm : tuple of float
        (x, y).
    rotation_deg : float
        Scan rotation: azimuth on the screen = azimuth in the instrument file - rotation.
    instrument : str
        Fingerprint of the instrument description.
    side : dict
        Side values seen with this frame, such as temperature or pressures; units stand in the source's description.
        Each becomes an array `side_<name>` of the store, so names are letters, digits and underscores.

    Raises
    ------
    InputError
        A value that no frame can have.
    """

    run_id: str
    sequence: Count
    frame_id: int
    start_s: float
    end_s: float
    line_time_s: float
    segments: tuple[str, ...]
    dtype: str
    shape: tuple[int, int, int]
    pixel_size_nm: tuple[float, float]
    rotation_deg: float
    instrument: str
    side: dict[str, float] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        check_layout(self.segments, self.dtype, self.shape, self.label)
        check_side_names(self.side, self.label)
        if self.sequence < 0 or not -(1 << 63) <= self.frame_id < 1 << 63:
            raise InputError("sequence must not be negative and frame_id must fit 64 bits", where=self.label)
        self._check_numbers()

    def _check_numbers(self) -> None:
        numbers = (self.start_s, self.end_s, self.line_time_s, self.rotation_deg, *self.pixel_size_nm)
        if not all(map(math.isfinite, numbers)):
            raise InputError("times, rotation and pixel sizes must be finite", where=self.label)
        if self.end_s < self.start_s or self.line_time_s < 0:
            raise InputError("the frame ends before it starts", where=self.label)
        if min(self.pixel_size_nm) <= 0:
            raise InputError("pixel sizes must be positive", where=self.label)

    @property
    def label(self) -> str:
        """How messages name this frame."""
        return f"frame {self.frame_id} (sequence {self.sequence})"


@dataclass(frozen=True, slots=True)
class Frame:
    """A header and its pixels, `data[segment, y, x]`, C-contiguous and never written to."""

    header: FrameHeader
    data: RawArray

    def __post_init__(self) -> None:
        if self.data.shape != self.header.shape or str(self.data.dtype) != self.header.dtype:
            raise InputError(
                f"pixels {self.data.dtype}{self.data.shape} differ from the header's "
                f"{self.header.dtype}{self.header.shape}",
                where=self.header.label,
            )
        if not self.data.flags.c_contiguous:
            raise InputError("pixels are not C-contiguous", where=self.header.label, cure="use np.ascontiguousarray")
