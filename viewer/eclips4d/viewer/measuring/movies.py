"""The surfaces of a store as metrology sees them, looked at again when something was committed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from eclips4d.core.errors import InputError

if TYPE_CHECKING:
    from eclips4d.metrology.movie import Movie


class Movies(Protocol):
    """Where surfaces come from; used by one thread."""

    def look(self, stack: int = 1, *, aligned_only: bool = True) -> Movie:
        """What is committed at this moment, single frames or means of so many.

        Frames whose own shift was not found are left out if `aligned_only`: what is read of a single frame does not
        need it, what is followed over time does.

        Raises
        ------
        InputError, StoreError, OSError
            There is no store, it keeps too little, or it is damaged.
        """


class NoMovies:
    """Where there are only pictures, as of a run on another host."""

    def look(self, stack: int = 1, *, aligned_only: bool = True) -> Movie:
        """Refuse.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError("nothing can be measured here", cure="open the window on the host of the store")


class StoredMovies:
    """Of a store on this host; read only.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._known: dict[tuple[int, bool], Movie] = {}

    def look(self, stack: int = 1, *, aligned_only: bool = True) -> Movie:
        """As `Movies.look`; the very same movie as before when nothing was committed."""
        status = (self._path / "zarr.json").stat()
        stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
        if stamp != self._stamp:
            self._stamp, self._known = stamp, {}
        key = stack, aligned_only
        if key not in self._known:
            self._known[key] = self._open(stack, aligned_only)
        return self._known[key]

    def _open(self, stack: int, aligned_only: bool) -> Movie:
        # Here and not above: it takes long to import, and no window waits for it.
        from eclips4d import storage
        from eclips4d.metrology.movie import movie_of
        from eclips4d.metrology.stack.dataset import stacked_dataset
        from eclips4d.metrology.stored_movie import stored_movie

        if stack == 1:
            return stored_movie(self._path, aligned_only=aligned_only)
        pixel = storage.summary(self._path).pixel_size_nm
        return movie_of(stacked_dataset(storage.open(self._path), stack), pixel, aligned_only=aligned_only)
