"""Where labels stand so that none lies on another: in rows above what they name."""

from __future__ import annotations

from collections.abc import Sequence


def label_places(
    centres: Sequence[float], widths: Sequence[float], room: tuple[float, float], rows: int, gap: float = 6.0
) -> list[tuple[int, float] | None]:
    """Row and left edge of each label, in the order of `centres`.

    Each stands as near to its centre as the room and those before it in its row let it; of all rows the one is taken
    in which it is nearest. It may not move farther than its own width: then there is no place for it.

    Parameters
    ----------
    centres, widths : sequence of float
        Pixels; centres increase.
    room : (float, float)
        Left and right edge.
    rows : int
    gap : float
        Least distance between two labels of a row.

    Returns
    -------
    list of (int, float) or None
        None where a label finds no place.
    """
    ends = [room[0] - gap] * max(rows, 0)
    places: list[tuple[int, float] | None] = []
    for centre, width in zip(centres, widths, strict=True):
        wanted = min(max(centre - width / 2, room[0]), room[1] - width)
        lefts = [(abs(max(wanted, end + gap) - wanted), row, max(wanted, end + gap)) for row, end in enumerate(ends)]
        fitting = [(off, row, left) for off, row, left in lefts if left + width <= room[1] and off <= width]
        if not fitting or width > room[1] - room[0]:
            places.append(None)
            continue
        _, row, left = min(fitting)
        ends[row] = left + width
        places.append((row, left))
    return places
