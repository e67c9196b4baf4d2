"""The sender's ring: every frame is kept until the receiver has acknowledged it as durable.

Frames wait in a bounded part of memory; what does not fit goes to a bounded spill log on the local disk; only when
both are full does a frame become a gap, under its hardware number.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from threading import Condition

import msgspec

from eclips4d.acquisition.accountant import Gap
from eclips4d.acquisition.spill import Place, SpillLog
from eclips4d.core.errors import InputError, StoreError
from eclips4d.core.frame import Frame
from eclips4d.core.log import get_logger

MEMORY_SECONDS = 2.0
"""How long memory alone bridges a receiver that is away."""
MIN_MEMORY_FRAMES = 4


class RingCounts(msgspec.Struct, frozen=True, kw_only=True):
    """State of the ring; `held` and `unsent` count frames and gaps, the last three since it was made."""

    held: int
    unsent: int
    memory_bytes: int
    spill_bytes: int
    spilled: int
    gaps: int
    damaged: int


@dataclass(slots=True)
class _Entry:
    sequence: int
    content: Frame | Gap | Place


def memory_for(frame_bytes: int, frames_per_s: float, seconds: float = MEMORY_SECONDS) -> int:
    """Bytes of memory that hold `seconds` of frames, and never fewer than a few frames."""
    return frame_bytes * max(MIN_MEMORY_FRAMES, round(frames_per_s * seconds))


class SenderRing:
    """Frames and gaps in order of sequence, from the source's thread to the sender's.

    Parameters
    ----------
    memory_bytes
        Pixels kept in memory, see `memory_for`; one frame is always taken, whatever its size.
    spill_bytes
        Length of all spill files together.
    spill_path
        They are named `spill_path.000000` and so on. One run, one path.
    """

    def __init__(self, memory_bytes: int, spill_bytes: int, spill_path: Path) -> None:
        self._memory_limit = memory_bytes
        self._spill = SpillLog(spill_path, spill_bytes)
        self._entries: deque[_Entry] = deque()
        self._sent = 0
        self._newest = -1
        self._memory = 0
        self._spilled = self._gaps = self._damaged = 0
        self._closed = False
        self._changed = Condition()

    def put(self, frame: Frame) -> bool:
        """Keep a frame; False when memory and disk were full and it has become a gap. Never waits.

        After `close` nothing is kept.
        """
        with self._changed:
            if self._closed:
                return False
            self._check_order(frame.header.sequence)
            content = self._kept(frame)
            self._append(frame.header.sequence, content)
            return not isinstance(content, Gap)

    def put_gap(self, gap: Gap) -> None:
        """Note a frame that never came."""
        with self._changed:
            if self._closed:
                return
            self._check_order(gap.sequence)
            self._gaps += 1
            self._append(gap.sequence, gap)

    def next_unsent(self, timeout_s: float = 0.0) -> Frame | Gap | None:
        """The oldest frame or gap not handed out yet; None when there is none within `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: self._sent < len(self._entries) or self._closed, timeout_s)
            if self._closed or self._sent >= len(self._entries):
                return None
            entry = self._entries[self._sent]
            self._sent += 1
            return self._content(entry)

    def acknowledge(self, durable: int) -> None:
        """Everything below sequence `durable` is safe elsewhere and is let go, sent or not."""
        with self._changed:
            while self._entries and self._entries[0].sequence < durable:
                self._free(self._entries.popleft())
                self._sent = max(0, self._sent - 1)
            self._changed.notify_all()

    def rewind(self, sequence: int) -> None:
        """Hand out again everything from `sequence` on that is still held: the receiver has been restarted."""
        with self._changed:
            before = sum(1 for entry in self._entries if entry.sequence < sequence)
            self._sent = min(self._sent, before)
            self._changed.notify_all()

    def wait_for_room(self, frame_bytes: int, timeout_s: float | None = None) -> bool:
        """For sources that can wait: wait until memory has room, so that they neither spill nor lose."""
        with self._changed:
            return self._changed.wait_for(lambda: self._fits(frame_bytes) or self._closed, timeout_s)

    def wait_until_empty(self, timeout_s: float | None = None) -> bool:
        """Wait until everything has been acknowledged."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._entries or self._closed, timeout_s)

    def adopt(self, durable: int) -> int:
        """Take over what a crashed sender of the same run left on the disk; call it before the first `put`.

        Parameters
        ----------
        durable
            First sequence that the receiver does not have. Between it and the first frame found, and between frames
            found, stand gaps: they were in memory only.

        Returns
        -------
        int
            Sequence that the source has to go on with.
        """
        with self._changed:
            following = durable
            for place in self._spill.adopt():
                header = place.header
                if header.sequence < following:
                    self._spill.release(place)
                    continue
                for lost in range(following, header.sequence):
                    self._gaps += 1
                    self._append(lost, Gap(lost, header.frame_id - (header.sequence - lost), header.start_s))
                self._append(header.sequence, place)
                following = header.sequence + 1
            return following

    def discard_leftovers(self) -> None:
        """Delete what a crashed sender left: for sources whose frames can be read again."""
        self._spill.discard()

    def keep_on_disk(self) -> int:
        """Put every frame that nobody has acknowledged onto the disk, where the next sender finds it (`adopt`).

        Returns
        -------
        int
            Frames there was no room for: they are lost with this process.
        """
        with self._changed:
            held = [entry for entry in self._entries if isinstance(entry.content, Frame)]
            return sum(not self._moved_to_disk(entry) for entry in held)

    def _moved_to_disk(self, entry: _Entry) -> bool:
        assert isinstance(entry.content, Frame), "frames in memory only"
        place = self._spill.append(entry.content)
        if place is None:
            return False
        self._memory -= entry.content.data.nbytes
        self._spilled += 1
        entry.content = place
        return True

    def counts(self) -> RingCounts:
        """Numbers for metrics and messages."""
        with self._changed:
            return RingCounts(
                held=len(self._entries),
                unsent=len(self._entries) - self._sent,
                memory_bytes=self._memory,
                spill_bytes=self._spill.nbytes,
                spilled=self._spilled,
                gaps=self._gaps,
                damaged=self._damaged,
            )

    def close(self) -> None:
        """Wake whoever waits and close the files; frames on the disk that nobody has acknowledged stay there."""
        with self._changed:
            self._closed = True
            self._spill.close()
            self._changed.notify_all()

    def _kept(self, frame: Frame) -> Frame | Gap | Place:
        if self._fits(frame.data.nbytes):
            self._memory += frame.data.nbytes
            return frame
        place = self._spill.append(frame)
        if place is not None:
            self._spilled += 1
            return place
        self._gaps += 1
        header = frame.header
        return Gap(header.sequence, header.frame_id, header.start_s)

    def _check_order(self, sequence: int) -> None:
        if sequence <= self._newest:
            raise InputError(f"sequence {sequence} after {self._newest}", where="sender's ring")

    def _append(self, sequence: int, content: Frame | Gap | Place) -> None:
        self._newest = sequence
        self._entries.append(_Entry(sequence, content))
        self._changed.notify_all()

    def _fits(self, frame_bytes: int) -> bool:
        return self._memory == 0 or self._memory + frame_bytes <= self._memory_limit

    def _content(self, entry: _Entry) -> Frame | Gap:
        if not isinstance(entry.content, Place):
            return entry.content
        try:
            return self._spill.read(entry.content)
        except StoreError as error:
            get_logger().error("a spilled frame is lost", sequence=entry.sequence, error=error.line)
        header = entry.content.header
        self._free(entry)
        self._damaged += 1
        self._gaps += 1
        entry.content = Gap(header.sequence, header.frame_id, header.start_s)
        return entry.content

    def _free(self, entry: _Entry) -> None:
        if isinstance(entry.content, Frame):
            self._memory -= entry.content.data.nbytes
        elif isinstance(entry.content, Place):
            self._spill.release(entry.content)
