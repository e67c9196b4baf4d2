"""From runs of pixels to frames in which all channels show the same scan, or to none.

The rules of the protocol: a run that begins before the end of what is there is sent again, and what is there from its
place on is overwritten; one that begins behind that end tells of lost pixels. Whether the frame's number advances
during a continuous scan is said nowhere public, so both are understood. Where it stands still, a frame begins when a
channel begins again, or the one that begins every frame does; what then lacks pixels is damaged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from eclips4d.acquisition.device_source import Loss
from eclips4d.acquisition.sharksem.parts import Part
from eclips4d.core.frame import RawArray

DAMAGED = Loss(lost=1, damaged=1)
NUMBERS = 1 << 32
LARGEST_STEP = 10_000
"""A number that leaps further is garbage, or a counter that began anew."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """A complete frame.

    Attributes
    ----------
    number
        Counts frames, those lost and damaged among them.
    data
        [channel, pixel].
    last_s
        When its last pixel came.
    """

    number: int
    data: RawArray
    last_s: float


@dataclass(frozen=True, slots=True)
class Scanning:
    """A frame that is not complete yet: as `Scanned`, but for `data`, which holds the pixels that all channels have."""

    number: int
    data: RawArray
    last_s: float


class Assembly:
    """Frames of some channels.

    Parameters
    ----------
    channels
        Of the microscope, in the order of the segments; parts of others are left alone.
    pixels
        Of one channel's image.
    bits
        8 or 16.
    number
        Of the first frame.
    """

    def __init__(self, channels: Sequence[int], pixels: int, bits: int, number: int = 0) -> None:
        self.number = number
        self._segment = {channel: k for k, channel in enumerate(channels)}
        self._shape, self._dtype = (len(channels), pixels), f"uint{bits}"
        self._told: int | None = None
        self._advances = False
        self._leader: int | None = None
        self._begin()

    def put(self, part: Part | None, now_s: float) -> Iterator[Scanned | Loss]:
        """What follows from a part, or from one that is none: a frame, a damaged one, mostly nothing."""
        if part is None:
            self._spoilt = True
            return
        segment = self._segment.get(part.channel)
        if segment is None:
            return
        if self._is_of_another_frame(part, segment):
            yield from self._leave(part.frame)
        self._told = part.frame
        if self._leader is None:
            self._leader = segment
        self._fill(segment, part)
        if self._full():
            yield DAMAGED if self._spoilt else Scanned(self.number, self._data, now_s)
            self.number += 1
            if self._spoilt:
                self._leader = None  # it may be the first run of the scan that was lost: the next one begins a frame
            self._begin()

    def scanning(self, now_s: float) -> Scanning | None:
        """The frame that is being put together, as far as all its channels have come."""
        common = min(self._filled)
        return Scanning(self.number, self._data[:, :common], now_s) if common and not self._spoilt else None

    def give_up(self) -> Iterator[Loss]:
        """The scan is over: what is left of a frame is none."""
        yield from self._leave(None)
        self._told = self._leader = None

    def _begin(self) -> None:
        self._data: RawArray = np.empty(self._shape, self._dtype)
        self._filled = [0] * self._shape[0]
        self._spoilt = False

    def _full(self) -> bool:
        return all(filled == self._shape[1] for filled in self._filled)

    def _is_of_another_frame(self, part: Part, segment: int) -> bool:
        if self._told is not None and part.frame != self._told:
            self._advances = True
            return True
        if part.index != 0 or self._advances:
            return False
        return self._filled[segment] > 0 or (segment == self._leader and any(self._filled))

    def _leave(self, told: int | None) -> Iterator[Loss]:
        """Go on to the frame with this number of the microscope."""
        if any(self._filled) or self._spoilt:
            yield DAMAGED
            self.number += 1
        if told is not None and self._told is not None and told != self._told:
            step = (told - self._told) % NUMBERS
            # The number has been counted up already for the frame that is over.
            self.number += step - 1 if step <= LARGEST_STEP else 0
        self._begin()

    def _fill(self, segment: int, part: Part) -> None:
        end = part.index + part.pixels.size
        if part.index > self._filled[segment] or end > self._shape[1]:
            self._spoilt = True
        end = min(end, self._shape[1])
        if part.index < end:
            self._data[segment, part.index : end] = part.pixels[: end - part.index]
        self._filled[segment] = end
