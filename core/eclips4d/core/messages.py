"""The messages that stages exchange; `wire` puts them on a socket.

One conversation runs between the storage stage, which owns the store and with it the state of every frame, and each
other stage. Acquisition offers frames and keeps them until they are acknowledged as durable. Workers ask for work and
say when a frame is inverted. Registration takes surfaces in any order, hands them on in order, and is told what is
committed. Nothing but the store's owner has to remember anything.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import msgspec

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import Count, FrameHeader
from eclips4d.core.source import SourceInfo

Stamps: TypeAlias = dict[str, int]
"""Nanoseconds since the epoch at which a stage was done with a frame."""


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    pass


class Hello(_Message, frozen=True, kw_only=True):
    """First word of a stage to the store's owner; `role` is acquisition, inference or registration."""

    role: str
    name: str
    pid: Count
    source: SourceInfo | None = None


class Who(_Message, frozen=True, kw_only=True):
    """Storage → a stage it does not know (the store's owner was restarted): say Hello again."""


class Welcome(_Message, frozen=True, kw_only=True):
    """The answer: where to go on.

    Acquisition learns the next sequence the store lacks. Workers and registration learn what the source is.
    Registration also gets the link of the chain it continues from, its state after that link and, as the array `raw`
    with `header` and `calibration`, the reference frame if there is one.
    """

    run_id: str
    next_sequence: Count = 0
    credits: Count = 0
    source: SourceInfo | None = None
    last: int = -1
    state: bytes = b""
    header: FrameHeader | None = None
    calibration: Calibration | None = None


class FrameOffer(_Message, frozen=True, kw_only=True):
    """Acquisition → storage, with the array `raw`."""

    header: FrameHeader
    stamps: Stamps
    duplicates: Count = 0


class GapOffer(_Message, frozen=True, kw_only=True):
    """Acquisition → storage: a frame that existed but could not be kept."""

    sequence: Count
    frame_id: int
    start_s: float


class Remark(_Message, frozen=True, kw_only=True):
    """Acquisition → storage: something that happened at the source, for the run's events."""

    what: str
    values: dict[str, int | float]


class Ack(_Message, frozen=True, kw_only=True):
    """Storage → acquisition: every frame below `durable` is on the disk. `credits` more may be sent."""

    durable: Count
    credits: Count = 0


class Ready(_Message, frozen=True, kw_only=True):
    """Worker → storage: `credits` more frames may be sent to me."""

    credits: Count


class Work(_Message, frozen=True, kw_only=True):
    """Storage → worker, with the array `raw`: invert this frame; registration takes it after the frame `after`."""

    header: FrameHeader
    calibration: Calibration
    model: str
    after: int
    stamps: Stamps


class Inverted(_Message, frozen=True, kw_only=True):
    """Worker → storage: the surface of this frame has been handed to registration."""

    sequence: Count
    credits: Count = 1


class Failed(_Message, frozen=True, kw_only=True):
    """Worker → storage: this frame cannot be inverted, and why."""

    sequence: Count
    reason: str
    credits: Count = 1


class SurfaceOffer(_Message, frozen=True, kw_only=True):
    """Worker → registration, with `raw` and the planes of the surface; `engine` computed the `model`.

    `pixels_alike` of them share one slope error beyond what the frame's own noise shares.
    """

    header: FrameHeader
    calibration: Calibration
    model: str
    engine: str = "none"
    pixels_alike: float = 1.0
    after: int
    stamps: Stamps


UNKNOWN_PLANE = (math.nan, math.nan, math.nan)


class RegisteredOffer(_Message, frozen=True, kw_only=True):
    """Registration → storage, with the planes of the registered surface.

    `datum` and `datum_sd` are the offset (nm) and slopes of the plane off the reference frame's; NaN when unobservable.
    `events` is what is worth telling of the frame: jumps, new grids.
    """

    sequence: Count
    drift_px: tuple[float, float]
    drift_rate_px: tuple[float, float]
    drift_sd_px: tuple[float, float]
    datum: tuple[float, float, float] = UNKNOWN_PLANE
    datum_sd: tuple[float, float, float] = UNKNOWN_PLANE
    events: tuple[str, ...] = ()
    aligned: bool
    reference: Count
    calibration: str
    model: str
    engine: str = "none"
    pixels_alike: float = 1.0
    state: bytes
    stamps: Stamps


class Recall(_Message, frozen=True, kw_only=True):
    """Registration → storage: to go on from its state it needs the pixels of these frames again."""

    sequences: tuple[Count, ...]


class Recalled(_Message, frozen=True, kw_only=True):
    """Storage → registration, with the array `raw`: one of the frames it asked for."""

    sequence: Count


class Held(_Message, frozen=True, kw_only=True):
    """Registration → storage: this frame waits for the next one, which will show how far it drifted."""

    sequence: Count


class NoMore(_Message, frozen=True, kw_only=True):
    """Storage → registration: after this link none will come; wait no longer."""

    after: int


class Skip(_Message, frozen=True, kw_only=True):
    """Storage → registration: this link of the chain will not come; pass over it."""

    sequence: Count
    after: int


class Skipped(_Message, frozen=True, kw_only=True):
    """Registration → storage: passed over."""

    sequence: Count


class End(_Message, frozen=True, kw_only=True):
    """Acquisition → storage: the source has ended, `total` frames and gaps were offered.

    `duplicates` came after the last frame that was offered.
    """

    total: Count
    reason: str = ""
    duplicates: Count = 0


class Bye(_Message, frozen=True, kw_only=True):
    """Storage → everyone: the run is over."""

    reason: str = ""


class Beat(_Message, frozen=True, kw_only=True):
    """Either way: I am alive."""

    name: str


class Notice(_Message, frozen=True, kw_only=True):
    """Storage → whoever listens: the state of the run."""

    run_id: str
    recorded: Count
    committed: Count
    total: Count | None
    frame_id: int
    time_s: float
    lag_s: float
    gaps: Count
    duplicates: Count
    quarantined: Count
    deferred: Count
    disk_free_bytes: Count
    workers: Count
    source_ended: bool = False
    ended: bool = False


Message: TypeAlias = (
    Hello
    | Who
    | Welcome
    | FrameOffer
    | GapOffer
    | Remark
    | Ack
    | Ready
    | Work
    | Inverted
    | Failed
    | SurfaceOffer
    | RegisteredOffer
    | Held
    | NoMore
    | Recall
    | Recalled
    | Skip
    | Skipped
    | End
    | Bye
    | Beat
    | Notice
)
