"""A comparison as a picture: both maps, their difference, the Bland-Altman plot, and one against the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.maps.agreement import WITHIN, Agreement
from eclips4d.metrology.maps.comparison import Comparison
from eclips4d.metrology.quantity import Quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

F64 = NDArray[np.float64]

CELLS = 150
BIAS, LIMITS = "#b2182b", "#2166ac"
SHOWN = (0.1, 99.9)
"""Percentiles that colours and axes span."""


def picture(found: Comparison, title: str = "") -> Figure:
    """Two rows: the run, the map, their difference; difference over height, run over map, differences' histogram."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13.0, 7.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 3)
    run, chart = (np.where(found.compared, image, np.nan) for image in (found.run_nm, found.map_nm))
    difference = run - chart
    span = _span(np.stack([run, chart]))
    far = max(abs(v) for v in _span(difference))
    images = ((run, "run", "viridis", span), (chart, "map, put in place", "viridis", span))
    for place, (image, name, colours, levels) in zip(
        axes[0], (*images, (difference, "run less map", "RdBu_r", (-far, far))), strict=True
    ):
        _image(figure, place, image, found, (name, colours, levels))
    heights = ((run + chart) / 2)[found.compared]
    _bland_altman(axes[1, 0], heights, difference[found.compared], found.agreement)
    _one_against_other(axes[1, 1], run[found.compared], chart[found.compared], found.agreement)
    _histogram(axes[1, 2], difference[found.compared], found.agreement)
    figure.suptitle(title or f"frame {found.frame} against {found.chart.source}", fontsize=11, x=0.01, ha="left")
    return figure


def _span(image: F64) -> tuple[float, float]:
    low, high = (float(v) for v in np.percentile(image[np.isfinite(image)], SHOWN))
    return low, high if high > low else low + 1e-3


def _image(
    figure: Figure, axes: Axes, image: F64, found: Comparison, look: tuple[str, str, tuple[float, float]]
) -> None:
    name, colours, (low, high) = look
    (dx, dy), (x0, y0) = found.grid.pixel_size_nm, found.grid.origin_nm
    rows, columns = image.shape
    extent = (x0 - dx / 2, x0 + (columns - 0.5) * dx, y0 + (rows - 0.5) * dy, y0 - dy / 2)
    shown = axes.imshow(image, cmap=colours, vmin=low, vmax=high, extent=extent, interpolation="nearest")
    axes.set_title(name, fontsize=10)
    axes.set_xlabel("x, nm")
    axes.set_ylabel("y, nm")
    figure.colorbar(shown, ax=axes, label="nm", shrink=0.85)


def _density(axes: Axes, x: F64, y: F64, span: tuple[tuple[float, float], tuple[float, float]]) -> None:
    # A picture of counts: a hundred thousand dots would take seconds and show less.
    counts, xs, ys = np.histogram2d(x, y, bins=CELLS, range=span)
    shades: Any = np.where(counts > 0, np.log1p(counts), np.nan).T
    axes.pcolormesh(xs, ys, shades, cmap="Greys", vmin=-0.5, rasterized=True)


def _bland_altman(axes: Axes, height: F64, difference: F64, a: Agreement) -> None:
    _density(axes, height, difference, (_span(height), _span(difference)))
    ends = np.array(_span(height))
    line = a.bias_nm.value + a.bias_per_nm.value * (ends - a.mean_height_nm)
    spread = WITHIN * np.maximum(a.sd_at_mean_nm + a.sd_per_nm.value * (ends - a.mean_height_nm), 0.0)
    for value, colour in ((a.bias_nm, BIAS), (a.lower_nm, LIMITS), (a.upper_nm, LIMITS)):
        axes.axhline(value.value, color=colour, lw=1.2)
        axes.axhspan(value.value - 2 * value.u, value.value + 2 * value.u, color=colour, alpha=0.18, lw=0)
    axes.plot(ends, line, color=BIAS, lw=1.2, ls="--")
    for sign in (-1, 1):
        axes.plot(ends, line + sign * spread, color=LIMITS, lw=1.2, ls="--")
    axes.errorbar(
        [one.height_nm for one in a.bins],
        [one.bias_nm.value for one in a.bins],
        [2 * one.bias_nm.u for one in a.bins],
        fmt="o",
        ms=3.5,
        color=BIAS,
        capsize=2,
    )
    axes.set_title("limits of agreement: bias ± 1.96 sd; dashed: with height; ± 2 u", fontsize=9)
    axes.set_xlabel("mean height of both, nm")
    axes.set_ylabel("run less map, nm")


def _one_against_other(axes: Axes, run: F64, chart: F64, a: Agreement) -> None:
    span = _span(np.stack([run, chart]))
    _density(axes, chart, run, (span, span))
    ends = np.array(span)
    axes.plot(ends, ends, color="0.6", lw=1.0, label="equal")
    middle = float(run.mean() - a.ratio.value.value * chart.mean())
    label = f"ratio {_said(a.ratio.value, 4)}"
    axes.plot(ends, middle + a.ratio.value.value * ends, color=BIAS, lw=1.2, ls="--", label=label)
    axes.set_xlabel("map, nm")
    axes.set_ylabel("run, nm")
    axes.set_title(f"errors in both; correlation {a.correlation:.4f}", fontsize=9)
    axes.legend(fontsize=8, frameon=False, loc="upper left")


def _histogram(axes: Axes, difference: F64, a: Agreement) -> None:
    low, high = _span(difference)
    axes.hist(difference, bins=CELLS // 2, range=(low, high), color="0.7")
    for value, colour in ((a.bias_nm, BIAS), (a.lower_nm, LIMITS), (a.upper_nm, LIMITS)):
        axes.axvline(value.value, color=colour, lw=1.2)
    axes.set_xlabel("run less map, nm")
    axes.set_yticks([])
    axes.set_title(
        f"rms {_said(a.rms_nm, 3)} nm, correlation length {a.correlation_length_nm:.3g} nm,\n"
        f"{a.pixels} pixels tell a mean like {a.independent:.3g} independent ones",
        fontsize=9,
    )


def _said(value: Quantity, digits: int) -> str:
    return f"{value.value:.{digits}f} ± {value.u:.{digits}f}"
