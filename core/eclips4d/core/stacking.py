"""How many frames may be averaged for a look at them."""

from __future__ import annotations

from eclips4d.core.errors import InputError

MOST_FRAMES = 64


def check_frames(frames: int, where: str = "") -> int:
    """The same number.

    Raises
    ------
    InputError
        Not from 1 to `MOST_FRAMES`; `where` says who gave it.
    """
    if not 1 <= frames <= MOST_FRAMES:
        raise InputError(f"a mean of {frames} frames", where=where, cure=f"give a number from 1 to {MOST_FRAMES}")
    return frames
