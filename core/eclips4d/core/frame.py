"""One frame of the detector: what was recorded, when, and with which geometry. It holds no results."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError

RawArray: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]
RAW_DTYPES = ("uint8", "uint16")


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
    """

    run_id: str
    sequence: int
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
        if self.dtype not in RAW_DTYPES:
            raise InputError(f"pixel type {self.dtype!r} is not one of {', '.join(RAW_DTYPES)}", where=self.label)
        if min(self.shape) < 1 or self.shape[0] != len(self.segments):
            raise InputError(f"shape {self.shape} does not fit the segments {self.segments}", where=self.label)
        times = (self.start_s, self.end_s, self.line_time_s, *self.pixel_size_nm)
        if not all(map(math.isfinite, times)) or self.end_s < self.start_s or min(self.pixel_size_nm) <= 0:
            raise InputError("times and pixel sizes must be finite, in order and positive", where=self.label)

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
