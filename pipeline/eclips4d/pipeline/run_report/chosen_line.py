"""A line across the steps, for when nobody has drawn one: through the middle, along the steepest descent."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.analysis import middle_line
from eclips4d.metrology.movie import Grid, Movie
from eclips4d.metrology.profiles.path import Line
from eclips4d.metrology.spirals import find_cores
from eclips4d.pipeline.run_report.picked import picked_frames

MARGIN_PX = 4.0
"""Between the line's ends and what was never seen."""
_SAMPLES = 3
_CLEAR = 0.25
"""Anisotropy from which on there is one direction across the steps."""


@dataclass(frozen=True, slots=True)
class ChosenLine:
    """A line and where it is from.

    Attributes
    ----------
    line : ((float, float), (float, float))
        Start and end, (x, y), nm.
    how : str
        In words.
    given : bool
        Whether the user has drawn it.
    """

    line: Line
    how: str
    given: bool = False

    @property
    def words(self) -> str:
        """Both ends, as `--line` takes them."""
        return ",".join(f"{value:.6g}" for end in self.line for value in end)


def parse_line(words: str) -> ChosenLine:
    """What `--line X0,Y0,X1,Y1` says.

    Raises
    ------
    InputError
        No four finite numbers, or no length.
    """
    try:
        x0, y0, x1, y1 = (float(word) for word in words.split(","))
    except ValueError:
        raise InputError(f"{words!r} is no line", where="--line", cure="give X0,Y0,X1,Y1 in nm") from None
    if not all(map(math.isfinite, (x0, y0, x1, y1))) or (x0, y0) == (x1, y1):
        raise InputError(f"{words!r} has no length", where="--line", cure="give X0,Y0,X1,Y1 in nm, two different ends")
    return ChosenLine(((x0, y0), (x1, y1)), "as given with --line", given=True)


def choose_line(movie: Movie) -> ChosenLine:
    """Through the middle of what all frames saw, along the direction in which the surface changes most, downhill.

    The direction is the main axis of the mean of g·gᵀ over the pixels, g being the slope less its median: noise adds
    alike to all directions, and the unknown mean plane nothing. Risers are few and steep: they tell which way is down.
    Where no direction stands out and a spiral is there, the line leads from its core outwards.
    """
    picked = picked_frames(movie, _SAMPLES)
    seen = np.ones(movie.shape, np.bool_)
    tensor, parts = np.zeros((2, 2)), []
    for frame in map(movie.read, picked):
        there = np.isfinite(frame.height) & np.isfinite(frame.slope).all(axis=0)
        seen &= there
        if there.any():
            slopes = frame.slope[:, there].astype(np.float64)
            slopes -= np.median(slopes, axis=1)[:, None]
            tensor += slopes @ slopes.T / slopes.shape[1]
            parts.append(slopes)
    if not seen.any():
        how = "through the middle, from left to right, for no place was seen in all frames; another line may tell more"
        return ChosenLine(middle_line(movie), how)
    axis, clear = _main_axis(tensor, parts)
    if clear:
        return ChosenLine(_through(seen, axis, movie.grid), "through the middle, along the steepest descent")
    cores = find_cores(movie.read(picked[0]), movie.grid)
    if cores:
        start = (cores[0].x_nm.value, cores[0].y_nm.value)
        return ChosenLine(_outwards(seen, start, movie.grid), "from the core of a spiral outwards")
    return ChosenLine(_through(seen, axis, movie.grid), _UNCLEAR)


_UNCLEAR = (
    "through the middle, along the strongest slopes; they have no clear common direction, so another line may tell more"
)
_DIRECTIONS = 16


def _main_axis(tensor: NDArray[np.float64], slopes: list[NDArray[np.float64]]) -> tuple[NDArray[np.float64], bool]:
    values, vectors = np.linalg.eigh(tensor)
    axis = vectors[:, 1]
    along = np.concatenate([axis @ part for part in slopes])
    if np.mean(along**3) > 0:  # the steep ones rise along it
        axis = -axis
    anisotropy = (values[1] - values[0]) / max(values.sum(), 1e-300)
    return axis, bool(anisotropy >= _CLEAR)


def _through(seen: NDArray[np.bool_], axis: NDArray[np.float64], grid: Grid) -> Line:
    """From the middle of what was seen as far as it was seen, both ways."""
    rows, columns = np.nonzero(seen)
    middle = np.array([columns.mean(), rows.mean()])
    direction = axis / np.asarray(grid.pixel_size_nm)
    direction /= np.hypot(*direction)
    start, stop = (_end(seen, middle, sign * direction) for sign in (-1.0, 1.0))
    return _in_nm(start, grid), _in_nm(stop, grid)


def _outwards(seen: NDArray[np.bool_], core_nm: tuple[float, float], grid: Grid) -> Line:
    """From a core in the direction that leads farthest; a core beyond the field counts as at its border."""
    place = (np.asarray(core_nm) - grid.origin_nm) / grid.pixel_size_nm
    core = np.clip(place, 0.0, np.array(seen.shape[::-1]) - 1.0)
    turns = np.arange(_DIRECTIONS) * (2.0 * np.pi / _DIRECTIONS)
    ends = [_end(seen, core, np.array([np.cos(turn), np.sin(turn)])) for turn in turns]
    return _in_nm(core, grid), _in_nm(max(ends, key=lambda end: float(np.hypot(*(end - core)))), grid)


def _in_nm(place: NDArray[np.float64], grid: Grid) -> tuple[float, float]:
    x, y = (np.asarray(grid.origin_nm) + place * grid.pixel_size_nm).round(2)
    return float(x), float(y)


def _end(seen: NDArray[np.bool_], middle: NDArray[np.float64], direction: NDArray[np.float64]) -> NDArray[np.float64]:
    reach = np.arange(0.0, np.hypot(*seen.shape))
    places = np.rint(middle + reach[:, None] * direction).astype(int)
    inside = ((places >= 0) & (places < np.array(seen.shape[::-1]))).all(axis=1)
    held = np.zeros(reach.shape, np.bool_)
    held[inside] = seen[places[inside, 1], places[inside, 0]]
    # A hole of a pixel or two is no border: the last place that was seen counts.
    last = float(reach[np.flatnonzero(held)[-1]]) if held.any() else 0.0
    return np.asarray(middle + max(last - MARGIN_PX, 1.0) * direction)
