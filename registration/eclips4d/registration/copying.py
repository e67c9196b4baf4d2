"""A line into another, compiled as one small loop.

`out[:] = line` in a compiled function checks shapes, looks whether both overlap and knows how to say in words what does
not fit: that takes longer to compile than most of the functions that would use it.
"""

from __future__ import annotations

from typing import Any

from numba import njit


@njit(cache=True, nogil=True)
def copy_line(line: Any, out: Any) -> None:
    """Values of `line` to where `out` is; both as long."""
    for x in range(out.size):
        out[x] = line[x]
