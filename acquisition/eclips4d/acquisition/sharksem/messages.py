"""Messages of SharkSEM, as bytes: a name, a header, and arguments aligned to four bytes. Nothing here knows a socket.

| bytes | |
|---|---|
| 16 | name, padded with zeros |
| 4, 4, 2, 2, 4 | little-endian: length of the body, identification, flags (wait bits in the upper byte), queue, 0 |
| … | arguments: 32-bit integers; texts and decimal numbers as a length and so many bytes, with zeros to the next four |
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from eclips4d.core.errors import WireError

Argument: TypeAlias = int | float | str
Read: TypeAlias = Callable[[int], bytearray]
"""`read(n)`: the next n bytes, waiting for them."""

HEADER = struct.Struct("<16sIIHHI")
LONGEST_NAME = 15
MOST_ANSWER_BYTES = 1 << 20
"""Of a message on the control connection; lists of detectors and geometries take some kilobytes."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message."""

    name: str
    body: bytes | bytearray


def encode(name: str, *arguments: Argument) -> bytes:
    """A request or an answer; integers go as 32 bits, `float` as a decimal number in letters."""
    body = b"".join(map(_argument, arguments))
    return HEADER.pack(name.encode("ascii"), len(body), 0, 0, 0, 0) + body


def read_message(read: Read, most_bytes: int = MOST_ANSWER_BYTES) -> Message:
    """The next message of a stream.

    Raises
    ------
    WireError
        No message of this protocol, or a longer one than there can be: the stream cannot be followed any further.
    """
    name, length, *_ = HEADER.unpack(read(HEADER.size))
    letters = name.rstrip(b"\0")
    if not letters or not (letters.isascii() and letters.decode("latin-1").isalnum()):
        raise WireError(f"{name!r} is no name of a message")
    if length > most_bytes:
        raise WireError(f"a message {letters.decode()} of {length} bytes; there are none over {most_bytes}")
    return Message(letters.decode(), read(length))


def decode(message: Message, kinds: str) -> tuple[Argument, ...]:
    """Arguments of a message.

    Parameters
    ----------
    kinds
        A letter for each: `i` integer, `u` unsigned integer, `f` decimal number, `s` text. More may follow.

    Raises
    ------
    WireError
        The message is shorter, or a number is none.
    """
    values: list[Argument] = []
    at = 0
    for kind in kinds:
        head = _slice(message, at, 4)
        at += 4
        if kind in "iu":
            values.append(int.from_bytes(head, "little", signed=kind == "i"))
            continue
        length = int.from_bytes(head, "little")
        text = bytes(_slice(message, at, length)).split(b"\0", 1)[0].decode("utf-8", errors="replace")
        at += (length + 3) // 4 * 4
        values.append(text if kind == "s" else _number(text, message.name))
    return tuple(values)


def decode_numbers(message: Message) -> tuple[float, ...]:
    """All decimal numbers of a message that holds nothing else, however many; errors as in `decode`."""
    numbers: list[float] = []
    left = Message(message.name, message.body)
    while left.body:
        (number,) = decode(left, "f")
        numbers.append(float(number))
        taken = 4 + (int.from_bytes(left.body[:4], "little") + 3) // 4 * 4
        left = Message(message.name, left.body[taken:])
    return tuple(numbers)


def _argument(value: Argument) -> bytes:
    if isinstance(value, int):
        return struct.pack("<I", value & 0xFFFFFFFF)
    letters = (value if isinstance(value, str) else repr(value)).encode() + b"\0"
    letters += bytes(-len(letters) % 4)
    return struct.pack("<I", len(letters)) + letters


def _slice(message: Message, start: int, length: int) -> bytes | bytearray:
    if start + length > len(message.body):
        raise WireError(f"the message {message.name} ends after {len(message.body)} bytes, in the middle of a value")
    return message.body[start : start + length]


def _number(text: str, name: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise WireError(f"the message {name} has {text[:40]!r} for a number") from error
    if not math.isfinite(number):
        raise WireError(f"the message {name} has {number} for a number")
    return number
