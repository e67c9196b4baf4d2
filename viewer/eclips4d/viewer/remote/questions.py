"""What a window on another host can ask: for a picture, for what a movie is, for one of its frames."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
from numpy.typing import NDArray

from eclips4d.core.errors import WireError
from eclips4d.core.frame import MOST_SEGMENTS
from eclips4d.core.stacking import MOST_FRAMES
from eclips4d.metrology.movie import Grid
from eclips4d.viewer.columns import PACE, SIDE
from eclips4d.viewer.doubt import DOUBTS
from eclips4d.viewer.extras import RELIEF_COLOURS
from eclips4d.viewer.picture import Levels, Scales, Wanted
from eclips4d.viewer.remote.values import plain, rebuilt
from eclips4d.viewer.shrinking import MOST_HALVINGS

MOST_SEQUENCE = 1 << 40


@dataclass(frozen=True, slots=True)
class MovieWanted:
    """Which frames there are to be measured; see `eclips4d.viewer.measuring.movies.Movies.look`."""

    stack: int
    aligned_only: bool


@dataclass(frozen=True, slots=True)
class FrameWanted:
    """One frame of such a movie."""

    stack: int
    aligned_only: bool
    frame: int


@dataclass(frozen=True, slots=True, eq=False)
class MovieHead:
    """A movie without its frames.

    Attributes
    ----------
    side
        Names and values of side values, [frame] each.
    instrument
        As JSON; empty where the store describes none.
    """

    grid: Grid
    shape: tuple[int, int]
    frames: tuple[int, ...]
    side: tuple[tuple[str, NDArray[Any]], ...]
    instrument: str = ""


Question: TypeAlias = Wanted | MovieWanted | FrameWanted
_KINDS: tuple[type[Any], ...] = (Wanted, MovieWanted, FrameWanted)


def written(question: Question) -> bytes:
    """A question for `eclips4d.core.messages.Look`."""
    return msgspec.msgpack.encode([_KINDS.index(type(question)), plain(question, _never)])


def read(data: bytes) -> Question:
    """The question again.

    Raises
    ------
    WireError
        It is none, or asks for what no window asks for.
    """
    try:
        number, tree = msgspec.msgpack.decode(data, type=tuple[int, Any])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(f"no question: {error}") from error
    if not 0 <= number < len(_KINDS):
        raise WireError(f"a question of kind {number}")
    question: Question = rebuilt(_KINDS[number], tree, _none)
    _CHECKS[number](question)
    return question


def _never(_: object) -> None:
    return None


def _none(_kind: object, _name: bytes) -> object:
    raise WireError("a question that refers to something")


def _check_picture(wanted: Wanted) -> None:
    _require(wanted.sequence is None or 0 <= wanted.sequence < MOST_SEQUENCE, "frame")
    _require(wanted.stack is None or 1 <= wanted.stack <= MOST_FRAMES, "stack")
    _require(all(0 <= k <= MOST_HALVINGS for k in (wanted.detail.raw, wanted.detail.surface)), "detail")
    _require(wanted.columns <= {SIDE, PACE}, "columns")
    _check_scales(wanted.scales)
    if wanted.doubt is not None:
        _require(wanted.doubt.name in DOUBTS and _are_levels(wanted.doubt.levels), "doubt")
    if wanted.relief is not None:
        stretch = wanted.relief.stretch
        _require(math.isfinite(stretch) and 0.0 <= stretch <= 1e6 and wanted.relief.colour in RELIEF_COLOURS, "relief")


def _check_scales(scales: Scales) -> None:
    _require(len(scales.raw) <= MOST_SEGMENTS, "scales")
    _require(all(map(_are_levels, (*scales.raw, scales.height, scales.change))), "levels")
    slope = scales.slope_deg
    _require(slope is None or (math.isfinite(slope) and slope > 0.0), "slope")


def _check_movie(wanted: MovieWanted | FrameWanted) -> None:
    _require(1 <= wanted.stack <= MOST_FRAMES, "stack")
    if isinstance(wanted, FrameWanted):
        _require(0 <= wanted.frame < MOST_SEQUENCE, "frame")


def _are_levels(levels: Levels | None) -> bool:
    return levels is None or all(map(math.isfinite, levels))


def _require(sound: bool, what: str) -> None:
    if not sound:
        raise WireError(f"a question with an impossible {what}")


_CHECKS: tuple[Callable[[Any], None], ...] = (_check_picture, _check_movie, _check_movie)
