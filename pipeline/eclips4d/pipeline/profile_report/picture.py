"""Steps over time as a picture: the kymograph of the slope with the tracks on it, heights and velocities beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from eclips4d.metrology.steps.measure import LineSteps

if TYPE_CHECKING:
    import pandas as pd

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#b3a800", "#000000")
"""Of Okabe and Ito, the yellow darker: told apart by every reader."""
MOST_CURVES = 10
"""Steps with curves of their own; of more, those that are seen longest."""
MOST_DOTS = 60


def draw(line: LineSteps, table: pd.DataFrame, name: str, path: Path) -> None:
    """Write the picture of one line as PNG.

    Parameters
    ----------
    line : LineSteps
    table : pandas.DataFrame
        Its rows of `metrology.steps.table.step_table`.
    name : str
        Of the run.
    path : Path
    """
    figure = Figure(figsize=(12.0, 6.6), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.add_gridspec(2, 2, width_ratios=(1.05, 1.0))
    axes = figure.add_subplot(panels[:, 0])
    colours = _colours(line)
    _kymograph(axes, line)
    _tracks(axes, line, colours)
    heights = figure.add_subplot(panels[0, 1])
    speeds = figure.add_subplot(panels[1, 1], sharex=heights)
    shown = _longest(table)
    _curves(heights, table, shown, colours, "height_nm", "height_u_nm")
    _curves(speeds, table, shown, colours, "velocity_normal_nm_s", "velocity_normal_u_nm_s")
    heights.set_ylabel("step height, nm")
    speeds.set_ylabel("velocity along the normal, nm/s")
    speeds.set_xlabel("time, s")
    speeds.axhline(0.0, color="0.7", lw=0.8, zorder=0)
    for panel in (heights, speeds):
        panel.grid(alpha=0.25)
        panel.spines[["top", "right"]].set_visible(False)
    total = table["step_id"].nunique()
    said = f"{len(shown)} of {total} steps, bands ± 1 u" if total > len(shown) else "bands ± 1 u"
    heights.set_title(said, fontsize=9, loc="left")
    (x0, y0), (x1, y1) = line.line
    width = line.profiles[0].width_nm
    where = f"from {x0:g},{y0:g} to {x1:g},{y1:g} nm, {width:g} nm wide"
    figure.suptitle(f"Steps of {name}, {where}", fontsize=10.5, x=0.01, ha="left")
    figure.savefig(path, dpi=130)


def _colours(line: LineSteps) -> dict[int, str]:
    ids = sorted(track.step_id for track in line.linked.tracks)
    return {step: COLOURS[k % len(COLOURS)] for k, step in enumerate(ids)}


def _kymograph(axes: Axes, line: LineSteps) -> None:
    made = line.kymograph()
    slope, distance = made["slope_along"].values, made["distance"].values
    known = np.abs(slope[np.isfinite(slope)])
    reach = float(np.quantile(known, 0.99)) if known.size else 1.0
    time = _filled(made["time"].values, line.frame_s)
    mesh = axes.pcolormesh(
        np.broadcast_to(distance, time.shape), time, slope, cmap="Greys_r", vmin=-reach, vmax=reach, shading="nearest",
        rasterized=True,
    )  # fmt: skip
    axes.invert_yaxis()
    axes.set(xlabel="along the line, nm", ylabel="time, s")
    axes.figure.colorbar(mesh, ax=axes, label="slope along the line", shrink=0.7, pad=0.02)


def _filled(time: np.ndarray[tuple[int, ...], np.dtype[np.float64]], frame_s: float) -> np.ndarray[
    tuple[int, ...], np.dtype[np.float64]
]:  # fmt: skip
    """Times of samples that were not seen, from those beside them; a single frame is given a height."""
    filled = time.copy()
    for k, row in enumerate(filled):
        seen = np.isfinite(row)
        if seen.any() and not seen.all():
            row[~seen] = np.interp(np.flatnonzero(~seen), np.flatnonzero(seen), row[seen])
        elif not seen.any():
            row[:] = k * frame_s
    return filled


def _tracks(axes: Axes, line: LineSteps, colours: dict[int, str]) -> None:
    dots = "." if len(line.frames) <= MOST_DOTS else None
    for track in line.linked.tracks:
        place, time = track.column("position_nm"), track.column("time_s")
        axes.plot(place, time, color=colours[track.step_id], lw=1.6, marker=dots or ".", ms=4 if dots else 1.5)
        axes.annotate(
            str(track.step_id),
            (place[0], time[0]),
            xytext=(3, 3),
            textcoords="offset points",
            fontsize=7.5,
            color=colours[track.step_id],
            bbox={"fc": "white", "ec": "none", "pad": 0.6, "alpha": 0.8},
        )


def _longest(table: pd.DataFrame) -> list[int]:
    counts = table["step_id"].value_counts()
    return sorted(int(step) for step in counts.index[:MOST_CURVES])


def _curves(axes: Axes, table: pd.DataFrame, shown: list[int], colours: dict[int, str], name: str, u_name: str) -> None:
    for step in shown:
        own = table[table["step_id"] == step].sort_values("time_s")
        time, value, u = (own[column].to_numpy(np.float64) for column in ("time_s", name, u_name))
        colour = colours.get(step, "0.4")
        axes.fill_between(time, value - u, value + u, color=colour, alpha=0.18, lw=0)
        axes.plot(
            time, value, color=colour, lw=1.3, marker="." if len(own) <= MOST_DOTS else None, ms=4, label=str(step)
        )
    values = table.loc[table["step_id"].isin(shown), name].to_numpy(np.float64)
    values = values[np.isfinite(values)]
    if values.size > 8:
        low, high = np.quantile(values, [0.01, 0.99])
        margin = 0.15 * (high - low) or 1.0
        axes.set_ylim(low - margin, high + margin)
    if shown:
        axes.legend(title="step", fontsize=7, title_fontsize=7, ncols=2, loc="best", framealpha=0.6)
