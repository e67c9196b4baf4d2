"""Figures of maps: height or its change, slope with its wheel, how sure they are, segments."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.viewer.colours import Image8, change_table, doubt_table, height_table, slope_colours, wheel_disc
from eclips4d.viewer.doubt import DOUBTS
from eclips4d.viewer.exporting.snapshot import Snapshot, caption
from eclips4d.viewer.lengths import MICROMETRE_NM, unit_of
from eclips4d.viewer.measuring.shapes import LineShape
from eclips4d.viewer.measuring.sheet import Sheet
from eclips4d.viewer.picture import Grid, Levels
from eclips4d.viewer.scale_bar import bar_length, length_text
from eclips4d.viewer.shrinking import covered_px
from eclips4d.viewer.theme import LIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAP_IN, MARGIN_IN, KEY_IN = 2.9, 0.1, 0.85
"""Width of a map, room around it, room for what its colours mean; inches."""
UNSEEN = 217
"""Grey of what was never seen."""
TEXT_PT = 8


def draw_height(of: Snapshot) -> tuple[Figure, str]:
    """The height, or its change where that is shown, with the lines and areas drawn on it."""
    if of.change is not None:
        return _draw_change(of)
    surface, levels = of.picture.surface, of.picture.scales.height
    if surface is None or surface.height is None or levels is None:
        raise InputError("there is no height to draw", cure="show a frame that has one")
    figure, axes = _map(_grid(of), keyed=True)
    _show(axes, surface.height, levels, height_table(), f"height ({unit_of(max(map(abs, levels))).name})", _grid(of))
    _draw_sheet(axes, of.sheet)
    return figure, caption(of, "Height", surface.sequence)


def draw_slope(of: Snapshot) -> tuple[Figure, str]:
    """Slopes in the colours of the wheel beside them."""
    surface, rim = of.picture.surface, of.picture.scales.slope_deg
    if surface is None or surface.slope is None or rim is None:
        raise InputError("there is no slope to draw", cure="show a frame that has one")
    figure, axes = _map(_grid(of), keyed=True)
    colours = slope_colours(surface.slope, rim).copy()
    colours[~np.isfinite(surface.slope).all(axis=0)] = UNSEEN
    _image(axes, colours, _grid(of))
    _wheel(axes, rim)
    return figure, caption(of, "Slope: hue is the azimuth of the downhill direction", surface.sequence)


def draw_doubt(of: Snapshot) -> tuple[Figure, str]:
    """Trust, a standard deviation or the residual, whichever is shown."""
    image = of.picture.doubt
    if image is None or image.values is None or image.levels is None:
        raise InputError("there is no map of trust to draw", cure="bring the panel Trust into sight")
    kind = DOUBTS[image.asked.name]
    figure, axes = _map(_grid(of), keyed=True)
    label = f"{kind.title} ({kind.unit})" if kind.unit else kind.title
    _show(axes, image.values, image.levels, doubt_table(less_is_worse=kind.less_is_worse), label, _grid(of))
    return figure, caption(of, kind.title, image.surface.sequence, scaled=False)


def draw_segments(of: Snapshot) -> tuple[Figure, str]:
    """The segments as recorded, side by side."""
    from matplotlib.figure import Figure

    raw, grid, levels = of.picture.raw, of.picture.raw_grid, of.picture.scales.raw
    if raw is None or grid is None or not levels:
        raise InputError("this frame was not recorded", cure="show another one")
    count, across = len(raw.data), math.ceil(math.sqrt(len(raw.data)))
    down = math.ceil(count / across)
    aspect = grid.rectangle_nm[3] / grid.rectangle_nm[2]
    side = 1.55
    width, height = across * (side + MARGIN_IN) + MARGIN_IN, down * (side * aspect + MARGIN_IN) + MARGIN_IN
    figure = Figure(figsize=(width, height), facecolor="white")
    for k, (segment, of_it) in enumerate(zip(raw.data, levels, strict=True)):
        row, column = divmod(k, across)
        left = (MARGIN_IN + column * (side + MARGIN_IN)) / width
        top = (MARGIN_IN + row * (side * aspect + MARGIN_IN)) / height
        axes = figure.add_axes((left, 1 - top - side * aspect / height, side / width, side * aspect / height))
        _image(axes, segment, grid, scale_bar=k == 0, cmap="gray", vmin=of_it[0], vmax=of_it[1])
        _outlined(axes, 0.03, 0.97, of.picture.segments.label(k), va="top")
    return figure, caption(of, "Recorded signal of the segments", raw.sequence, scaled=False)


def _draw_change(of: Snapshot) -> tuple[Figure, str]:
    image = of.change
    if image is None or image.change is None or image.levels is None:
        note = "" if image is None else image.note
        raise InputError(note or "there is no change of height to draw", cure="show another frame")
    figure, axes = _map(_grid(of), keyed=True)
    label = f"change of height ({unit_of(max(map(abs, image.levels))).name})"
    _show(axes, image.change.nm, image.levels, change_table(), label, _grid(of))
    _draw_sheet(axes, of.sheet)
    return figure, caption(of, f"Change of height since frame {image.change.reference}", image.sequence)


def _grid(of: Snapshot) -> Grid:
    if of.picture.grid is None:
        raise InputError("there is nothing to draw yet", cure="wait for a frame")
    return of.picture.grid


def _map(grid: Grid, *, keyed: bool) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    _, _, wide, high = grid.rectangle_nm
    width, height = MAP_IN, MAP_IN * high / wide
    full = width + 2 * MARGIN_IN + (KEY_IN if keyed else 0.0), height + 2 * MARGIN_IN
    figure = Figure(figsize=full, facecolor="white")
    axes = figure.add_axes((MARGIN_IN / full[0], MARGIN_IN / full[1], width / full[0], height / full[1]))
    return figure, axes


def _image(axes: Any, image: NDArray[Any], grid: Grid, *, scale_bar: bool = True, **how: Any) -> Any:
    """In nm, y downwards."""
    left, top, wide, high = grid.rectangle_nm
    (rows, columns), (dx, dy) = grid.shape, grid.pixel_size_nm
    right, bottom = left + covered_px(columns, image.shape[1]) * dx, top + covered_px(rows, image.shape[0]) * dy
    shown = axes.imshow(image, extent=(left, right, bottom, top), interpolation="nearest", aspect="auto", **how)
    axes.set_xlim(left, left + wide)
    axes.set_ylim(top + high, top)
    axes.set_xticks([])
    axes.set_yticks([])
    if scale_bar:
        _scale_bar(axes, left, top, wide, high)
    return shown


def _show(axes: Any, values: NDArray[np.float32], levels: Levels, table: Image8, label: str, grid: Grid) -> None:
    from matplotlib.colors import ListedColormap

    unit_nm = MICROMETRE_NM if "(µm)" in label else 1.0
    colours = ListedColormap(table[:255] / 255.0).with_extremes(bad=f"#{UNSEEN:02x}{UNSEEN:02x}{UNSEEN:02x}")
    masked = np.ma.masked_invalid(values / np.float32(unit_nm))
    shown = _image(axes, masked, grid, cmap=colours, vmin=levels[0] / unit_nm, vmax=levels[1] / unit_nm)
    box = axes.get_position()
    side = axes.figure.add_axes((box.x1 + 0.02, box.y0, 0.03, box.height))
    bar = axes.figure.colorbar(shown, cax=side)
    bar.set_label(label, fontsize=TEXT_PT)
    bar.ax.tick_params(labelsize=TEXT_PT)


def _wheel(axes: Any, rim_deg: float) -> None:
    figure, box = axes.figure, axes.get_position()
    width, height = figure.get_size_inches()
    disc = 0.5
    left, bottom = box.x1 + 0.24 / width, box.y1 - (disc + 0.2) / height
    side = figure.add_axes((left, bottom, disc / width, disc / height))
    side.set_axis_off()
    side.imshow(wheel_disc(256), aspect="auto")
    for text, x, y in (("0°", 1.17, 0.5), ("90°", 0.5, 1.16), ("180°", -0.2, 0.5), ("270°", 0.5, -0.16)):
        side.text(x, y, text, ha="center", va="center", fontsize=6, transform=side.transAxes)
    side.text(0.5, -0.36, f"rim: {rim_deg:g}°", ha="center", va="top", fontsize=7, transform=side.transAxes)


def _scale_bar(axes: Any, left: float, top: float, wide: float, high: float) -> None:
    length = bar_length(wide)
    x, y = left + 0.05 * wide, top + 0.95 * high
    line = axes.plot([x, x + length], [y, y], color="white", lw=3, solid_capstyle="butt")[0]
    line.set_path_effects(_stroke(5.0))
    _outlined(axes, 0.05, 0.07, length_text(length), va="bottom")


def _draw_sheet(axes: Any, sheet: Sheet) -> None:
    """Lines and areas with their names, in the order of the window's colours."""
    for one in sheet.measurements:
        closed = () if isinstance(one.shape, LineShape) else one.shape.vertices[:1]
        xs, ys = zip(*(*one.shape.vertices, *closed), strict=True)
        colour = LIGHT.series[one.series % len(LIGHT.series)]
        axes.plot(xs, ys, color=colour, lw=1.2)[0].set_path_effects(_stroke(2.0, "white"))
        name = axes.text(xs[0], ys[0], one.name, color=colour, fontsize=7, va="bottom", clip_on=True)
        name.set_path_effects(_stroke(1.5, "white"))


def _outlined(axes: Any, x: float, y: float, words: str, **how: Any) -> None:
    said = axes.text(x, y, words, color="white", fontsize=TEXT_PT, transform=axes.transAxes, **how)
    said.set_path_effects(_stroke(1.8))


def _stroke(width: float, colour: str = "black") -> list[Any]:
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground=colour)]
