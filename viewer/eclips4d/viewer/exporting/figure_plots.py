"""Figures of plots: the profile along a line, the drift, a kymograph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from eclips4d.core.errors import InputError
from eclips4d.viewer.exporting.snapshot import Snapshot, caption
from eclips4d.viewer.lengths import unit_of
from eclips4d.viewer.measuring.words import signed, step_words
from eclips4d.viewer.theme import LIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH_IN, HEIGHT_IN = 4.6, 2.6
TEXT_PT = 8
BAND = 0.25
WHOLE, KEYED = 0.83, 0.64
"""Shares of the figure's width that a plot has, by itself and beside a colour bar."""
MOST_LABELS, MOST_NAMED = 8, 6
"""Steps that are labelled on a profile; those whose velocities stand beside a kymograph."""


def draw_profile(of: Snapshot) -> tuple[Figure, str]:
    """Height, or its change, along the line, ± 1 sd, with what was read of its steps."""
    profile, one = of.profile, of.sheet.chosen_line
    if profile is None or one is None:
        raise InputError("there is no profile to draw", cure="draw a line over the height")
    known = np.abs(profile.height_nm[np.isfinite(profile.height_nm)])
    along, up = unit_of(float(profile.distance_nm[-1])), unit_of(float(known.max()) if known.size else 0.0)
    figure, axes = _plot()
    colour = LIGHT.series[one.series % len(LIGHT.series)]
    x, h = profile.distance_nm / along.nm, profile.height_nm / up.nm
    axes.plot(x, h, color=colour, lw=1.2)
    if profile.sd_nm is not None:
        axes.fill_between(x, h - profile.sd_nm / up.nm, h + profile.sd_nm / up.nm, color=colour, alpha=BAND, lw=0)
    name = "height" if of.change is None else "change of height"
    axes.set_xlabel(f"distance from a ({along.name})")
    axes.set_ylabel(f"{name} ({up.name})")
    axes.set_xlim(0, float(x[-1]) or 1.0)
    _label_steps(axes, of, along.nm)
    words = f"{name.capitalize()} along {one.name}; band: ± 1 standard deviation of the random part"
    if of.reading is not None and of.reading.steps and of.reading.question.wall is not None:
        words += f"; walls of steps declared {of.reading.question.wall.words}"
    frame = of.frame if of.change is None else of.change.sequence
    return figure, caption(of, words, frame)


def draw_drift(of: Snapshot) -> tuple[Figure, str]:
    """Drift along x and y over time, ± 1 sd; rings where it was only predicted."""
    curves = None if of.picture.state is None else of.picture.state.drift_curves
    if curves is None:
        raise InputError("no frame has a drift yet", cure="wait for one")
    figure, axes = _plot()
    unit = unit_of(max(map(abs, curves.reach_nm)))
    for k, name in enumerate(("x →", "y ↓")):
        colour, nm, u_nm = LIGHT.along[k], curves.nm[k] / unit.nm, curves.u_nm[k] / unit.nm
        axes.plot(curves.time_s, nm, color=colour, lw=1.2, label=name)
        axes.fill_between(curves.time_s, nm - u_nm, nm + u_nm, color=colour, alpha=BAND, lw=0)
        axes.plot(curves.lost_s, curves.lost_nm[k] / unit.nm, "o", mfc="none", color=colour, ms=4)
    axes.set_xlabel("start of the frame (s)")
    axes.set_ylabel(f"drift ({unit.name})")
    axes.legend(fontsize=TEXT_PT, frameon=False)
    lost = "; rings: not aligned, predicted" if curves.not_aligned else ""
    return figure, caption(of, f"Drift of the image; band: ± 1 standard deviation{lost}", None, scaled=False)


def draw_kymograph(of: Snapshot) -> tuple[Figure, str]:
    """Slope along the line over time, with the ways of its steps and their velocities."""
    series, one = of.series, of.sheet.chosen_line
    if series is None or series.image is None or one is None:
        raise InputError("there is no kymograph to draw", cure="bring the panel Kymograph into sight and wait for it")
    figure, axes = _plot(height=3.4, width=KEYED)
    unit, (first, last) = unit_of(series.length_nm), series.span_s
    half, length = 0.5 * series.spacing_nm / unit.nm, series.length_nm / unit.nm
    extent = (-half, length + half, last, first)
    shown = np.where(series.image == 255, np.nan, series.image * (2 * series.reach / 254.0) - series.reach)
    reach = series.reach or 1.0
    image = axes.imshow(shown, cmap="gray", vmin=-reach, vmax=reach, extent=extent, aspect="auto")
    box = axes.get_position()
    bar = figure.colorbar(image, cax=figure.add_axes((box.x1 + 0.02, box.y0, 0.03, box.height)))
    bar.set_label("slope along the line", fontsize=TEXT_PT)
    bar.ax.tick_params(labelsize=TEXT_PT)
    for k, track in enumerate(sorted(series.tracks, key=lambda t: -t.time_s.size)):
        colour = LIGHT.series[1 + k % (len(LIGHT.series) - 1)]
        label = f"{signed(track.mean_nm_s, 'nm/s')}" if k < MOST_NAMED else None
        axes.plot(track.position_nm / unit.nm, track.time_s, color=colour, lw=1.2, label=label)
    axes.set_xlabel(f"distance from a ({unit.name})")
    axes.set_ylabel("time (s)")
    if series.tracks:
        axes.legend(fontsize=6.5, loc="upper right")
    words = f"Kymograph of {one.name}; curves: ways of steps, with their mean velocities"
    return figure, caption(of, words, None)


def _plot(height: float = HEIGHT_IN, width: float = WHOLE) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, height), facecolor="white")
    axes = figure.add_axes((0.14, 0.5 / height, width, 1 - 0.6 / height))
    axes.tick_params(labelsize=TEXT_PT)
    axes.xaxis.label.set_fontsize(TEXT_PT)
    axes.yaxis.label.set_fontsize(TEXT_PT)
    return figure, axes


def _label_steps(axes: Any, of: Snapshot, along_nm: float) -> None:
    """Above the curve, in two rows, left to right; the highest steps where there are many."""
    reading = of.reading
    if reading is None or not reading.steps:
        return
    highest = sorted(reading.steps, key=lambda step: -abs(step.height_nm.value))[:MOST_LABELS]
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.6 * (high - low))
    for k, step in enumerate(sorted(highest, key=lambda step: step.position_nm.value)):
        x = step.position_nm.value / along_nm
        axes.axvline(x, color="0.6", lw=0.6, ls=":")
        place = (x, 0.98 - 0.17 * (k % 2))
        axes.text(*place, step_words(step), fontsize=5.5, ha="center", va="top", transform=axes.get_xaxis_transform())
