"""What hostile messages are sent to, and what all of these have in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar, cast

from eclips4d.core.errors import WireError
from eclips4d.core.messages import (
    Bye,
    Message,
)
from eclips4d.core.wire import Received, decode
from eclips4d.pipeline.bench.reliability.hostile.mutants import Parts
from eclips4d.pipeline.bench.reliability.hostile.sound import Sound
from eclips4d.pipeline.config import Endpoints, RunConfig
from eclips4d.pipeline.security.allowance import Allowances

M = TypeVar("M", bound=Message)
PATIENCE_S = 20.0
WITHOUT_END = Allowances(1e12, 1 << 60)
"""Every message is read here: what floods do is tried by itself."""
FRAMES = 1 << 20


class Target(Protocol):
    """A stage that receives."""

    @property
    def taken(self) -> int:
        """Messages that were not refused; together with those, all that were sent."""

    @property
    def refused(self) -> int:
        """Messages that were dropped and counted."""

    def sound(self) -> list[Sound]:
        """Messages as they would be in place now."""

    def send(self, parts: Parts) -> None:
        """Send one message, each time as another of those it knows, or as a stranger."""

    def turn(self) -> None:
        """Have the stage take what has come."""

    def serves(self) -> bool:
        """Whether an honest frame still finds its way."""

    def close(self) -> None:
        """Release everything."""


def config_of(folder: Path) -> RunConfig:
    """A run of a fake source in a folder."""
    ends = Endpoints(hub=f"ipc://{folder}/h", surfaces=f"ipc://{folder}/s", notices=f"ipc://{folder}/n")
    return RunConfig(run_id="r", source="fake", out=folder / "run.zarr", spill_dir=folder / "spill", endpoints=ends)


def once() -> Iterator[bool]:
    """Say to a stage's loop: one turn."""
    yield True
    yield False


def says_bye(parts: Parts) -> bool:
    """Whether this ends a stage's loop, when its hub says it; the loop is begun again here."""
    with suppress(WireError):
        return isinstance(decode(parts).body, Bye)
    return False


def until(what: type[M], look: Callable[[], Received[Message] | None]) -> Received[M] | None:
    """The first message of this type that `look` finds; None when it does not come."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        received = look()
        if received is not None and isinstance(received.body, what):
            return cast(Received[M], received)
    return None
