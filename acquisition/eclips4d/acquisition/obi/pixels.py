"""From a board's bytes to pixels: whatever is not exactly what was asked for is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.obi.commands import MARK
from eclips4d.core.errors import WireError

Read: TypeAlias = Callable[[int], bytes | bytearray | memoryview]
"""`read(count)`: the next so many bytes, waiting for them."""
_UNUSED_BITS = 0b11
LONGEST_SEARCH = 1 << 28
"""Bytes that are passed over in search of a mark: more than an image of 8192 x 8192 pixels."""


def read_pixels(read: Read, count: int) -> NDArray[np.uint16]:
    """The next pixels.

    Raises
    ------
    WireError
        A mark or an impossible value stands among them: bytes were lost or came in between.
    """
    values = np.frombuffer(read(2 * count), dtype=">u2").astype(np.uint16)
    if np.any(values & _UNUSED_BITS):
        first = int(np.flatnonzero(values & _UNUSED_BITS)[0])
        raise WireError(f"pixel {first} of {count} is {int(values[first]):#06x}, which no board sends")
    return values


def read_mark(read: Read, cookie: int) -> None:
    """The answer to `synchronize`.

    Raises
    ------
    WireError
        Something else came.
    """
    came = bytes(read(4))
    if came != marked(cookie):
        raise WireError(f"{came.hex()} came instead of the mark {marked(cookie).hex()}")


def find_mark(read: Read, cookie: int) -> int:
    """Pass over whatever comes until the answer to `synchronize`; returns how many bytes that were.

    Raises
    ------
    WireError
        It does not come.
    """
    wanted, last, passed = marked(cookie), bytearray(read(4)), 0
    while last != wanted:
        if passed >= LONGEST_SEARCH:
            raise WireError(f"no mark in {passed} bytes")
        # As many as can be read without reading beyond the mark.
        missing = next(k for k in range(1, 5) if wanted.startswith(bytes(last[k:])))
        last = last[missing:] + bytearray(read(missing))
        passed += missing
    return passed


def marked(cookie: int) -> bytes:
    """What a board answers to `synchronize`."""
    return MARK.to_bytes(2, "big") + cookie.to_bytes(2, "big")
