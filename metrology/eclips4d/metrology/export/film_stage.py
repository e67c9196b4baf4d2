"""The drawing of a movie: an image with its scale bar, what its colours mean, and a clock.

What stays is drawn once; per frame only the image and the clock are drawn over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.export.lengths import bar_length_nm, length_text

Image8 = NDArray[np.uint8]

WANTED, LARGEST = 640, 1600
"""Pixels of the movie along the image's longer side: small images are enlarged by a whole number, large ones shrunk."""
TOP, BOTTOM, LEFT, RIGHT = 34, 16, 16, 112
"""Room around the image, pixels."""
DPI = 100
UNSEEN = "#2c2e38"
WHEEL_PX = 84


@dataclass(frozen=True, slots=True, eq=False)
class Bar:
    """A colour bar: a colour map of matplotlib, the values of its ends, and words with their unit."""

    colours: Any
    levels: tuple[float, float]
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class Wheel:
    """A disc of [y, x, rgba], 0° to the right and 90° up, and words below it."""

    disc: Image8
    words: str


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a movie shows.

    Attributes
    ----------
    shape : (int, int)
        Rows and columns of its images.
    pixel_size_nm : (float, float)
        Along x and y.
    key : Bar, Wheel or None
        What its colours mean.
    labels : tuple of (float, float, str)
        Column, row and words of what is written onto the image.
    """

    shape: tuple[int, int]
    pixel_size_nm: tuple[float, float]
    key: Bar | Wheel | None = None
    labels: tuple[tuple[float, float, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """The drawing: what stays of it, and what is drawn anew."""

    canvas: Any
    background: Any
    image: Any
    over: tuple[Any, ...]
    clock: Any

    def drawn(self, image: NDArray[Any], when: str) -> Image8:
        """One frame as [row, column, rgb], both even.

        Parameters
        ----------
        image : float [y, x] or uint8 [y, x, rgb]
            Values that the bar gives colours to, NaN where nothing was seen; or colours.
        when : str
            Stands above it.
        """
        self.canvas.restore_region(self.background)
        self.image.set_data(np.ma.masked_invalid(image) if image.ndim == 2 else image)
        self.clock.set_text(when)
        for artist in (self.image, *self.over, self.clock):
            artist.axes.draw_artist(artist)
        return np.ascontiguousarray(np.asarray(self.canvas.buffer_rgba())[..., :3])


def staged(scene: Scene) -> Stage:
    """Draw what stays."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    (rows, columns), (dx, dy) = scene.shape, scene.pixel_size_nm
    # Pixels that are not square are stretched along y.
    zoom = _zoom(max(rows * dy / dx, columns))
    width, height = round(columns * zoom), round(rows * zoom * dy / dx)
    full = _even(width + LEFT + RIGHT), _even(height + TOP + BOTTOM)
    figure = Figure(figsize=(full[0] / DPI, full[1] / DPI), dpi=DPI, facecolor="black")
    canvas: Any = FigureCanvasAgg(figure)
    axes = figure.add_axes((LEFT / full[0], 1 - (TOP + height) / full[1], width / full[0], height / full[1]))
    axes.set_axis_off()
    image = axes.imshow(np.zeros((rows, columns)), aspect="auto", interpolation="nearest")
    _add_key(figure, scene.key, image, full, height)
    over = (*_scale_bar(axes, columns, rows, dx), *(_label(axes, *label) for label in scene.labels))
    clock = axes.text(0.0, 1.0 + 8 / height, "", color="white", fontsize=11, transform=axes.transAxes, clip_on=False)
    for artist in (image, *over, clock):
        artist.set_animated(True)
    canvas.draw()
    return Stage(canvas, canvas.copy_from_bbox(figure.bbox), image, over, clock)


def _add_key(figure: Any, key: Bar | Wheel | None, image: Any, full: tuple[int, int], height: int) -> None:
    left = 1 - (RIGHT - 14) / full[0]
    if isinstance(key, Bar):
        image.set_cmap(key.colours.with_extremes(bad=UNSEEN))
        image.set_clim(*key.levels)
        side = figure.add_axes((left, 1 - (TOP + height) / full[1], 16 / full[0], height / full[1]))
        bar = figure.colorbar(image, cax=side)
        bar.ax.tick_params(colors="white", labelsize=9)
        bar.set_label(key.label, color="white", fontsize=9)
    elif isinstance(key, Wheel):
        bottom = 1 - (TOP + 16 + WHEEL_PX) / full[1]
        side = figure.add_axes((left, bottom, WHEEL_PX / full[0], WHEEL_PX / full[1]))
        side.set_axis_off()
        side.imshow(key.disc, aspect="auto")
        side.text(0.5, 1.03, "90°", color="white", fontsize=8, ha="center", transform=side.transAxes)
        side.text(0.5, -0.08, key.words, color="white", fontsize=8, ha="center", va="top", transform=side.transAxes)


def _zoom(longest: float) -> float:
    return max(1, int(WANTED / longest)) if longest <= LARGEST else LARGEST / longest


def _even(pixels: int) -> int:
    return pixels + pixels % 2


def _scale_bar(axes: Any, columns: int, rows: int, dx: float) -> tuple[Any, ...]:
    length = bar_length_nm(columns * dx)
    x, y = 0.04 * columns, 0.955 * rows
    line = axes.plot([x, x + length / dx], [y, y], color="white", lw=4, solid_capstyle="butt")[0]
    said = axes.text(x, y - 0.018 * rows, length_text(length), color="white", fontsize=11, va="bottom")
    return _outlined(line, 6), _outlined(said, 2.5)


def _label(axes: Any, column: float, row: float, words: str) -> Any:
    return _outlined(axes.text(column, row, words, color="white", fontsize=11, va="top"), 2.5)


def _outlined(artist: Any, width: float) -> Any:
    from matplotlib.patheffects import withStroke

    artist.set_path_effects([withStroke(linewidth=width, foreground="black")])
    return artist
