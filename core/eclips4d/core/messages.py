"""The messages that stages exchange; `wire` puts them on a socket.

One conversation runs between the storage stage, which owns the store and with it the state of every frame, and each
other stage. Acquisition offers frames and keeps them until they are acknowledged as durable. Workers ask for work and
say when a frame is inverted. Registration takes surfaces in any order, hands them on in order, and is told what is
committed. Nothing but the store's owner has to remember anything.
"""

from __future__ import annotations

import math
from typing import Annotated, TypeAlias

import msgspec

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import Count, FrameHeader
from eclips4d.core.model_messages import ModelAnswer, ModelOffer, Prepare, Prepared
from eclips4d.core.note import MOST_AGE_S, MOST_LETTERS, NOTE, Kind, cleaned
from eclips4d.core.shown_message import Shown
from eclips4d.core.source import SourceInfo
from eclips4d.core.strip_messages import StripMade, StripOffer, StripTaken, StripWork

MOST_TEXT = 2000
MOST_STATE_BYTES = 64 * 1024
Word: TypeAlias = Annotated[str, msgspec.Meta(max_length=200)]
"""A name, a fingerprint. Whatever comes over a socket and is longer is refused, as with all types here."""
Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=MOST_TEXT)]
"""Something told in a line or a few; who tells more cuts it."""
Int64: TypeAlias = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
State: TypeAlias = Annotated[bytes, msgspec.Meta(max_length=MOST_STATE_BYTES)]
Words: TypeAlias = Annotated[dict[Word, Text], msgspec.Meta(max_length=2000)]
Stamps: TypeAlias = Annotated[dict[Word, Int64], msgspec.Meta(max_length=32)]
"""Nanoseconds since the epoch at which a stage was done with a frame."""


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    pass


def _check_pixels_alike(number: float, sequence: int) -> None:
    if not 0.0 < number < math.inf:
        raise InputError(f"{number} pixels alike", where=f"sequence {sequence}")


class Hello(_Message, frozen=True, kw_only=True):
    """First word of a stage to the store's owner; `role` is acquisition, inference, registration or supervisor.

    `version` is that of the program; who leaves it out is not asked.
    """

    role: Word
    name: Word
    pid: Count
    source: SourceInfo | None = None
    version: Word = ""


class Who(_Message, frozen=True, kw_only=True):
    """Storage → a stage it does not know (the store's owner was restarted): say Hello again."""


class Welcome(_Message, frozen=True, kw_only=True):
    """The answer: where to go on.

    Acquisition learns the next sequence the store lacks, and as what the store knows the source: when it was begun.
    Workers and registration learn what the source is.
    Registration also gets the link of the chain it continues from, its state after that link and, as the array `raw`
    with `header` and `calibration`, the reference frame if there is one.
    """

    run_id: Word
    next_sequence: Count = 0
    credits: Count = 0
    source: SourceInfo | None = None
    last: Int64 = -1
    state: State = b""
    header: FrameHeader | None = None
    calibration: Calibration | None = None


class FrameOffer(_Message, frozen=True, kw_only=True):
    """Acquisition → storage, with the array `raw`; `age_s` since it was acquired, on a clock that nobody sets."""

    header: FrameHeader
    stamps: Stamps
    age_s: float = 0.0
    duplicates: Count = 0


class GapOffer(_Message, frozen=True, kw_only=True):
    """Acquisition → storage: a frame that existed but could not be kept."""

    sequence: Count
    frame_id: Int64
    start_s: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.start_s):
            raise InputError("a gap at no time", where=f"sequence {self.sequence}")


class Stages(_Message, frozen=True, kw_only=True):
    """Supervisor → storage: what state each stage process is in, by name, and why where that is worth telling."""

    states: Words
    whys: Words = {}


class Remark(_Message, frozen=True, kw_only=True):
    """Acquisition → storage: something that happened at the source, for the run's events."""

    what: Word
    values: Annotated[dict[Word, int | float], msgspec.Meta(max_length=32)]


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
    model: Text
    after: Int64
    stamps: Stamps


class Inverted(_Message, frozen=True, kw_only=True):
    """Worker → storage: the surface of this frame has been handed to registration."""

    sequence: Count
    credits: Count = 1


class Failed(_Message, frozen=True, kw_only=True):
    """Worker → storage: this frame cannot be inverted, and why; registration says it of a frame it cannot place."""

    sequence: Count
    reason: Text
    credits: Count = 1


class SurfaceOffer(_Message, frozen=True, kw_only=True):
    """Worker → registration, with `raw` and the planes of the surface; `engine` computed the `model`.

    `pixels_alike` of them share one slope error beyond what the frame's own noise shares.
    """

    header: FrameHeader
    calibration: Calibration
    model: Word
    engine: Word = "none"
    pixels_alike: float = 1.0
    after: Int64
    stamps: Stamps

    def __post_init__(self) -> None:
        _check_pixels_alike(self.pixels_alike, self.header.sequence)


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
    events: Annotated[tuple[Text, ...], msgspec.Meta(max_length=32)] = ()
    aligned: bool
    reference: Count
    calibration: Word
    model: Word
    engine: Word = "none"
    pixels_alike: float = 1.0
    state: State
    stamps: Stamps

    def __post_init__(self) -> None:
        _check_pixels_alike(self.pixels_alike, self.sequence)


class Recall(_Message, frozen=True, kw_only=True):
    """Registration → storage: to go on from its state it needs the pixels of these frames again."""

    sequences: Annotated[tuple[Count, ...], msgspec.Meta(max_length=64)]


class Recalled(_Message, frozen=True, kw_only=True):
    """Storage → registration, with the array `raw`: one of the frames it asked for."""

    sequence: Count


class Held(_Message, frozen=True, kw_only=True):
    """Registration → storage: this frame waits for the next one, which will show how far it drifted."""

    sequence: Count


class NoMore(_Message, frozen=True, kw_only=True):
    """Storage → registration: after this link none will come; wait no longer."""

    after: Int64


class Skip(_Message, frozen=True, kw_only=True):
    """Storage → registration: this link of the chain will not come; pass over it."""

    sequence: Count
    after: Int64


class Skipped(_Message, frozen=True, kw_only=True):
    """Registration → storage: passed over."""

    sequence: Count


class End(_Message, frozen=True, kw_only=True):
    """Acquisition → storage: the source has ended, `total` frames and gaps were offered.

    `duplicates` came after the last frame that was offered.
    """

    total: Count
    reason: Text = ""
    duplicates: Count = 0


class Bye(_Message, frozen=True, kw_only=True):
    """Storage → everyone: the run is over; or, with `refused`, to one stage: it has no part in it, and why.

    Supervisor → storage: it has heard that, or leaves before; it need not be told any more.
    """

    reason: Text = ""
    refused: Text = ""


class Beat(_Message, frozen=True, kw_only=True):
    """Either way: I am alive."""

    name: Word


Reaches: TypeAlias = Annotated[dict[Word, tuple[float, float, float, Int64]], msgspec.Meta(max_length=32)]
"""By step: median, 99th percentile and worst since the last pixel, ms, and the frame of the worst."""


class Notice(_Message, frozen=True, kw_only=True):
    """Storage → whoever listens: the state of the run."""

    run_id: Word
    recorded: Count
    committed: Count
    total: Count | None
    frame_id: Int64
    time_s: float
    lag_s: float
    gaps: Count
    duplicates: Count
    quarantined: Count
    deferred: Count
    disk_free_bytes: Count
    workers: Count
    bad_messages: Count = 0
    stages: Words = {}
    """State of each stage, by name; words of the supervisor where there is one."""
    latency: Reaches = {}
    trouble: Text = ""
    """What keeps the run from going as it should, in one line; empty when nothing does."""
    source_ended: bool = False
    ended: bool = False


class Note(_Message, frozen=True, kw_only=True):
    """Window → storage: words for the run's events, `age_s` after the key was pressed, on a clock that nobody sets.

    `sequence` is the newest recorded frame at that moment. Who gets no answer says it again under the same `key`; it is
    written once. Where a view service passes it on, `name` is that of the store there. A trigger's mark is of another
    `kind`; its `sequence` is the frame that it marks.
    """

    key: Word
    text: Annotated[str, msgspec.Meta(max_length=MOST_LETTERS)]
    age_s: float
    sequence: Count | None = None
    name: Word = ""
    kind: Kind = NOTE

    def __post_init__(self) -> None:
        if not 0.0 <= self.age_s <= MOST_AGE_S:
            raise InputError(f"a note that is {self.age_s} s old", where=self.key)
        if not cleaned(self.text):
            raise InputError("a note without words", where=self.key)


class Noted(_Message, frozen=True, kw_only=True):
    """Storage → window: the note is durable, with this frame and its start; or why it is not."""

    key: Word
    sequence: Count | None = None
    time_s: float | None = None
    refused: Text = ""


PieceName: TypeAlias = Annotated[bytes, msgspec.Meta(max_length=16)]


class Look(_Message, frozen=True, kw_only=True):
    """Window → view service: the question `wanted` about the store `name`, in place of those asked before.

    `seen` is the answer that the window shows; while that is the answer still, nothing travels for a while. `have` are
    pieces of earlier answers that need not travel again. Images come halved `level` times.
    """

    number: Count
    name: Word = ""
    wanted: Annotated[bytes, msgspec.Meta(max_length=16 * 1024)]
    seen: PieceName = b""
    have: Annotated[tuple[PieceName, ...], msgspec.Meta(max_length=1024)] = ()
    level: Annotated[int, msgspec.Meta(ge=0, le=4)] = 0


class Seen(_Message, frozen=True, kw_only=True):
    """View service → window: the answer to that question, in the parts that come with it, or why there is none.

    Without parts it is what the window has seen already. `now_s` is the service's clock, seconds since the epoch,
    `held_s` for how long the question has waited there.
    """

    number: Count
    now_s: float
    held_s: float = 0.0
    root: PieceName = b""
    refused: Text = ""


Message: TypeAlias = (
    Hello
    | Stages
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
    | Note
    | Noted
    | Look
    | Seen
    | ModelOffer
    | ModelAnswer
    | Prepare
    | Prepared
    | StripOffer
    | StripTaken
    | StripWork
    | StripMade
    | Shown
)
