"""Surfaces of a store on another host, to be measured here: one frame after the other, each of them whole."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any, TypeVar

from eclips4d.core.errors import StoreError, WireError
from eclips4d.metrology.movie import Movie, SurfaceFrame
from eclips4d.viewer.measuring.session import Session
from eclips4d.viewer.remote.link import Link, Place
from eclips4d.viewer.remote.parcel import unpacked
from eclips4d.viewer.remote.pieces import Pieces
from eclips4d.viewer.remote.questions import FrameWanted, MovieHead, MovieWanted, Question

PATIENCE_S = 60.0
TURN_S = 0.2
MOST_FRAMES_KEPT = 8

T = TypeVar("T")


class RemoteMovies:
    """As `eclips4d.viewer.measuring.movies.StoredMovies`, over a network; used by the thread that measures.

    Parameters
    ----------
    place : Place
        Where the store is to be seen.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._link: Link | None = None
        self._closing = False
        self._movies: dict[MovieWanted, tuple[bytes, Movie]] = {}
        self._frames: OrderedDict[FrameWanted, SurfaceFrame] = OrderedDict()

    def look(self, stack: int = 1, *, aligned_only: bool = True) -> Movie:
        """What is committed at this moment; the very same movie as before when nothing was.

        Raises
        ------
        StoreError
            The service does not answer, or refuses.
        """
        wanted = MovieWanted(stack, aligned_only)
        known = self._movies.get(wanted)
        root, head = self._get(MovieHead, wanted, known[0] if known else b"")
        if known is None or head is not None:
            assert head is not None, "an answer brings what was not seen before"
            known = self._movies[wanted] = root, self._movie(head, wanted)
        return known[1]

    def leave(self) -> None:
        """Wait for nothing any more; any thread may say so."""
        self._closing = True

    def close(self) -> None:
        """Leave; when the thread that measures has ended."""
        self._closing = True
        if self._link is not None:
            self._link.close()
            self._link = None

    def _movie(self, head: MovieHead, wanted: MovieWanted) -> Movie:
        def read(frame: int) -> SurfaceFrame:
            return self._frame(FrameWanted(wanted.stack, wanted.aligned_only, frame))

        return Movie(head.grid, head.shape, head.frames, read, dict(head.side))

    def _frame(self, wanted: FrameWanted) -> SurfaceFrame:
        if wanted not in self._frames:
            self._frames[wanted] = self._get(SurfaceFrame, wanted)[1]
            while len(self._frames) > MOST_FRAMES_KEPT:
                self._frames.popitem(last=False)
        self._frames.move_to_end(wanted)
        return self._frames[wanted]

    def _get(self, kind: type[Any], question: Question, seen: bytes = b"") -> tuple[bytes, Any]:
        """Name of the answer, and the answer; None where it has been seen."""
        if self._link is None and not self._closing:
            self._link = Link(self._place, Pieces(most=0))
        if self._link is None:
            raise StoreError("no answer", where=self._place.title)
        link, until = self._link, time.monotonic() + PATIENCE_S
        while not self._closing and time.monotonic() < until:
            link.ask(question, seen)
            answer = link.answer(TURN_S)
            if answer is None or not link.is_answered:
                continue
            if answer.body.refused:
                raise StoreError(answer.body.refused, where=self._place.title)
            if answer.body.root == seen:
                return seen, None
            try:
                found = unpacked(kind, answer.body.root, answer.arrays, link.pieces)
            except WireError as error:
                link.drop()
                raise StoreError(f"the answer is damaged: {error}", where=self._place.title) from error
            link.pieces.forget()
            return answer.body.root, found
        raise StoreError("no answer", where=self._place.title)


class RemoteSession(Session):
    """What is drawn and read in a window on another host's store.

    Parameters
    ----------
    place : Place
    """

    def __init__(self, place: Place) -> None:
        self._remote = RemoteMovies(place)
        super().__init__(self._remote)

    def close(self) -> None:
        """End the thread, then the line it asked on."""
        self._remote.leave()
        super().close()
        self._remote.close()
