"""Spirals drawn onto heights, and phases over time (into axes that the caller made)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from eclips4d.metrology.movie import Grid, SurfaceFrame
from eclips4d.metrology.spirals.core import Core
from eclips4d.metrology.spirals.model import BEND, PASSAGE, PHASE, SPACING
from eclips4d.metrology.spirals.series import SpiralSeries
from eclips4d.metrology.spirals.shape import arms_within

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = ("tab:red", "tab:cyan", "tab:orange", "tab:green", "tab:pink", "tab:olive")


def draw_cores(axes: Axes, frame: SurfaceFrame, grid: Grid, cores: Sequence[Core]) -> None:
    """Heights of a frame, the arms as fitted where each core's are its own, and the cores.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    frame : SurfaceFrame
    grid : Grid
    cores : sequence of Core
        Of this frame.
    """
    (dx, dy), (x0, y0) = grid.pixel_size_nm, grid.origin_nm
    rows, columns = frame.height.shape
    extent = (x0 - dx / 2, x0 + (columns - 0.5) * dx, y0 + (rows - 0.5) * dy, y0 - dy / 2)
    axes.imshow(frame.height, cmap="gray", extent=extent)
    x, y = np.meshgrid(x0 + dx * np.arange(columns), y0 + dy * np.arange(rows))
    distance = np.array([np.hypot(x - core.x_nm.value, y - core.y_nm.value) for core in cores])
    for k, core in enumerate(cores):
        colour = _COLOURS[k % len(_COLOURS)]
        p = core.fit.parameters
        away = np.hypot(x - core.x_nm.value, y - core.y_nm.value)
        turned = core.fit.wound * np.arctan2(y - core.y_nm.value, x - core.x_nm.value)
        time = (np.asarray(frame.row_time_s) - core.time_s)[:, None]
        u = 2 * np.pi * (p[PHASE] + p[PASSAGE] * time - arms_within(away, p[SPACING], p[BEND])) - turned
        # Where the sine is 0 and the cosine positive an arm passes.
        own = (distance.argmin(axis=0) == k) & (np.cos(u) > 0) & (away < core.turns * core.spacing_nm.value)
        axes.contour(x, y, np.where(own, np.sin(u), np.nan), levels=[0.0], colors=colour, linewidths=0.8)
        said = f"{'clockwise' if core.sense > 0 else 'counter-clockwise'}, {core.arms} arm{'s' * (core.arms > 1)}"
        axes.plot([core.x_nm.value], [core.y_nm.value], "+", color=colour, markersize=9, label=said)
    axes.set_xlabel("x, nm")
    axes.set_ylabel("y, nm")


def draw_phases(axes: Axes, series: SpiralSeries) -> None:
    """Arms that have passed, core by core, and the constant rate through them."""
    for k, track in enumerate(series.tracks):
        time = np.array([seen.core.time_s for seen in track.seen])
        arms = track.passage.arms - track.passage.arms[0]
        colour = _COLOURS[k % len(_COLOURS)]
        rate = track.rotation_per_s
        said = f"core {track.core_id}: {60 * rate.value:.4f} ± {60 * rate.u:.4f} turns/min ({track.passage.wrapping})"
        axes.plot(time, arms, "o", color=colour, markersize=4, label=said)
        if np.isfinite(track.passage.per_s.value):
            line = track.passage.per_s.value * (time - time.mean()) + arms.mean()
            axes.plot(time, line, "-", color=colour, linewidth=0.8)
    axes.set_xlabel("time, s")
    axes.set_ylabel("arms passed")
    axes.legend(fontsize=7)
