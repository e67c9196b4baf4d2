"""Sound messages of every type, taken apart: every place inside them, and what they are with another value there."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import msgspec

from eclips4d.acquisition.fakes import FakeSource
from eclips4d.core.wire import MAGIC, encode
from eclips4d.pipeline.bench.reliability.hostile.sound import sound_messages

SOURCE = FakeSource(1 << 20)
SOUND = sound_messages(SOURCE)


@dataclass(frozen=True)
class Place:
    """A place inside a message."""

    parts: tuple[bytes, ...]
    path: tuple[Any, ...]

    def __repr__(self) -> str:
        return f"{self._body()[0]['type']}: {'.'.join(map(str, self.path))}"

    def _body(self) -> tuple[dict[str, Any], list[Any]]:
        return tuple(msgspec.msgpack.decode(self.parts[0][len(MAGIC) :]))  # type: ignore[return-value]

    @property
    def value(self) -> Any:
        """What stands there."""
        inside: Any = self._body()[0]
        for key in self.path:
            inside = inside[key]
        return inside

    def replaced(self, value: Any) -> list[bytes]:
        """The message with another value there."""
        body, specs = self._body()
        inside: Any = body
        for key in self.path[:-1]:
            inside = inside[key]
        inside[self.path[-1]] = deepcopy(value)
        return [MAGIC + msgspec.msgpack.encode((body, specs)), *self.parts[1:]]


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, deeper in inside:
        if (*path, key) != ("type",):
            yield (*path, key)
            yield from _paths(deeper, (*path, key))


def _places() -> Iterator[Place]:
    for one in SOUND:
        parts = tuple(bytes(part) for part in encode(one.body, one.arrays))
        body, _ = msgspec.msgpack.decode(parts[0][len(MAGIC) :])
        for path in _paths(body):
            yield Place(parts, path)


PLACES = list(_places())
