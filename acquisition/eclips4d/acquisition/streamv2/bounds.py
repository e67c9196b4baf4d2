"""Is a message small and plain enough to be decoded? Only the heads of its items are looked at, none is built.

A byte of CBOR may stand for a list, a tag that is computed with, or a string of any announced length. So lengths,
depth, number of items and tags are checked on the bytes before a decoder builds anything (RFC 8949, section 3).
"""

from __future__ import annotations

from eclips4d.core.errors import WireError

MOST_ITEMS = 4096
"""An array of pixels is one item: a message with every field of the specification has a few hundred."""
MOST_DEPTH = 12
MOST_TEXT_BYTES = 1 << 16
DATE, GRID, COLUMN_GRID, PACKED = 0, 40, 1040, 56500
CBOR = 55799
"""Says that CBOR follows; detectors begin their messages with it."""
TYPED = range(64, 88)
TAGS = {DATE, GRID, COLUMN_GRID, PACKED, CBOR, *TYPED}
"""What Stream V2 uses: dates, arrays (RFC 8746) and compressed byte strings."""
BYTES, TEXT, ARRAY, MAP, TAG = 2, 3, 4, 5, 6


def check_bounds(message: bytes) -> None:
    """Refuse what no instrument sends.

    Raises
    ------
    WireError
        Cut short, too long, too deep, too many items, an unknown tag, or items of indefinite length.
    """
    place, due = 0, [1]
    for _ in range(MOST_ITEMS):
        kind, number, place = _head(message, place)
        due[-1] -= 1
        if inside := _items_inside(kind, number):
            due.append(inside)
        place += number if kind in (BYTES, TEXT) else 0
        if place > len(message):
            raise WireError("a message that is cut short")
        if len(due) > MOST_DEPTH:
            raise WireError(f"more than {MOST_DEPTH} levels")
        while due and due[-1] == 0:
            due.pop()
        if not due:
            break
    else:
        raise WireError(f"more than {MOST_ITEMS} items")
    if place != len(message):
        raise WireError(f"{len(message) - place} bytes after the message")


def _items_inside(kind: int, number: int) -> int:
    if kind == TEXT and number > MOST_TEXT_BYTES:
        raise WireError(f"a text of {number} bytes")
    if kind == TAG and number not in TAGS:
        raise WireError(f"the tag {number}, which Stream V2 does not have")
    return {ARRAY: number, MAP: 2 * number, TAG: 1}.get(kind, 0)


def _head(message: bytes, place: int) -> tuple[int, int, int]:
    """Kind and number (length, count, tag or value) of the item at `place`, and where its head ends."""
    if place >= len(message):
        raise WireError("a message that is cut short")
    kind, low = message[place] >> 5, message[place] & 31
    place += 1
    if low < 24:
        return kind, low, place
    if low > 27:
        raise WireError("an item of indefinite length")
    length = 1 << (low - 24)
    if place + length > len(message):
        raise WireError("a message that is cut short")
    return kind, int.from_bytes(message[place : place + length], "big"), place + length
