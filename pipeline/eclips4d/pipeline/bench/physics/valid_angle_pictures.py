"""A picture of the field in the gap, of flights through it, and of the directions that each segment accepts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes

from eclips4d.core.instrument import Instrument
from eclips4d.physics.valid_angle.directions import acceptance
from eclips4d.physics.valid_angle.flight_table import field_of
from eclips4d.physics.valid_angle.gap import Gap, gap_of, potential
from eclips4d.physics.valid_angle.trajectories import LANDED, fly

_FLIGHT_EV = 3e3
_COLOURS = ("tab:blue", "tab:orange", "tab:green", "tab:red", "tab:purple", "tab:brown")


def draw(folder: Path, instruments: Sequence[Instrument]) -> None:
    """Write `physics-valid-angle.png`: one column for each instrument, field above, directions below."""
    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(9.0, 6.6), layout="constrained")
    for column, instrument in enumerate(instruments):
        gap = gap_of(instrument)
        if gap is not None:
            _draw_gap(figure.add_subplot(2, len(instruments), 1 + column), gap)
        below = figure.add_subplot(2, len(instruments), 1 + len(instruments) + column, projection="polar")
        assert isinstance(below, PolarAxes)
        _draw_directions(below, instrument)
    figure.savefig(folder / "physics-valid-angle.png", dpi=64)


def _draw_gap(axes: Axes, gap: Gap) -> None:
    r, z, values = potential(gap)
    shown = r < 1.4 * gap.outer
    volts = np.concatenate([values[shown][::-1], values[shown][1:]])
    across = np.concatenate([-r[shown][::-1], r[shown][1:]])
    levels = np.sort(np.arange(1, 10) / 10.0 * gap.detector_v)
    axes.contour(across, z, volts.T, levels=levels, colors="0.6", linewidths=0.7, linestyles="solid")
    theta = np.radians(np.arange(5.0, 76.0, 5.0))
    path = np.empty((theta.size, 300, 3))
    _, fate, _ = fly(field_of(gap), _FLIGHT_EV, 0.0, theta, np.zeros(theta.size), gap.height, path)
    for way, end in zip(path, fate, strict=True):
        counts = end == LANDED and gap.inner < way[-1, 0] < gap.outer
        for side in (-1.0, 1.0):
            axes.plot(side * way[:, 0], way[:, 2], color="tab:red" if counts else "tab:blue", linewidth=0.8)
    for side in (-1.0, 1.0):
        axes.plot([side * gap.inner, side * gap.outer], [gap.height] * 2, "k", linewidth=3)
        edge = side * 1.4 * gap.outer
        axes.fill_between([side * gap.bore, edge], gap.pole_piece, gap.pole_piece + 1.5, color="0.3")
    axes.axhline(0.0, color="k", linewidth=3)
    axes.set(xlim=(-1.4 * gap.outer, 1.4 * gap.outer), ylim=(-0.2, gap.pole_piece + 1.5), aspect="equal")
    axes.set(xlabel="r, mm", ylabel="z, mm")
    axes.set_title(
        f"detector at {gap.detector_v:+g} V, equipotentials every {abs(gap.detector_v) / 10:g} V\n"
        f"electrons of {_FLIGHT_EV / 1e3:g} keV, red: those that count",
        fontsize=8,
    )


def _draw_directions(axes: PolarAxes, instrument: Instrument) -> None:
    table = acceptance(instrument, polar_cells=128, azimuths=256)
    phi = np.linspace(0.0, 2.0 * np.pi, table.azimuths + 1)
    straight = acceptance(instrument.model_copy(update={"electrodes": None}))
    for k, colour in zip(range(table.segments), _COLOURS, strict=False):
        tint = LinearSegmentedColormap.from_list(colour, ["white", colour])
        share = np.ma.masked_less(table.share[k], 1e-3)
        axes.pcolormesh(phi, np.degrees(table.theta_edges), share.T, cmap=tint, vmin=0.0, vmax=1.0, rasterized=True)
    for rim in straight.theta_edges[[1, -1]]:
        axes.plot(phi, np.full(phi.size, np.degrees(rim)), "k--", linewidth=0.8)
    axes.set_rlim(0.0, 65.0)
    axes.set_rticks([20.0, 40.0, 60.0])
    axes.tick_params(labelsize=7)
    axes.set_title(
        f"emission directions that count, {instrument.beam.energy_kev:g} keV beam\n"
        "(polar angle in degrees; dashed: rims without a field)",
        fontsize=8,
    )
