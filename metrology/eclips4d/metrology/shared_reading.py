"""One reading of a run for several who go through it at the same time, each at its own pace but none far ahead.

What goes through a run takes a `Movie` and iterates over it. Here each gets a movie of its own; every frame is read
once, kept until the last of them has taken it, and only a few frames are kept at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Condition
from typing import Any

from eclips4d.metrology.movie import Movie, SurfaceFrame

AHEAD = 4
"""Frames by which the first may be ahead of the last."""


@dataclass(slots=True, eq=False)
class _Reading:
    """Frames that someone still wants, and who is where: the number of frames that each has taken."""

    movie: Movie
    at: list[int]
    kept: dict[int, SurfaceFrame] = field(default_factory=dict)
    begun: set[int] = field(default_factory=set)
    changed: Condition = field(default_factory=Condition)

    def take(self, who: int, frame: int) -> SurfaceFrame:
        """The frame with this number, for one of them."""
        place = self.at[who]
        if place >= len(self.movie.frames) or self.movie.frames[place] != frame:
            return self._again(frame)
        with self.changed:
            self.changed.wait_for(lambda: place - min(self.at) < AHEAD and place not in self.begun)
            found = self.kept.get(place)
            if found is None:
                self.begun.add(place)
        if found is None:
            found = self._read(place, frame)
        with self.changed:
            self.at[who] = place + 1
            self._forget()
        return found

    def leave(self, who: int) -> None:
        """One of them is done, or has failed; nobody waits for it."""
        with self.changed:
            self.at[who] = len(self.movie.frames) + AHEAD
            self._forget()

    def _read(self, place: int, frame: int) -> SurfaceFrame:
        try:
            found = self.movie.read(frame)
            with self.changed:
                self.kept[place] = found
            return found
        finally:
            with self.changed:
                self.begun.discard(place)
                self.changed.notify_all()

    def _again(self, frame: int) -> SurfaceFrame:
        """A look back, out of turn."""
        with self.changed:
            for place, found in self.kept.items():
                if self.movie.frames[place] == frame:
                    return found
        return self.movie.read(frame)

    def _forget(self) -> None:
        behind = min(self.at)
        for place in [place for place in self.kept if place < behind]:
            del self.kept[place]
        self.changed.notify_all()


def go_through(movie: Movie, visitors: dict[str, Callable[[Movie], Any]]) -> dict[str, Any]:
    """Let each visitor go through the movie, all at the same time.

    Parameters
    ----------
    movie : Movie
    visitors : dict
        By name: functions of a movie, which iterate over it once; looks at single frames besides cost a reading each.

    Returns
    -------
    dict
        What each returned, or the exception that it raised.
    """
    if not visitors:
        return {}
    reading = _Reading(movie, [0] * len(visitors))

    def visit(who: int, visitor: Callable[[Movie], Any]) -> Any:
        try:
            return visitor(replace(movie, read=lambda frame: reading.take(who, frame)))
        finally:
            reading.leave(who)

    with ThreadPoolExecutor(len(visitors), thread_name_prefix="metrology") as pool:
        asked = {name: pool.submit(visit, who, visitor) for who, (name, visitor) in enumerate(visitors.items())}
        return {name: done.exception() or done.result() for name, done in asked.items()}
