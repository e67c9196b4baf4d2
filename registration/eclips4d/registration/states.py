"""States that travel with a commit: what they are, and by which version they were written."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from eclips4d.core.errors import InputError

S = TypeVar("S", bound=msgspec.Struct)


def encode_state(version: int, state: msgspec.Struct) -> bytes:
    """A state and its version."""
    return msgspec.msgpack.encode((version, state))


def decode_state(encoded: bytes, kind: type[S], version: int, what: str) -> S:
    """Read what `encode_state` wrote.

    Parameters
    ----------
    encoded : bytes
    kind : type
        Of the state.
    version : int
        The only one that is read.
    what : str
        How messages call the state.

    Raises
    ------
    InputError
        It was not written by this version.
    """
    try:
        written = msgspec.msgpack.decode(encoded, type=tuple[int, msgspec.Raw])[0]
        if written == version:
            return msgspec.msgpack.decode(encoded, type=tuple[int, kind])[1]  # type: ignore[valid-type]
    except (msgspec.MsgspecError, ValueError) as error:
        raise InputError(f"unreadable {what}: {error}") from error
    raise InputError(
        f"{what} of version {written}, this is version {version}",
        cure="finish the run with the version that began it",
    )
