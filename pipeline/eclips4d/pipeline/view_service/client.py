"""One window, as the view service knows it: the store it looks at, its newest question, what it was answered last."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import xxhash

from eclips4d.core.messages import Look, Seen
from eclips4d.core.wire import AnyArray
from eclips4d.metrology.movie import Movie
from eclips4d.viewer.frame_memory import FrameMemory
from eclips4d.viewer.measuring.movies import StoredMovies
from eclips4d.viewer.picture import Picture, Wanted
from eclips4d.viewer.remote.parcel import packed
from eclips4d.viewer.remote.questions import FrameWanted, MovieHead, MovieWanted, Question
from eclips4d.viewer.shrinking import MOST_HALVINGS
from eclips4d.viewer.store import BROKEN, StoreFrames

MEMORY_BYTES = 64 << 20
"""Of frames that a window may come back to."""
STILL_S = 1.0
"""What has not changed is said after so long: the window hears that somebody is there."""


@dataclass(frozen=True, slots=True)
class _Told:
    """A picture that a window was given, and by which names, as coarse as the numbers say."""

    found: Picture | None
    roots: dict[bytes, int] = field(default_factory=dict)

    def holds(self, found: object, look: Look) -> bool:
        """Whether the window has this picture, at least as fine as it wants it."""
        return found is self.found and self.roots.get(look.seen, MOST_HALVINGS + 1) <= look.level


Answer = tuple[Seen, dict[str, AnyArray]]


class Client:
    """Answers one window.

    Parameters
    ----------
    find : callable
        The store of a name.
    compress : bool
    clock : callable
        Seconds, never set back.
    """

    def __init__(
        self, find: Callable[[str], Path], compress: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._find, self._compress, self._clock = find, compress, clock
        self._look: Look | None = None
        self._question: Question = Wanted()
        self._path: Path | None = None
        self._frames: StoreFrames | None = None
        self._movies: StoredMovies | None = None
        self._told = _Told(None)
        self.asked_at = clock()

    @property
    def waits(self) -> bool:
        """Whether a question stands."""
        return self._look is not None

    def ask(self, look: Look, question: Question) -> None:
        """A question, in place of the one before."""
        self._look, self._question, self.asked_at = look, question, self._clock()

    def answer(self) -> Answer | None:
        """What there is to say to the question that stands; None while nothing has changed for a short time only."""
        look = self._look
        assert look is not None, "there is a question"
        try:
            self._open(look.name)
            found = self._found()
        except BROKEN as error:
            return self._refused(look, error)
        if self._told.holds(found, look):
            return self._same(look)
        level = look.level if isinstance(found, Picture) else 0
        shown = replace(found, coarse=level) if isinstance(found, Picture) and level else found
        parcel = packed(shown, frozenset(look.have), compress=self._compress, halved=level)
        self._remember(found, parcel.root, level)
        if parcel.root == look.seen:
            return self._same(look)
        self._look = None
        return self._said(look, parcel.root), parcel.parts

    def _found(self) -> object:
        question = self._question
        assert self._frames is not None and self._movies is not None, "it is open"
        if isinstance(question, Wanted):
            return self._frames.look(question)
        movie = self._movies.look(question.stack, aligned_only=question.aligned_only)
        return movie.read(question.frame) if isinstance(question, FrameWanted) else _head(movie)

    def _open(self, name: str) -> None:
        path = self._find(name)
        if path != self._path:
            self._path, self._told = path, _Told(None)
            self._frames, self._movies = StoreFrames(path, FrameMemory(MEMORY_BYTES)), StoredMovies(path)

    def _remember(self, found: object, root: bytes, level: int) -> None:
        if found is not self._told.found:
            self._told = _Told(found if isinstance(found, Picture) else None)
        self._told.roots[root] = level

    def _same(self, look: Look) -> Answer | None:
        if self._clock() - self.asked_at < STILL_S and not isinstance(self._question, (MovieWanted, FrameWanted)):
            return None
        self._look = None
        return self._said(look, look.seen), {}

    def _refused(self, look: Look, error: Exception) -> Answer | None:
        words = " ".join(str(error).split())[:500] or type(error).__name__
        root = xxhash.xxh3_128_digest(words.encode())
        if root == look.seen:
            return self._same(look)
        self._look = None
        return self._said(look, root, words), {}

    def _said(self, look: Look, root: bytes, refused: str = "") -> Seen:
        held_s = self._clock() - self.asked_at
        return Seen(number=look.number, now_s=time.time(), held_s=held_s, root=root, refused=refused)


def _head(movie: Movie) -> MovieHead:
    side: Any = tuple(sorted(movie.side.items()))
    instrument = "" if movie.instrument is None else movie.instrument.model_dump_json()
    return MovieHead(movie.grid, movie.shape, movie.frames, side, instrument)
