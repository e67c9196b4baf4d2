"""The drift as a picture: where the content lay, with its standard deviation, and how fast it moved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from eclips4d.core.errors import InputError
from eclips4d.metrology.drift import DriftSeries
from eclips4d.pipeline.drift_report.content import Content
from eclips4d.pipeline.drift_report.picture_smoothed import COLOURS, DEFINED_PX, add_smoothed, legend_entry
from eclips4d.viewer.drift import reach_nm
from eclips4d.viewer.lengths import Unit, unit_of

MOST_DOTS = 120
MOST_LABELS = 12
LOG_FROM = 8.0
"""Ratio of the largest to the smallest standard deviation from which on their axis is logarithmic."""


def draw(content: Content, name: str, path: Path) -> None:
    """Write drift and its standard deviation over time as PNG; `name` is the run's.

    With the smoothed drift, both are drawn, and by how much they differ.

    Raises
    ------
    InputError
        No frame has a drift.
    """
    live, smoothed = content.live, content.smoothed
    shown = [series for series in (live, smoothed) if series is not None and series.known.any()]
    if not shown:
        raise InputError("no frame has a drift to draw", where=name, cure="wait for results")
    figure = Figure(figsize=(9.0, 5.4 if smoothed is None else 6.9), layout="constrained")
    FigureCanvasAgg(figure)
    shares = (3, 1.25) if smoothed is None else (3, 1.25, 1.25)
    upper, *between, lower = figure.subplots(len(shares), 1, sharex=True, height_ratios=shares)
    reaches = [reach_nm(series) for series in shown]
    low, high = min(low for low, _ in reaches), max(high for _, high in reaches)
    unit = unit_of(max(-low, high))
    _drift(upper, live, unit)
    margin = 0.05 * (high - low) or 1.0
    upper.set_ylim((low - margin) / unit.nm, (high + margin) / unit.nm)
    _spread(lower, live)
    if smoothed is not None:
        add_smoothed(upper, between[0], lower, live, smoothed, unit)
    _scale_spread(lower, shown)
    for axes in (upper, *between, lower):
        _grid_changes(axes, live)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    _number_grids(upper, live)
    figure.suptitle(_title(live, name), fontsize=10.5, x=0.01, ha="left")
    entries = _legend(live) + ([] if smoothed is None else [legend_entry()])
    figure.legend(handles=entries, fontsize=8.5, ncols=6, loc="outside lower center", frameon=False)
    figure.savefig(path, dpi=130)


def _drift(axes: Axes, series: DriftSeries, unit: Unit) -> None:
    nm, u_nm, lost = series.nm / unit.nm, series.u_nm / unit.nm, series.known & ~series.aligned
    dots = "o" if len(series) <= MOST_DOTS else None
    axes.axhline(0.0, color="0.75", lw=0.8, zorder=0)
    for k, colour in enumerate(COLOURS.values()):
        axes.fill_between(series.time_s, nm[:, k] - u_nm[:, k], nm[:, k] + u_nm[:, k], color=colour, alpha=0.22, lw=0)
        axes.plot(series.time_s, nm[:, k], color=colour, lw=1.4, marker=dots, ms=3)
        axes.plot(series.time_s[lost], nm[lost, k], "o", ms=6.5, mfc="white", mec=colour, mew=1.3, zorder=4)
    axes.set_ylabel(f"drift at the frame's start, {unit.name}")
    axes.margins(x=0.02)


def _spread(axes: Axes, series: DriftSeries) -> None:
    lost = series.known & ~series.aligned
    dots = "o" if len(series) <= MOST_DOTS else None
    spread = np.where(series.u_px > DEFINED_PX, series.u_px, np.nan)
    # x is drawn broader, below y: often the two are alike.
    for k, colour, width in zip((1, 0), COLOURS.values(), (3.0, 1.1), strict=True):
        axes.plot(series.time_s, spread[:, k], color=colour, lw=width, marker=dots, ms=2.2 + width)
        axes.plot(series.time_s[lost], spread[lost, k], "o", ms=5, mfc="white", mec=colour, mew=1.1, zorder=4)
    axes.set(ylabel="sd, px", xlabel="start of the frame, s")


def _scale_spread(axes: Axes, shown: list[DriftSeries]) -> None:
    spread = np.concatenate([series.u_px.ravel() for series in shown])
    there = spread[np.isfinite(spread) & (spread > DEFINED_PX)]
    if there.size and there.max() > LOG_FROM * there.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("")
    else:
        axes.set_ylim(0.0, None)


def _grid_changes(axes: Axes, series: DriftSeries) -> None:
    for time in series.time_s[series.changes]:
        axes.axvline(time, color="0.35", lw=1.0, ls=(0, (4, 3)), zorder=1)


def _number_grids(axes: Axes, series: DriftSeries) -> None:
    changes = series.changes
    for frame in changes if changes.size <= MOST_LABELS else []:
        axes.annotate(
            f"grid of frame {series.reference[frame]}",
            (series.time_s[frame], 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(3, -3),
            textcoords="offset points",
            rotation=90,
            va="top",
            fontsize=7.5,
            color="0.35",
            zorder=1,  # below the curves
            bbox={"fc": "white", "ec": "none", "pad": 0.8},
        )


def _title(series: DriftSeries, name: str) -> str:
    known = int(series.known.sum())
    lost = known - int(series.aligned.sum())
    said = f"{lost} of {known} frames not aligned" if lost else f"all {known} frames aligned"
    return f"Drift of {name}: {said}"


def _legend(series: DriftSeries) -> list[Line2D]:
    entries = [Line2D([], [], color=colour, label=label) for label, colour in COLOURS.items()]
    entries.append(Line2D([], [], color="0.5", lw=7, alpha=0.35, label="± 1 sd"))
    if (series.known & ~series.aligned).any():
        label = "not aligned: predicted"
        entries.append(Line2D([], [], ls="", marker="o", ms=6.5, mfc="white", mec="0.3", mew=1.3, label=label))
    if series.changes.size:
        entries.append(Line2D([], [], color="0.35", lw=1.0, ls=(0, (4, 3)), label="another reference grid"))
    return entries
