"""The surfaces of a store for a profile over time: single ones, or means of successive frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from eclips4d import storage
from eclips4d.core.errors import InputError
from eclips4d.metrology.movie import Movie, SurfaceFrame, movie_of
from eclips4d.metrology.stack.dataset import stacked_dataset

Report = Callable[[int, int], None]


@contextmanager
def open_movie(store: Path, stack: int, report: Report = lambda done, total: None) -> Iterator[Movie]:
    """What is committed at this moment; `report(done, total)` is told as frames are read.

    Parameters
    ----------
    store : Path
    stack : int
        Frames of which each surface is the mean; such means follow each other without sharing a frame.

    Raises
    ------
    InputError
        No store, no heights in it, or no frame with a surface.
    StoreError
        It is damaged.
    """
    held = storage.summary(store)
    with storage.open(store) as run:
        try:
            movie = movie_of(run if stack == 1 else stacked_dataset(run, stack), held.pixel_size_nm)
        except InputError as error:
            raise InputError(error.what, where=error.where or str(store), cure=error.cure) from error
        if stack > 1:
            shift = run_shift(stacked_dataset(run, stack))
            movie = _stacks(movie, stack, shift)
        if not len(movie):
            raise InputError("no frame has a surface yet", where=str(store), cure="wait for results")
        yield replace(movie, read=_reported(movie, report))


def run_shift(run: object) -> Callable[[int], float]:
    """By how much the mean time of a stack differs from the time of its newest frame, s."""
    times, means = run["time"].values, run["stack_time"].values  # type: ignore[index]
    return lambda frame: float(means[frame] - times[frame])


def _stacks(movie: Movie, stack: int, shift: Callable[[int], float]) -> Movie:
    chosen = movie.frames[stack - 1 :: stack] or movie.frames[-1:]

    def read(frame: int) -> SurfaceFrame:
        surface, dt = movie.read(frame), shift(frame)
        return replace(surface, time_s=surface.time_s + dt, row_time_s=surface.row_time_s + dt)

    return replace(movie, frames=chosen, read=read, side={})


def _reported(movie: Movie, report: Report) -> Callable[[int], SurfaceFrame]:
    place = {frame: k for k, frame in enumerate(movie.frames, 1)}

    def read(frame: int) -> SurfaceFrame:
        report(place[frame], len(movie))
        return movie.read(frame)

    return read
