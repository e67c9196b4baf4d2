"""Registration's states that a run needs to go on: they travel together with each commit."""

from __future__ import annotations

import msgspec

from eclips4d.core.errors import StoreError
from eclips4d.storage.record import MAX_STATE_BYTES

VERSION = 1


class ChainState(msgspec.Struct, kw_only=True):
    """What registration has to be given when it starts again.

    Attributes
    ----------
    live : bytes
        Its state after the last committed frame of the live chain.
    before : dict of int to bytes
        Its state before deferred frames, by the first of them; while they are made up for, before the next one.
    """

    version: int = VERSION
    live: bytes = b""
    before: dict[int, bytes] = msgspec.field(default_factory=dict)

    def encode(self) -> bytes:
        """As it is stored; should it not fit, the states of the last deferred frames are left out."""
        encoded = msgspec.msgpack.encode(self)
        while len(encoded) > MAX_STATE_BYTES and self.before:
            del self.before[max(self.before)]
            encoded = msgspec.msgpack.encode(self)
        return encoded


def decode_state(stored: bytes, where: str) -> ChainState:
    """Read what `encode` wrote; nothing stored is an empty state.

    Raises
    ------
    StoreError
        Another version of eclips4d wrote it.
    """
    if not stored:
        return ChainState()
    try:
        state = msgspec.msgpack.decode(stored, type=ChainState)
    except (msgspec.MsgspecError, ValueError) as error:
        raise StoreError(f"unreadable state of the run: {error}", where=where) from error
    if state.version != VERSION:
        raise StoreError(
            f"state of version {state.version}, this is version {VERSION}",
            where=where,
            cure="finish the run with the version that began it",
        )
    return state
