"""Figures of the page: how they look, how maps are drawn, and how a figure gets into the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from eclips4d.core.results import FloatArray
from eclips4d.pipeline.run_report.markup import Html, image
from eclips4d.viewer.scale_bar import bar_length, length_text

Values = ArrayLike
DPI, SHOWN_DPI = 160, 100
WIDTH_IN = 9.4
"""As wide as the page's text."""
MOST_PIXELS = 400
"""Along either side of a map; larger ones are averaged down."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito's: told apart by every reader."""
UNSEEN = "#d9d9d9"
MOST_DOTS = 60
"""Points of a curve that are marked one by one."""
_BAR_IN, _AROUND_IN, _TALLEST_IN = 1.1, 0.5, 12.0
"""Room for a colour bar, and for a map's title and scale bar; and what still fits on a sheet of paper."""
_STYLE: Any = {
    "font.size": 9.5,
    "axes.titlesize": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "image.interpolation": "none",
    "figure.facecolor": "white",
    "axes.facecolor": "white",
}


@contextmanager
def drawing(height_in: float, width_in: float = WIDTH_IN) -> Iterator[Figure]:
    """An empty figure; within the block whatever is drawn looks as all figures of the page do."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width_in, height_in), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def in_page(figure: Figure, alt: str, caption: str) -> Html:
    """The figure as a piece of the page, its PNG inside.

    Parameters
    ----------
    figure
        Drawn within `drawing`.
    alt
        What it shows, for those who do not see it.
    caption
        What stands below.
    """
    with matplotlib.rc_context(_STYLE):
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None})
    width, height = (round(inches * SHOWN_DPI) for inches in figure.get_size_inches())
    return image(base64.b64encode(file.getvalue()).decode("ascii"), alt, caption, width, height)


def png_in_page(png: bytes, alt: str, caption: str) -> Html:
    """A PNG that something else has drawn."""
    # Where PNG has them: the first eight bytes of the header, after signature, length and name.
    width, height = (round(int.from_bytes(png[k : k + 4], "big") * SHOWN_DPI / DPI) for k in (16, 20))
    return image(base64.b64encode(png).decode("ascii"), alt, caption, width, height)


def grid_height_in(
    shape: tuple[int, int], pixel_size_nm: tuple[float, float], rows: int, columns: int, bars: int = 1
) -> float:
    """Height of a figure whose maps of this shape stand in rows and columns and fill its width.

    Parameters
    ----------
    bars
        Colour bars side by side.
    """
    wide = (WIDTH_IN - _BAR_IN * bars) / columns
    tall = wide * shape[0] * pixel_size_nm[1] / (shape[1] * pixel_size_nm[0])
    return float(np.clip(rows * (tall + _AROUND_IN), 2.0, _TALLEST_IN))


def square_height_in(
    shape: tuple[int, int], pixel_size_nm: tuple[float, float], width_in: float, *, bar: bool = True
) -> float:
    """Height of a figure that one map fills, beside its colour bar if it has one."""
    tall = (width_in - (_BAR_IN if bar else 0.2)) * shape[0] * pixel_size_nm[1] / (shape[1] * pixel_size_nm[0])
    return float(np.clip(tall + _AROUND_IN, 2.0, _TALLEST_IN))


def series(axes: Axes, time_s: Values, values: Values, u: Values, colour: str) -> None:
    """A curve over time with a band of one standard uncertainty.

    Parameters
    ----------
    time_s, values, u : [n]
    colour
        Of both.
    """
    time, value, spread = (np.asarray(column, np.float64) for column in (time_s, values, u))
    axes.fill_between(time, value - spread, value + spread, color=colour, alpha=0.2, lw=0)
    axes.plot(time, value, color=colour, lw=1.3, marker="o" if time.size <= MOST_DOTS else None, ms=3)
    axes.margins(x=0.02)


def draw_map(
    axes: Axes,
    values: NDArray[np.floating],
    pixel_size_nm: tuple[float, float],
    levels: tuple[float, float],
    colours: str,
    title: str,
    *,
    mean: bool = True,
) -> AxesImage:
    """A map with a scale bar in place of axes; grey where nothing was seen.

    Parameters
    ----------
    values : [y, x]
    pixel_size_nm : (float, float)
        Along x and y.
    levels : (float, float)
        Values at both ends of the colours.
    colours : str
        Name of a colour map.
    title : str
        Above it.
    mean : bool
        Whether a large map is shown by means of its pixels; else by every so-manieth, as labels need.
    """
    rows, columns = values.shape
    width, height = columns * pixel_size_nm[0], rows * pixel_size_nm[1]
    table = matplotlib.colormaps[colours].with_extremes(bad=UNSEEN)
    step = -(-max(values.shape) // MOST_PIXELS)
    shown = axes.imshow(
        shrunk(values) if mean else values[::step, ::step],
        cmap=table,
        vmin=levels[0],
        vmax=levels[1],
        extent=(0.0, width, height, 0.0),
        aspect="equal",
    )
    axes.set_title(title, loc="left")
    axes.grid(False)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    _scale_bar(axes, width, height)
    return shown


def _scale_bar(axes: Axes, width_nm: float, height_nm: float) -> None:
    """On a strip below the map, where it hides nothing."""
    length = bar_length(width_nm, 0.35)
    thickness = 0.012 * height_nm
    place = (0.0, height_nm * 1.03)
    axes.add_patch(Rectangle(place, length, thickness, color="black", clip_on=False))
    axes.annotate(
        length_text(length),
        (length, place[1] + thickness / 2),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
        annotation_clip=False,
    )


def shrunk(values: NDArray[np.floating], most: int = MOST_PIXELS) -> FloatArray:
    """Means over square blocks, so that neither side has more than so many pixels; NaN where a block has no value."""
    step = -(-max(values.shape) // most)
    if step <= 1:
        return np.asarray(values, np.float32)
    rows, columns = (-(-n // step) * step for n in values.shape)
    padded = np.full((rows, columns), np.nan, np.float32)
    padded[: values.shape[0], : values.shape[1]] = values
    blocks = padded.reshape(rows // step, step, columns // step, step)
    there = np.isfinite(blocks)
    count = there.sum(axis=(1, 3))
    total = np.where(there, blocks, 0.0).sum(axis=(1, 3))
    return np.asarray(np.where(count, total / np.maximum(count, 1), np.nan), np.float32)
