"""The wire format: a small versioned header, then every array as its own ZeroMQ part, never copied, always checksummed.

A message is `[header, array, array, …]`. The header is the four bytes `E4D` + format version, then msgpack of an
`Envelope`: the message itself and, for each array that follows, its name, type, shape and xxh3 checksum. Whatever
does not fit is a `WireError`; the receiver counts it and goes on. Lengths are checked before anything is allocated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Generic, TypeAlias, TypeVar

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from eclips4d.core.errors import WireError
from eclips4d.core.frame import MOST_BYTES
from eclips4d.core.messages import Message

VERSION = 1
MAGIC = b"E4D" + bytes([VERSION])
MAX_HEADER_BYTES = 1 << 20
MAX_PAYLOAD_BYTES = MOST_BYTES
MAX_PARTS = 16
DTYPES = ("uint8", "uint16", "float16", "float32", "float64", "int64")

Buffer: TypeAlias = bytes | memoryview
AnyArray: TypeAlias = NDArray[np.generic]
T = TypeVar("T")


class ArraySpec(msgspec.Struct, frozen=True, array_like=True):
    """Name, type, shape and checksum of one array part."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    xxh3: int

    @property
    def nbytes(self) -> int:
        """Length of the part this describes."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


class Envelope(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the header part holds."""

    body: Message
    arrays: tuple[ArraySpec, ...]


class Received(msgspec.Struct, Generic[T], frozen=True):
    """A decoded message; the arrays are views of the received buffers."""

    body: T
    arrays: dict[str, AnyArray]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Envelope)


def encode(body: Message, arrays: Mapping[str, AnyArray] | None = None) -> list[Buffer]:
    """Parts of one message; the arrays are memory views of the originals, so leave those alone until they are sent.

    Raises
    ------
    WireError
        An array is not C-contiguous, of an unknown type, or too large; too many arrays, or a body too long for a
        header.
    """
    if len(arrays or {}) >= MAX_PARTS:
        raise WireError(f"{len(arrays or {})} arrays in one message")
    specs: list[ArraySpec] = []
    parts: list[Buffer] = [b""]
    for name, array in (arrays or {}).items():
        if not array.flags.c_contiguous:
            raise WireError(f"array {name!r} is not C-contiguous", cure="use np.ascontiguousarray")
        view = array.reshape(-1).view(np.uint8).data if array.size else memoryview(b"")
        spec = ArraySpec(name, str(array.dtype), array.shape, xxhash.xxh3_64_intdigest(view))
        _check_spec(spec)
        specs.append(spec)
        parts.append(view)
    parts[0] = MAGIC + _encoder.encode(Envelope(body, tuple(specs)))
    if len(parts[0]) > MAX_HEADER_BYTES:
        raise WireError(f"a header of {len(parts[0])} bytes")
    return parts


def decode(parts: Sequence[Buffer]) -> Received[Message]:
    """Read one message.

    Raises
    ------
    WireError
        The bytes are not a message of this version, or an array is damaged.
    """
    if not 1 <= len(parts) <= MAX_PARTS:
        raise WireError(f"a message of {len(parts)} parts")
    envelope = _decode_header(parts[0])
    if len(envelope.arrays) != len(parts) - 1:
        raise WireError(f"{len(parts) - 1} arrays came, {len(envelope.arrays)} were announced")
    if len({spec.name for spec in envelope.arrays}) != len(envelope.arrays):
        raise WireError("two arrays have one name")
    return Received(
        envelope.body, {s.name: _decode_array(s, p) for s, p in zip(envelope.arrays, parts[1:], strict=True)}
    )


def _decode_header(part: Buffer) -> Envelope:
    if len(part) > MAX_HEADER_BYTES:
        raise WireError(f"a header of {len(part)} bytes")
    head = bytes(part[: len(MAGIC)])
    if head[:3] != MAGIC[:3]:
        raise WireError("not one of our messages")
    if head != MAGIC:
        raise WireError(
            f"wire version {head[3:].hex()}, this is version {VERSION}", cure="run one version on all hosts"
        )
    try:
        return _decoder.decode(part[len(MAGIC) :])
    except (msgspec.MsgspecError, ValueError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(f"unreadable header: {error}") from error


def _check_spec(spec: ArraySpec) -> None:
    if spec.dtype not in DTYPES:
        raise WireError(f"array {spec.name!r} has the unknown type {spec.dtype!r}")
    # Bytes that stand for several things come as one long row: an axis may be as long as a payload.
    lengths_fit = len(spec.shape) <= 4 and all(0 <= n <= MAX_PAYLOAD_BYTES for n in spec.shape)
    if not lengths_fit or spec.nbytes > MAX_PAYLOAD_BYTES:
        raise WireError(f"array {spec.name!r} has the impossible shape {spec.shape}")


def _decode_array(spec: ArraySpec, part: Buffer) -> AnyArray:
    _check_spec(spec)
    if len(part) != spec.nbytes:
        raise WireError(f"array {spec.name!r} is {len(part)} bytes long, {spec.nbytes} were announced")
    if xxhash.xxh3_64_intdigest(part) != spec.xxh3:
        raise WireError(f"array {spec.name!r} arrived damaged")
    array = np.frombuffer(part, dtype=spec.dtype).reshape(spec.shape)
    array.flags.writeable = False
    return array
