"""Frame numbers in few words."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 5
"""Numbers or ranges that are written out."""


def few(sequences: Iterable[int], most: int = MOST) -> str:
    """The first of them, neighbours as a range: `3, 7–9, 12 …`."""
    ranges: list[list[int]] = []
    for sequence in sorted(sequences):
        if ranges and sequence <= ranges[-1][1] + 1:
            ranges[-1][1] = sequence
        else:
            ranges.append([sequence, sequence])
    told = ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in ranges[:most])
    return told if len(ranges) <= most else f"{told} …"


def frames(sequences: Iterable[int]) -> str:
    """`frame 3` or `frames 3, 7–9`."""
    all_of_them = list(sequences)
    return f"{'frame' if len(all_of_them) == 1 else 'frames'} {few(all_of_them)}"
