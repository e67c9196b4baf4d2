"""What a panel shows as a figure for a paper: white, with a scale bar, a colour bar with its unit and a caption."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from eclips4d.core.errors import InputError
from eclips4d.viewer.exporting.figure_maps import draw_doubt, draw_height, draw_segments, draw_slope
from eclips4d.viewer.exporting.figure_plots import draw_drift, draw_kymograph, draw_profile
from eclips4d.viewer.exporting.names import checked, whole
from eclips4d.viewer.exporting.snapshot import Snapshot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".pdf", ".svg")
DPI = 300
LETTERS_PER_INCH = 18.0
CAPTION_PT = 7.5

Draw = Callable[[Snapshot], tuple["Figure", str]]
"""A figure without its caption, and the caption."""

FIGURES: Final[Mapping[str, Draw]] = MappingProxyType(
    {
        "height": draw_height,
        "slope": draw_slope,
        "trust": draw_doubt,
        "segments": draw_segments,
        "profile": draw_profile,
        "drift": draw_drift,
        "kymograph": draw_kymograph,
    }
)
"""By the panel's name."""


def make_figure(of: Snapshot, panel: str) -> Figure:
    """The figure of a panel, with its caption below.

    Raises
    ------
    InputError
        There is nothing to draw.
    """
    if panel not in FIGURES:
        raise InputError(f"no figure of the panel {panel}", cure="save the window as a picture instead")
    figure, words = FIGURES[panel](of)
    width, height = figure.get_size_inches()
    lines = textwrap.fill(words, int(width * LETTERS_PER_INCH))
    room = 0.1 + (1 + lines.count("\n")) * CAPTION_PT * 1.35 / 72
    _make_room(figure, room, float(height))
    figure.text(0.03, 0.06 / (height + room), lines, fontsize=CAPTION_PT, va="bottom", ha="left", color="black")
    return figure


def write_figure(of: Snapshot, panel: str, path: Path) -> str:
    """Write a panel's figure as PNG, PDF or SVG, as the name ends; what was written, in words.

    Raises
    ------
    InputError
        There is nothing to draw, or no such file can be written.
    """
    path = checked(path, SUFFIXES)
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = make_figure(of, panel)
    FigureCanvasAgg(figure)
    with whole(path) as partial:
        figure.savefig(partial, dpi=DPI, facecolor="white", format=path.suffix.lower().removeprefix("."))
    return f"figure written: {path}"


def _make_room(figure: Figure, room: float, height: float) -> None:
    """Below everything that is drawn, inches."""
    full = height + room
    figure.set_size_inches(figure.get_size_inches()[0], full)
    for axes in figure.axes:
        box: Any = axes.get_position()
        axes.set_position((box.x0, (box.y0 * height + room) / full, box.width, box.height * height / full))
