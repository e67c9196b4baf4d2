"""What a bridge says: what it asks, and frames; and what it is told. Everything else is refused.

A message is `E4B1`, a JSON object, and for a frame its pixels, little endian, with a checksum.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np

from eclips4d.core.errors import InputError, WireError
from eclips4d.core.frame import Count, RawArray, check_layout

MAGIC = b"E4B1"
MOST_HEAD_BYTES = 1 << 16
Side = Annotated[dict[str, float], msgspec.Meta(max_length=64)]


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is wanted? `clock_s` is the sender's clock as it asks."""

    asked: Count
    clock_s: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.clock_s):
            raise ValueError("no time")


class Pushed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frame of a run. Between it and the one numbered `after` the sender has none; times are the sender's clock's."""

    run: Annotated[str, msgspec.Meta(max_length=200)]
    number: Count
    after: Annotated[int, msgspec.Meta(ge=-1, le=1 << 53)]
    clock_s: float
    start_s: float
    end_s: float
    shape: tuple[int, int, int]
    dtype: str
    crc32: int
    side: Side = {}

    def __post_init__(self) -> None:
        if not self.after < self.number:
            raise ValueError("a frame that comes before the one before it")
        if not all(map(math.isfinite, (self.clock_s, self.start_s, self.end_s))) or self.end_s < self.start_s:
            raise ValueError("a frame at no time")
        if not all(map(math.isfinite, self.side.values())):
            raise ValueError("a side value that is no number")


class Told(msgspec.Struct, frozen=True):
    """The answer: `wanted` next, all below `durable` on disk, room up to `room`; `again`: send from `wanted` on."""

    run: str
    wanted: int
    durable: int
    room: int
    answer: int = 0
    again: bool = False


_heads = (msgspec.json.Decoder(Asked), msgspec.json.Decoder(Pushed))
_encoder = msgspec.json.Encoder()


def decode(parts: Sequence[bytes]) -> tuple[Asked | Pushed, bytes]:
    """A message and what follows its head.

    Raises
    ------
    WireError
        It is none.
    """
    if not 2 <= len(parts) <= 3 or parts[0] != MAGIC:
        raise WireError("no message of a bridge")
    if len(parts[1]) > MOST_HEAD_BYTES:
        raise WireError(f"a head of {len(parts[1])} bytes")
    try:
        if len(parts) == 2:
            return _heads[0].decode(parts[1]), b""
        return _heads[1].decode(parts[1]), parts[2]
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(f"unreadable: {error}"[:300]) from error


def encode(told: Told) -> list[bytes]:
    """An answer's parts."""
    return [MAGIC, _encoder.encode(told)]


def pixels(pushed: Pushed, plain: bytes) -> RawArray:
    """The pixels of a frame, not to be written.

    Raises
    ------
    WireError
        They are not what the head says.
    """
    try:
        check_layout([str(k) for k in range(pushed.shape[0])], pushed.dtype, pushed.shape, f"frame {pushed.number}")
    except InputError as error:
        raise WireError(error.line) from error
    dtype = np.dtype(pushed.dtype).newbyteorder("<")
    if len(plain) != math.prod(pushed.shape) * dtype.itemsize:
        raise WireError(f"{len(plain)} bytes of pixels for a frame of shape {pushed.shape}")
    if zlib.crc32(plain) != pushed.crc32:
        raise WireError(f"frame {pushed.number} arrived damaged")
    data = np.frombuffer(plain, dtype).astype(pushed.dtype, copy=False).reshape(pushed.shape)
    data.flags.writeable = False
    return data
