"""Hostile messages, drawn at random from sound ones: bytes damaged, values absurd, parts missing or exchanged.

A mutant may still be sound; whoever counts finds out. The same seed draws the same mutants.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import msgspec
import xxhash

from eclips4d.core.wire import DTYPES, MAGIC, MAX_HEADER_BYTES, encode
from eclips4d.pipeline.bench.reliability.hostile.sound import Sound

Parts = list[bytes]
ABSURD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 7, 1 << 31, (1 << 53) + 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, -(1 << 63)),
    *(0.5, -0.0, 1e308, -1e308, 5e-324, float("nan"), float("inf"), float("-inf")),
    *(
        "",
        "x",
        "../../../etc/passwd",
        "/dev/zero",
        "~/.ssh/id",
        "a" * 300,
        "\x00",
        "\n" * 9,
        "%s%n",
        "__class__",
        "ä" * 99,
    ),
    *("acquisition", "registration", "inference-0", "supervisor", "uint8", "float64", "object", "Bye", "End"),
    *(
        b"",
        b"\x00" * 70_000,
        b"\xff",
        [],
        [0],
        [[]],
        ["A"] * 40,
        {},
        {"": 0},
        {"raw": "raw"},
        {"what": 1, "event": 2, "self": 3},
    ),
    *([1 << 20, 1 << 20, 1 << 20], [0, 0, 0], [3, -1, 4], [4.5, "x", None], {str(k): k for k in range(100)}),
)
BOMBS = (
    b"\xdd\x7f\xff\xff\xff",
    b"\xdb\x7f\xff\xff\xff",
    b"\xdf\x7f\xff\xff\xff",
    b"\x91" * 3000,
    b"\xc9\x7f\xff\xff\xff\x01",
)
"""Lengths announced that never come, and lists in lists in lists."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A message and what was done to it."""

    kind: str
    parts: Parts


class Mutants:
    """An endless supply.

    Parameters
    ----------
    sound
        What they are made of.
    seed
    """

    def __init__(self, sound: Sequence[Sound], seed: int) -> None:
        self._random = random.Random(seed)
        self._sound = [[bytes(part) for part in encode(one.body, one.arrays)] for one in sound]
        self._types = [*(_opened(parts)[0]["type"] for parts in self._sound), "Shutdown", "", None, 3]
        self._ways: tuple[tuple[str, Callable[[Parts], Parts]], ...] = (
            ("header damaged", self._damage_header),
            ("header cut", self._cut_header),
            ("header announces what never comes", self._bomb),
            ("another version, or none", self._other_magic),
            ("absurd values", self._absurd_values),
            ("absurd values", self._absurd_values),
            ("absurd values", self._absurd_values),
            ("fields missing or unknown", self._other_fields),
            ("another type of message", self._other_type),
            ("arrays damaged", self._damage_array),
            ("arrays of another type or shape", self._other_array),
            ("parts missing, too many or exchanged", self._other_parts),
            ("noise", self._noise),
            ("sent again", list),
        )

    def __iter__(self) -> Iterator[Mutant]:
        while True:
            kind, way = self._random.choice(self._ways)
            yield Mutant(kind, way(self._random.choice(self._sound)))

    # -- bytes -----------------------------------------------------------------------------------------------------

    def _damage_header(self, parts: Parts) -> Parts:
        return [self._damaged(parts[0]), *parts[1:]]

    def _damage_array(self, parts: Parts) -> Parts:
        if len(parts) == 1:
            return self._damage_header(parts)
        k = self._random.randrange(1, len(parts))
        change = self._random.choice((self._damaged, lambda p: p[:-1], lambda p: p + b"\x00", lambda p: b""))
        return [*parts[:k], change(parts[k]), *parts[k + 1 :]]

    def _damaged(self, part: bytes) -> bytes:
        damaged = bytearray(part)
        for _ in range(self._random.randint(1, 4)):
            if damaged:
                damaged[self._random.randrange(len(damaged))] = self._random.randrange(256)
        return bytes(damaged)

    def _cut_header(self, parts: Parts) -> Parts:
        header = parts[0]
        cut = header[: self._random.randrange(len(header))]
        return [self._random.choice((cut, header + self._random.randbytes(3), header * 2)), *parts[1:]]

    def _bomb(self, parts: Parts) -> Parts:
        at = self._random.randrange(len(MAGIC), len(parts[0]))
        return [parts[0][:at] + self._random.choice(BOMBS) + parts[0][at:], *parts[1:]]

    def _other_magic(self, parts: Parts) -> Parts:
        magic = self._random.choice(
            (b"E4D\x02", b"E4D\x00", b"e4d\x01", b"", b"\x80\x04\x95\x0b", self._random.randbytes(4))
        )
        return [magic + parts[0][len(MAGIC) :], *parts[1:]]

    def _noise(self, parts: Parts) -> Parts:
        lengths = [self._random.choice((0, 1, 5, 64, 4096)) for _ in range(self._random.randint(1, 20))]
        return [self._random.choice((b"", MAGIC)) + self._random.randbytes(length) for length in lengths]

    # -- parts -----------------------------------------------------------------------------------------------------

    def _other_parts(self, parts: Parts) -> Parts:
        other = self._random.choice(self._sound)
        return self._random.choice(
            (
                parts[:1],
                parts[1:] or [b""],
                [*parts, b"x"],
                [*parts, *parts[1:]],
                [b"", *parts],
                parts[::-1],
                [parts[0], *other[1:]],
                [*parts, *([b"x"] * 300)],
                [parts[0] + bytes(MAX_HEADER_BYTES - len(parts[0]) + 1), *parts[1:]],
            )
        )

    # -- values ----------------------------------------------------------------------------------------------------

    def _absurd_values(self, parts: Parts) -> Parts:
        body, specs = _opened(parts)
        for _ in range(self._random.randint(1, 3)):
            self._put_absurd(body)
        return _closed(body, specs, parts)

    def _put_absurd(self, inside: Any) -> None:
        while True:
            places = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
            if not places:
                return
            place = self._random.choice([p for p in places if p != "type"] or places)
            deeper = inside[place]
            if not isinstance(deeper, dict | list) or not deeper or self._random.random() < 0.3:
                inside[place] = deepcopy(self._random.choice(ABSURD))
                return
            inside = deeper

    def _other_fields(self, parts: Parts) -> Parts:
        body, specs = _opened(parts)
        inside = self._random.choice([body, *(v for v in body.values() if isinstance(v, dict) and v)])
        name = self._random.choice(list(inside))
        if self._random.random() < 0.7:
            del inside[name]
        inside[self._random.choice(("extra", "../x", "", name + "2"))] = deepcopy(self._random.choice(ABSURD))
        return _closed(body, specs, parts)

    def _other_type(self, parts: Parts) -> Parts:
        body, specs = _opened(parts)
        body["type"] = self._random.choice(self._types)
        return _closed(body, specs, parts)

    def _other_array(self, parts: Parts) -> Parts:
        body, specs = _opened(parts)
        if not specs:
            return self._absurd_values(parts)
        changed = list(parts)
        k = self._random.randrange(len(specs))
        name, dtype, shape, digest = specs[k]
        way = self._random.randrange(5)
        if way == 0:  # other pixels, and their checksum is right
            changed[k + 1] = self._random.randbytes(len(parts[k + 1]))
            digest = xxhash.xxh3_64_intdigest(changed[k + 1])
        elif way == 1:
            dtype = self._random.choice((*DTYPES, "int8", ">u2", "object", "V4", "<U1", "", "M8[ns]", "complex64"))
        elif way == 2:
            shape = self._random.choice(
                (shape[::-1], [len(parts[k + 1])], [], [*shape, 1], [-1, *shape[1:]], [0], [1 << 40] * 4)
            )
        elif way == 3:
            name = self._random.choice(("raw", "height", "slope", "../raw", "", "x" * 300, "__init__"))
        else:
            digest = self._random.choice((0, digest ^ 1, -1, 1 << 63, None, 0.5))
        specs[k] = [name, dtype, shape, digest]
        return _closed(body, specs, changed)


def _opened(parts: Parts) -> tuple[dict[str, Any], list[Any]]:
    body, specs = msgspec.msgpack.decode(parts[0][len(MAGIC) :])
    return body, specs


def _closed(body: dict[str, Any], specs: list[Any], parts: Parts) -> Parts:
    return [MAGIC + msgspec.msgpack.encode((body, specs)), *parts[1:]]
