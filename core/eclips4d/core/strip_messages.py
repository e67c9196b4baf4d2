"""The messages about rows of a frame that is still being scanned; part of `eclips4d.core.messages`.

They are for looking only: each holds all rows so far, so any of them may be dropped, and the frame itself comes as
every other one.
"""

from __future__ import annotations

import math
from typing import Annotated, TypeAlias

import msgspec

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import Count, FrameHeader

Rows: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=1 << 16)]
Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=200)]
Told: TypeAlias = Annotated[str, msgspec.Meta(max_length=2000)]
Moments: TypeAlias = Annotated[
    dict[Name, Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]], msgspec.Meta(max_length=32)
]
"""As `eclips4d.core.messages.Stamps`; `acquired` is when the last of the rows had been scanned."""


class _StripMessage(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    pass


def _check_rows(rows: int, header: FrameHeader) -> None:
    if not rows < header.shape[1]:
        raise InputError(f"{rows} rows of {header.shape[1]} are no part of a frame", where=header.label)


class StripOffer(_StripMessage, frozen=True, kw_only=True):
    """Acquisition → storage, with the array `raw`: the first rows of the frame that is being scanned.

    `header` is as the frame will have it, as far as that is known. `dropped` rows so far were replaced by later ones
    before they left.
    """

    header: FrameHeader
    rows: Rows
    stamps: Moments
    age_s: float = 0.0
    dropped: Count = 0

    def __post_init__(self) -> None:
        _check_rows(self.rows, self.header)
        if not 0.0 <= self.age_s < math.inf:
            raise InputError(f"rows {self.age_s} s old", where=self.header.label)


class StripTaken(_StripMessage, frozen=True, kw_only=True):
    """Storage → acquisition: rows have come; newer ones may be sent."""


class StripWork(_StripMessage, frozen=True, kw_only=True):
    """Storage → worker, with the array `raw`: a preview of these rows, unless there is a frame to invert."""

    header: FrameHeader
    rows: Rows
    calibration: Calibration
    model: Told
    stamps: Moments

    def __post_init__(self) -> None:
        _check_rows(self.rows, self.header)


class StripMade(_StripMessage, frozen=True, kw_only=True):
    """Worker → storage, with the array `height` [rows, x], nm: the preview, or why there is none.

    In this form it lies in the store for windows as well.
    """

    sequence: Count
    rows: Rows
    stamps: Moments
    refused: Told = ""
