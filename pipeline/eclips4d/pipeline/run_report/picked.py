"""Which frames are shown where not all can be."""

from __future__ import annotations

from eclips4d.metrology.movie import Movie


def picked_frames(movie: Movie, most: int = 3) -> list[int]:
    """The first, the last, and others evenly between."""
    return [movie.frames[k] for k in evenly(len(movie), most)]


def evenly(count: int, most: int) -> list[int]:
    """Places of at most so many of `count` things, the first and the last among them."""
    return sorted({round(k * (count - 1) / max(most - 1, 1)) for k in range(most)}) if count else []
