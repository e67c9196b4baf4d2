"""What a script says of a side stream: a JSON object `{"name", "value", "unit", "time"}`. All else is refused."""

from __future__ import annotations

import math
from typing import Annotated

import msgspec

from eclips4d.core.errors import WireError

MOST_BYTES = 4096
LATEST_S = 1e11
"""No clock of a computer is later."""


class Reading(msgspec.Struct, frozen=True):
    """One value; `time` is the sender's clock in seconds since 1970, absent: as it arrives. Other keys are let be."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    value: float
    unit: Annotated[str, msgspec.Meta(max_length=32)] = ""
    time: float | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError("a value that is no number")
        if self.time is not None and not 0.0 <= self.time <= LATEST_S:
            raise ValueError("a time that no clock shows")


_DECODER = msgspec.json.Decoder(Reading)


def parse_reading(message: bytes) -> Reading:
    """Read a message; `WireError` for what is none."""
    if len(message) > MOST_BYTES:
        raise WireError(f"a side value of {len(message)} bytes")
    try:
        return _DECODER.decode(message)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise WireError(f"no side value: {error}") from error
