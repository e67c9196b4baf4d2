"""The messages that stages exchange; `wire` puts them on a socket.

One conversation runs between the storage stage, which owns the store and with it the state of every frame, and each
other stage. Acquisition offers frames and keeps them until they are acknowledged as durable. Workers ask for work and
say when a frame is inverted. Registration takes surfaces in any order, hands them on in order, and is told what is
committed. Nothing but the store's owner has to remember anything.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import FrameHeader
from eclips4d.core.source import SourceInfo

Stamps: TypeAlias = dict[str, int]
"""Nanoseconds since the epoch at which a stage was done with a frame."""


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    pass


class Hello(_Message, frozen=True, kw_only=True):
    """First word of a stage to the store's owner; `role` is acquisition, inference or registration."""

    role: str
    name: str
    pid: int
    source: SourceInfo | None = None


class Welcome(_Message, frozen=True, kw_only=True):
    """The answer: where to go on. Registration gets its state and, as an array, the reference frame if there is one."""

    run_id: str
    next_sequence: int
    credits: int
    source: SourceInfo | None = None
    state: bytes = b""
    header: FrameHeader | None = None
    calibration: Calibration | None = None


class FrameOffer(_Message, frozen=True, kw_only=True):
    """Acquisition → storage, with the array `raw`."""

    header: FrameHeader
    stamps: Stamps
    duplicates: int = 0


class GapOffer(_Message, frozen=True, kw_only=True):
    """Acquisition → storage: a frame that existed but could not be kept."""

    sequence: int
    frame_id: int
    start_s: float


class Ack(_Message, frozen=True, kw_only=True):
    """Storage → acquisition: every frame below `durable` is on the disk. `credits` more may be sent."""

    durable: int
    credits: int = 0


class Ready(_Message, frozen=True, kw_only=True):
    """Worker → storage: `credits` more frames may be sent to me."""

    credits: int


class Work(_Message, frozen=True, kw_only=True):
    """Storage → worker, with the array `raw`: invert this frame with this calibration and model."""

    header: FrameHeader
    calibration: Calibration
    model: str
    stamps: Stamps


class Inverted(_Message, frozen=True, kw_only=True):
    """Worker → storage: the surface of this frame has been handed to registration."""

    sequence: int
    credits: int = 1


class Failed(_Message, frozen=True, kw_only=True):
    """Worker → storage: this frame cannot be inverted, and why."""

    sequence: int
    reason: str
    credits: int = 1


class SurfaceOffer(_Message, frozen=True, kw_only=True):
    """Worker → registration, with `raw` and the planes of the surface."""

    header: FrameHeader
    calibration: Calibration
    model: str
    stamps: Stamps


class SurfaceTaken(_Message, frozen=True, kw_only=True):
    """Registration → worker: one more surface may be sent."""

    sequence: int


class RegisteredOffer(_Message, frozen=True, kw_only=True):
    """Registration → storage, with the planes of the registered surface."""

    sequence: int
    drift_px: tuple[float, float]
    drift_rate_px: tuple[float, float]
    drift_sd_px: tuple[float, float]
    aligned: bool
    reference: int
    calibration: str
    model: str
    state: bytes
    stamps: Stamps


class Committed(_Message, frozen=True, kw_only=True):
    """Storage → registration: every frame below `committed` is settled; `credits` more may be sent."""

    committed: int
    credits: int = 0


class Skip(_Message, frozen=True, kw_only=True):
    """Storage → registration: these frames will not come (gap, quarantined or deferred)."""

    sequences: tuple[int, ...]


class End(_Message, frozen=True, kw_only=True):
    """Acquisition → storage: the source has ended, `total` frames and gaps were offered."""

    total: int
    reason: str = ""


class Bye(_Message, frozen=True, kw_only=True):
    """Storage → everyone: the run is over."""

    reason: str = ""


class Beat(_Message, frozen=True, kw_only=True):
    """Either way: I am alive."""

    name: str


class Notice(_Message, frozen=True, kw_only=True):
    """Storage → whoever listens: the state of the run."""

    run_id: str
    recorded: int
    committed: int
    total: int | None
    frame_id: int
    time_s: float
    lag_s: float
    gaps: int
    duplicates: int
    quarantined: int
    deferred: int
    raw_bytes: int
    disk_free_bytes: int
    workers: int
    shift_px: tuple[float, float]
    ended: bool = False


Message: TypeAlias = (
    Hello
    | Welcome
    | FrameOffer
    | GapOffer
    | Ack
    | Ready
    | Work
    | Inverted
    | Failed
    | SurfaceOffer
    | SurfaceTaken
    | RegisteredOffer
    | Committed
    | Skip
    | End
    | Bye
    | Beat
    | Notice
)
