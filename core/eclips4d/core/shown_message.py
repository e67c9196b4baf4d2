"""What a window tells of what has been on its screen; part of `eclips4d.core.messages`."""

from __future__ import annotations

from typing import Annotated

import msgspec

from eclips4d.core.frame import Count


class Shown(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Window → storage, on one host: a frame has been painted, or a preview of its first `rows`.

    `at_ns` is when, nanoseconds since the epoch. Nobody answers.
    """

    sequence: Count
    rows: Annotated[int, msgspec.Meta(ge=0, le=1 << 16)] = 0
    at_ns: Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
