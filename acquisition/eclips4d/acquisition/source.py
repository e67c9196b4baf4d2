"""The contract between a source of frames and whoever takes them: open, frames, stop, health."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, runtime_checkable

import msgspec
import zmq

from eclips4d.core.frame import Frame
from eclips4d.core.source import SourceInfo


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What a source can say of itself at any moment.

    Attributes
    ----------
    state : str
        `idle`, `running`, `ended`, `stopped` or `failed`.
    delivered : int
        Frames handed out since the source was opened.
    lost : int
        Frames that the source itself had to let go; they also show as jumps of the hardware number.
    damaged : int
        Of these, frames that arrived, but not as they were sent.
    reconnections : int
        How often the instrument was away and came back.
    late_s : float
        How long after its due time the last frame was ready; always 0 at full speed.
    reason : str
        Why it failed.
    """

    state: str
    delivered: int = 0
    lost: int = 0
    damaged: int = 0
    reconnections: int = 0
    late_s: float = 0.0
    reason: str = ""


@runtime_checkable
class Source(Protocol):
    """A source of frames; `eclips4d.acquisition.conformance` checks every promise made here.

    A frame's `sequence` is its place on the source's time axis: 0, 1, 2, …, with a hole where the source lost one.
    Frames come as the hardware sends them: one may come twice, or after the next ones; whoever takes them sorts them
    out by the hardware's number, with `eclips4d.acquisition.accountant`.
    """

    @property
    def info(self) -> SourceInfo:
        """Identity and shape, known before the first frame."""
        ...

    def frames(self, start: int = 0) -> Iterator[Frame]:
        """Frames at their times, from sequence `start` on; ends with the source or after `stop`.

        Raises
        ------
        EclipsError
            The source broke off or is unreadable.
        """
        ...

    def stop(self) -> None:
        """End every iteration soon, from any thread; the source stays stopped."""
        ...

    def health(self) -> Health:
        """Counts and state, from any thread."""
        ...

    def close(self) -> None:
        """Stop, end all threads and release files; may be called again."""
        ...

    def __enter__(self) -> Source: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


@runtime_checkable
class Acknowledging(Protocol):
    """A source whose other end keeps each frame until it is safe here; it may be a `Source` besides."""

    def acknowledge(self, run: str, durable: int) -> None:
        """Every frame of this run below sequence `durable` is safe; said before `frames`, and from then on."""
        ...


class Guard(Protocol):
    """Stands before a socket that is about to be bound, and says who may come in."""

    @property
    def has_keys(self) -> bool:
        """Whether it asks for keys."""
        ...

    def guard(self, socket: zmq.Socket[bytes]) -> None:
        """Stand before it."""
        ...

    def leave(self, socket: zmq.Socket[bytes]) -> None:
        """It is about to be closed."""
        ...


@runtime_checkable
class Listening(Protocol):
    """A source that instruments connect to; it may be a `Source` besides."""

    endpoint: str
    """Bound to once frames are asked for."""

    def guarded_by(self, guard: Guard | None, context: zmq.Context[zmq.Socket[bytes]]) -> None:
        """Have this one stand before the socket, which will be one of this context."""
        ...
