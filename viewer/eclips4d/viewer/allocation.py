"""Memory that a frame has left is used again by the next one, and not given back to the system in between."""

from __future__ import annotations

import ctypes
import sys

KEPT_BYTES = 256 << 20
"""That the process may hold free; as much as a window keeps frames in."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""As `malloc.h` of the GNU C library names them."""
_LARGEST = 32 << 20
"""Of blocks that come from the heap, as much as that library allows."""


def keep_freed() -> bool:
    """Tell the C library so; whether it can be told.

    A frame of 4 × 1024² takes 40 MB of arrays, which the system hands out and clears page by page: a third of the time
    that reading the frame takes (docs/decisions/0351).
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # another C library
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST)) and bool(mallopt(_TRIM_THRESHOLD, KEPT_BYTES))
