"""Spirals of a run, on request: they are followed through the newest frames, which takes a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from eclips4d.core.errors import InputError
from eclips4d.metrology.movie import Movie, SurfaceFrame
from eclips4d.metrology.quantity import Quantity
from eclips4d.viewer.measuring.answers import CoreRead, SpiralReading

MOST_FRAMES = 24
"""Frames up to the one shown that are looked at: enough for a rotation."""


def read_spirals(movie: Movie, last: int, pause: Callable[[str], None]) -> SpiralReading:
    """All spirals that are seen in the frames up to `last`.

    Parameters
    ----------
    movie : Movie
    last : int
    pause : callable
        Told before each frame what is done; it may wait, or raise to end the work.

    Raises
    ------
    InputError
        None of these frames has a surface.
    """
    from eclips4d.metrology import spirals

    frames = tuple(frame for frame in movie.frames if frame <= last)[-MOST_FRAMES:]
    if not frames:
        raise InputError("no frame with a surface up to this one", where=f"frame {last}")

    def read(frame: int) -> SurfaceFrame:
        pause(f"spirals: frame {frame} of {frames[0]} to {frames[-1]}")
        return movie.read(frame)

    series = spirals.follow(replace(movie, frames=frames, read=read))
    cores = tuple(
        CoreRead(t.core_id, t.x_nm, t.y_nm, t.sense, t.arms, t.spacing_nm, _rotation(t.rotation_per_s, len(frames)))
        for t in series.tracks
    )
    return SpiralReading(frames[0], frames[-1], movie.read(frames[-1]).time_s, cores)


def _rotation(found: Quantity, frames: int) -> Quantity:
    return found if frames > 1 else Quantity(float("nan"), float("nan"))
