"""Which image of a file is meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from eclips4d.core.errors import InputError

HEIGHTS = (r"height ?sensor", r"z ?sensor", r"height", r"topograph", r"^z")
"""What instruments call heights, the best measured first: a sensor's reading has no creep and no hysteresis in it."""


def chosen(names: Sequence[str], channel: str | None, path: Path) -> int:
    """Index of the image called so or numbered so; without a channel the first that sounds like a height.

    Raises
    ------
    InputError
        There is none.
    """
    if not names:
        raise InputError("holds no heights", where=str(path))
    if channel is None:
        return _likeliest(names)
    alike = [k for k, name in enumerate(names) if name.casefold() == channel.casefold()]
    if alike:
        return alike[0]
    if channel.isdecimal() and int(channel) < len(names):
        return int(channel)
    held = ", ".join(f"{k} {name}".strip() for k, name in enumerate(names))
    raise InputError(f"has no channel {channel!r}", where=str(path), cure=f"it has {held}")


def _likeliest(names: Sequence[str]) -> int:
    for pattern in HEIGHTS:
        for k, name in enumerate(names):
            if re.search(pattern, name, re.IGNORECASE):
                return k
    return 0
