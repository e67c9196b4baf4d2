"""Which frames are still compared with, and what a restarted registration needs to go on with the same bits."""

from __future__ import annotations

import msgspec

from eclips4d.core.errors import InputError
from eclips4d.registration.poses import POSE, Poses
from eclips4d.registration.states import decode_state, encode_state
from eclips4d.registration.staying import Staying
from eclips4d.registration.straightening import RowMemory

VERSION = 5
RECENT = 4
"""So many of the newest frames are remembered, …"""
KEY_EVERY = 8
"""… and every so manieth, …"""
KEYS = 2
"""… of which the newest so many."""
CHECK_EVERY = 16
LAGS = (1, 2)
"""An evolving scene is compared with the frames so many frames before it, and with one older one in turn."""


class Memory(msgspec.Struct, frozen=True, array_like=True):
    """Registration's state after a frame.

    Attributes
    ----------
    poses : Poses
        Of all remembered frames, and of the newest.
    means : tuple of float
        Mean of each segment of the run's first frame, adu.
    grid : int
        Sequence of the frame whose grid is used.
    recent, keys : tuple of int
        Aligned frames that may be compared with, oldest first: the newest ones, and older ones far apart.
    stray : int
        A frame that fits nothing remembered, should the next one look like it; -1 without.
    strays : int
        How many frames before the newest fitted nothing.
    count : int
        Frames seen.
    evolving : bool
        Whether parts of the scene move by themselves.
    rows : RowMemory
        What is known of rows that are displaced by themselves.
    datum : bytes
        State of the height datum.
    staying : Staying
        What has proved to stay, of the grid's places, while the scene evolves.
    carry : tuple of float
        Variance with which moving steps may carry a shift of everything along in one frame, rows and columns, px².
    """

    poses: Poses
    means: tuple[float, ...]
    grid: int
    recent: tuple[int, ...]
    keys: tuple[int, ...] = ()
    stray: int = -1
    strays: int = 0
    count: int = 1
    evolving: bool = False
    rows: RowMemory = RowMemory()
    datum: bytes = b""
    staying: Staying = Staying()
    carry: tuple[float, float] = (0.0, 0.0)

    @property
    def remembered(self) -> tuple[int, ...]:
        """Aligned frames that may be compared with, oldest first."""
        return tuple(sorted({self.grid, *self.keys, *self.recent}))

    @property
    def needed(self) -> tuple[int, ...]:
        """Frames whose pixels a restart needs."""
        return (*self.remembered, self.stray) if self.stray >= 0 else self.remembered


def is_due(memory: Memory) -> bool:
    """Whether it is time to ask anew if the scene evolves: often at first, then at every `CHECK_EVERY`th frame."""
    return memory.count % CHECK_EVERY == 0 or memory.count & (memory.count - 1) == 0


def encode(memory: Memory) -> bytes:
    """As it travels with a commit."""
    return encode_state(VERSION, memory)


def decode(state: bytes) -> Memory:
    """Reads what `encode` wrote.

    Raises
    ------
    InputError
        It was not written by this version.
    """
    memory = decode_state(state, Memory, VERSION, "registration state")
    size = POSE * len(memory.poses.sequences)
    if not size or len(memory.poses.mean) != size or len(memory.poses.covariance) != 4 * size * (size + 1):
        raise InputError("unreadable registration state: it contradicts itself")
    if not {memory.grid, *memory.recent, *memory.keys} <= set(memory.poses.sequences):
        raise InputError("unreadable registration state: it names frames whose poses it lacks")
    return memory


def compared(memory: Memory) -> tuple[int, ...]:
    """Frames that the newest frame of an evolving scene is compared with, newest first."""
    frames = memory.remembered
    near = [frames[-lag] for lag in LAGS if lag <= len(frames)]
    older = [s for s in frames if s < near[-1]] if near else []
    return (*near, *([older[memory.count % len(older)]] if older else []))


def remembering(memory: Memory, newest: int) -> Memory:
    """`newest` has been aligned: it is remembered, and the oldest of the recent frames makes room."""
    recent = (*memory.recent, newest)
    keys = memory.keys
    if len(recent) > RECENT:
        leaving, recent = recent[0], recent[1:]
        if memory.count % KEY_EVERY == 0 and leaving != memory.grid:
            keys = (*keys, leaving)[-KEYS:]
    return msgspec.structs.replace(memory, recent=recent, keys=keys, stray=-1, strays=0)
