"""What a source of frames says about itself before the first frame."""

from __future__ import annotations

import math

import msgspec

from eclips4d.core.errors import InputError
from eclips4d.core.frame import check_layout, check_side_names

MOST_FRAMES = 1 << 24
"""Of a source that knows how many it has: weeks at the fastest rate."""


class SourceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Identity and shape of a source.

    Attributes
    ----------
    kind : str
        `recording`, `folder`, `store`, `sim`, …
    address : str
        As the user gave it.
    identity : str
        Same source, same identity: for a recording the checksum of its first frame and of its instrument file, for an
        address the address without its query.
    instrument_toml : str
        The whole instrument description, parsed by `eclips4d.core.instrument`.
    instrument : str
        Its fingerprint.
    segments, dtype, shape
        As in every frame's header.
    frames : int or None
        How many frames there will be; None when nobody knows.
    can_wait : bool
        True when the source can be held back without losing frames (files). A scanning microscope cannot.
    start_utc : str
        ISO 8601 time that `start_s` of the frames counts from.
    frames_per_second : float or None
        Rate at which the source delivers at original timing, as far as it is known.
    side_units : dict
        Unit of every side value that frames may carry.
    pushed : bool
        True when the instrument sends frames of its own accord: those that have passed cannot be had again, and
        `start_s` is read off a clock. False when a frame and its time follow from its number, as with files.
    remarks : tuple of str
        What whoever starts a run should read, such as in what the instrument differs from its file; a line each.

    Raises
    ------
    InputError
        Pixels or names that no source can have.
    """

    kind: str
    address: str
    identity: str
    instrument_toml: str
    instrument: str
    segments: tuple[str, ...]
    dtype: str
    shape: tuple[int, int, int]
    frames: int | None
    can_wait: bool
    start_utc: str
    frames_per_second: float | None = None
    side_units: dict[str, str] = msgspec.field(default_factory=dict)
    pushed: bool = False
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_layout(self.segments, self.dtype, self.shape, self.address)
        check_side_names(self.side_units, self.address)
        if self.frames is not None and not 0 <= self.frames <= MOST_FRAMES:
            raise InputError(f"{self.frames} frames", where=self.address)
        if self.frames_per_second is not None and not 0.0 < self.frames_per_second < math.inf:
            raise InputError(f"{self.frames_per_second} frames per second", where=self.address)
