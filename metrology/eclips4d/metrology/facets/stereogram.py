"""Poles of facets in the stereographic projection, beside those of a crystal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.facets.assign import NONE, UNDECIDED, Assignment
from eclips4d.metrology.facets.facet import Facet
from eclips4d.metrology.facets.histogram import OrientationHistogram
from eclips4d.metrology.facets.lattice import Planes
from eclips4d.metrology.facets.propagate import Systematic
from eclips4d.metrology.facets.sphere import equal_area, normals_of, stereographic

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

F64 = NDArray[np.float64]

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_NONE_COLOUR = "#555555"
_MARKS = ("s", "D", "^", "p", "h", "v")
_SIGMAS = 2.0
_AROUND = np.linspace(0.0, 2.0 * np.pi, 49)
_TILTS = (15.0, 30.0, 45.0, 60.0, 75.0)


def stereogram(
    facets: Sequence[Facet],
    systematic: Systematic,
    planes: Planes | None = None,
    assignment: Assignment | None = None,
    histogram: OrientationHistogram | None = None,
    title: str = "",
) -> Figure:
    """Draw poles of facets with ellipses of two standard uncertainties.

    Azimuths are as on the screen, the beam in the middle. Open marks are planes of the crystal under the orientation
    of the assignment; filled ones are facets in the colour of their family, grey crosses are none of them.

    Parameters
    ----------
    facets
    systematic
        Shared uncertainty, which the ellipses contain.
    planes, assignment
        Both or neither.
    histogram
        Drawn below, if given.

    Returns
    -------
    matplotlib.figure.Figure
        With a canvas that needs no display; `figure.savefig(path)`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 6.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    if histogram is not None:
        _ground(axes, histogram)
    _net(axes)
    if planes is not None and assignment is not None:
        _crystal(axes, planes, assignment)
    _poles(axes, facets, systematic, planes, assignment)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper right", fontsize="small", framealpha=0.9)
    axes.set_title(title or "Poles of facets, stereographic")
    return figure


def _net(axes: Axes) -> None:
    for tilt in (*_TILTS, 90.0):
        radius = np.tan(np.radians(tilt) / 2.0)
        strong = tilt == 90.0
        axes.plot(radius * np.cos(_AROUND), radius * np.sin(_AROUND), color="k", lw=1.0 if strong else 0.3, zorder=1)
        if not strong:
            axes.annotate(f"{tilt:.0f}°", (0.0, -radius), fontsize="x-small", ha="center", va="top", color="#444444")
    for azimuth in np.radians(np.arange(0, 360, 30)):
        axes.plot([0.0, np.cos(azimuth)], [0.0, np.sin(azimuth)], color="k", lw=0.2, zorder=1)
    for azimuth, name in ((0.0, "0°"), (90.0, "90°"), (180.0, "180°"), (270.0, "270°")):
        x, y = 1.05 * np.cos(np.radians(azimuth)), 1.05 * np.sin(np.radians(azimuth))
        axes.annotate(name, (x, y), fontsize="small", ha="center", va="center")
    axes.set(aspect="equal", xlim=(-1.12, 1.12), ylim=(-1.12, 1.12))
    axes.set_axis_off()


def _crystal(axes: Axes, planes: Planes, assignment: Assignment) -> None:
    turned = planes.normals @ assignment.orientation.matrix.T
    for k, name in enumerate(planes.names):
        up = turned[(planes.family == k) & (turned[:, 2] > -1e-9)]
        if len(up):
            x, y = stereographic(up).T
            colour, mark = _COLOURS[k % len(_COLOURS)], _MARKS[k % len(_MARKS)]
            axes.scatter(x, y, s=110, lw=1.2, label=name, zorder=3, facecolors="none", edgecolors=colour, marker=mark)


def _poles(
    axes: Axes,
    facets: Sequence[Facet],
    systematic: Systematic,
    planes: Planes | None,
    assignment: Assignment | None,
) -> None:
    families = [NONE] * len(facets) if assignment is None else list(assignment.table["family"])
    strangers = []
    for facet, family in zip(facets, families, strict=True):
        known = planes is not None and family in planes.names
        colour = _COLOURS[planes.names.index(family) % len(_COLOURS)] if known and planes is not None else _NONE_COLOUR
        axes.plot(*_ellipse(facet, systematic).T, color=colour, lw=0.8, zorder=4)
        x, y = stereographic(facet.normal)
        if known:
            axes.plot(x, y, "o", ms=3.0, color=colour, zorder=5)
        else:
            strangers.append((x, y))
    if strangers:
        name = f"{NONE} or {UNDECIDED}" if assignment is not None else "facet"
        x, y = np.transpose(strangers)
        axes.scatter(x, y, marker="x", s=25, color=_NONE_COLOUR, label=name, zorder=5)


def _ellipse(facet: Facet, systematic: Systematic) -> F64:
    """Two standard uncertainties around a pole, [n, 2]."""
    shared = np.outer(facet.slope, facet.slope) * systematic.scale_u**2 + np.eye(2) * systematic.level_u**2
    lengths, axes = np.linalg.eigh(facet.covariance + shared)
    circle = np.stack([np.cos(_AROUND), np.sin(_AROUND)], axis=-1)
    off = circle * np.sqrt(np.maximum(lengths, 0.0)) @ axes.T
    return stereographic(normals_of(facet.slope + _SIGMAS * off))


def _ground(axes: Axes, histogram: OrientationHistogram) -> None:
    """The histogram, looked up for a grid of places in the stereographic projection."""
    middle = np.linspace(-1.0, 1.0, 400)
    x, y = np.meshgrid(middle, middle)
    square = x**2 + y**2
    normal = np.stack([2.0 * x, 2.0 * y, 1.0 - square], axis=-1) / (1.0 + square)[..., None]
    width = histogram.edges[1] - histogram.edges[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        place = (equal_area(normal) - histogram.edges[0]) / width
    u, v = np.clip(np.nan_to_num(place), 0, len(histogram.density) - 1).astype(int).transpose(2, 0, 1)
    level = np.where(square < 1.0, histogram.density[v, u], np.nan)
    shown = np.log10(np.maximum(level, 0.1))
    axes.imshow(shown, extent=(-1, 1, -1, 1), origin="lower", cmap="Greys", vmin=-1.0, vmax=3.5, zorder=0)
