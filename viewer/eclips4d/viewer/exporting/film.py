"""A film of what a window shows, in its colours, with a clock and a scale bar; levels are those of the window and stay.

Pictures come from the same place as the window's own, one after the other; nothing is kept of those before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.export.film import clock, evenly
from eclips4d.metrology.export.film_stage import Bar, Image8, Scene, Wheel, staged
from eclips4d.viewer.colours import UNSEEN, change_table, doubt_table, height_table, wheel_disc
from eclips4d.viewer.doubt import DOUBTS
from eclips4d.viewer.exporting.film_plan import FilmPlan
from eclips4d.viewer.lengths import unit_of
from eclips4d.viewer.picture import DoubtAsked, Levels, Picture, Scales
from eclips4d.viewer.reader import Frames

GAP_PX = 4
"""Between segments."""
Asked = tuple[Scales, DoubtAsked | None]


def film_images(
    frames: Frames, plan: FilmPlan, on_frame: Callable[[int], object] = lambda done: None
) -> Iterator[Image8]:
    """Images of the film, one after the other.

    Parameters
    ----------
    frames : Frames
        Used by this thread alone.
    plan : FilmPlan
    on_frame : callable
        Told how many frames were looked at, after each.

    Raises
    ------
    InputError
        None of the frames shows anything.
    """
    asked = steady(frames, plan)
    stage, trouble = None, ""
    for done, frame in enumerate(range(plan.first, plan.last + 1), start=1):
        picture = frames.look(plan.wanted(frame, *asked))
        image, trouble = shown(picture, plan.subject), picture.trouble or trouble
        if image is not None:
            # Its size is that of the first; frames of one run do not differ.
            stage = stage or staged(_scene(picture, plan.subject, image))
            yield stage.drawn(image, clock(_time(picture, frame), frame))
        on_frame(done)
    if stage is None:
        raise InputError(trouble or f"none of these frames shows {plan.subject}", cure="choose other frames")


def steady(frames: Frames, plan: FilmPlan) -> Asked:
    """Scales for the whole film: those given; the missing ones hold nearly all pixels of some of its frames."""
    some = [plan.first + k for k in evenly(plan.last - plan.first + 1)]
    scales, doubt = plan.scales, plan.doubt
    if not _is_missing(plan):
        return scales, doubt
    seen = [frames.look(plan.wanted(frame, plan.scales, plan.doubt)) for frame in some]
    found = [picture.scales for picture in seen]
    scales = Scales(
        raw=scales.raw or _wide_raw([s.raw for s in found if s.raw]),
        height=scales.height or _wide([s.height for s in found]),
        slope_deg=scales.slope_deg or max((s.slope_deg for s in found if s.slope_deg), default=None),
        change=scales.change or _wide([s.change for s in found]),
    )
    if doubt is not None and doubt.levels is None:
        doubt = replace(doubt, levels=_wide([p.doubt.levels for p in seen if p.doubt is not None]))
    return scales, doubt


def shown(picture: Picture, subject: str) -> NDArray[Any] | None:
    """Colours of a picture, uint8 [y, x, rgb]; None where it does not show this."""
    if subject == "segments":
        return _mosaic(picture.painted.raw) if picture.painted.raw else None
    if subject in DOUBTS:
        return None if picture.doubt is None else picture.doubt.painted
    if subject == "change":
        return None if picture.change is None else picture.change.painted
    return picture.painted.slope if subject == "slope" else picture.painted.height


def _is_missing(plan: FilmPlan) -> bool:
    if plan.subject in DOUBTS:
        return plan.doubt is None or (plan.doubt.levels is None and DOUBTS[plan.subject].levels is None)
    scales = plan.scales
    held = {"height": scales.height, "change": scales.change, "slope": scales.slope_deg, "segments": scales.raw or None}
    return held[plan.subject] is None


def _wide(levels: list[Levels | None]) -> Levels | None:
    known = [pair for pair in levels if pair is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def _wide_raw(levels: list[tuple[Levels, ...]]) -> tuple[Levels, ...]:
    """Of each segment by itself."""
    pairs = [_wide(list(of_segment)) for of_segment in zip(*levels, strict=True)]
    return tuple(pair for pair in pairs if pair is not None)


def _time(picture: Picture, frame: int) -> float:
    state = picture.state
    return float(state.time_s[frame]) if state is not None and frame < state.time_s.size else math.nan


def _scene(picture: Picture, subject: str, image: NDArray[Any]) -> Scene:
    grid = picture.raw_grid if subject == "segments" else picture.grid
    if grid is None:
        raise InputError("the store does not say how large its pixels are", cure="repair the store")
    shape = (image.shape[0], image.shape[1])
    labels = _segment_labels(picture) if subject == "segments" else ()
    return Scene(shape, grid.pixel_size_nm, _key(picture, subject), labels)


def _key(picture: Picture, subject: str) -> Bar | Wheel | None:
    scales = picture.scales
    if subject == "slope":
        return Wheel(wheel_disc(168), f"downhill way\nrim: {scales.slope_deg:g}°")
    if subject in DOUBTS:
        kind, doubt = DOUBTS[subject], picture.doubt
        table = doubt_table(less_is_worse=kind.less_is_worse)
        label = f"{kind.title}, {kind.unit}" if kind.unit else kind.title
        return None if doubt is None or doubt.levels is None else _bar(table, doubt.levels, label, 1.0)
    levels = {"height": scales.height, "change": scales.change}.get(subject)
    if levels is None:
        return None
    unit = unit_of(max(map(abs, levels)))
    table, name = (height_table(), "height") if subject == "height" else (change_table(), "change of height")
    return _bar(table, levels, f"{name}, {unit.name}", unit.nm)


def _bar(table: Image8, levels: Levels, label: str, unit: float) -> Bar:
    from matplotlib.colors import ListedColormap

    return Bar(ListedColormap(table[:255] / 255.0), (levels[0] / unit, levels[1] / unit), label)


def _across(count: int) -> int:
    return math.ceil(math.sqrt(count))


def _mosaic(tiles: tuple[Image8, ...]) -> Image8:
    """Tiles in reading order, as [y, x, rgb]."""
    (rows, columns), across = tiles[0].shape, _across(len(tiles))
    down = math.ceil(len(tiles) / across)
    whole = np.zeros((down * (rows + GAP_PX) - GAP_PX, across * (columns + GAP_PX) - GAP_PX, 3), np.uint8)
    for k, tile in enumerate(tiles):
        top, left = (n * (size + GAP_PX) for n, size in zip(divmod(k, across), (rows, columns), strict=True))
        colours = np.repeat(tile[..., None], 3, axis=2)
        colours[tile == 255] = UNSEEN
        whole[top : top + rows, left : left + columns] = colours
    return whole


def _segment_labels(picture: Picture) -> tuple[tuple[float, float, str], ...]:
    rows, columns = picture.painted.raw[0].shape
    count = len(picture.painted.raw)
    places = ((k, *divmod(k, _across(count))) for k in range(count))
    inset = 0.03
    return tuple(
        (column * (columns + GAP_PX) + inset * columns, row * (rows + GAP_PX) + inset * rows, picture.segments.label(k))
        for k, row, column in places
    )
