"""Pictures of scattering, yields, contrast and lobes."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes

from eclips4d.physics.emission.elastic.partial_waves import differential, phase_shifts
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.emission.literature import ANGLES_DEG, ELSEPA, HEINRICH, HEINRICH_KEV, MEASURED
from eclips4d.physics.emission.materials import MATERIALS
from eclips4d.physics.emission.tables import load_tables, monte_carlo_law
from eclips4d.pipeline.bench.physics.emission_tables import kappas

_COLOURS = dict(zip(MATERIALS, ("tab:orange", "tab:red", "tab:blue", "tab:cyan", "goldenrod", "tab:gray"), strict=True))
_DPI = 75


def draw(folder: Path) -> None:
    """Write `physics-emission-yield.png`, `physics-emission-contrast.png` and `physics-emission-lobes.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(9.6, 3.9), layout="constrained")
    (left, right) = figure.subplots(1, 2)
    _draw_scattering(left)
    _draw_yields(right)
    figure.savefig(folder / "physics-emission-yield.png", dpi=_DPI)
    figure = Figure(figsize=(9.6, 3.9), layout="constrained")
    (left, right) = figure.subplots(1, 2, sharey=True)
    _draw_contrasts(left, right)
    figure.savefig(folder / "physics-emission-contrast.png", dpi=_DPI)
    figure = Figure(figsize=(9.6, 2.4), layout="constrained")
    for column, tilt_deg in enumerate((0.0, 20.0, 45.0, 60.0)):
        axes = figure.add_subplot(1, 4, 1 + column, projection="polar")
        assert isinstance(axes, PolarAxes)
        _draw_lobe(axes, tilt_deg)
    figure.legend(loc="lower center", ncols=3, fontsize=8)
    figure.savefig(folder / "physics-emission-lobes.png", dpi=_DPI)


def _draw_scattering(axes: Axes) -> None:
    angle = np.linspace(1.0, 180.0, 400)
    for z, energy_ev, colour in ((29, 1_000, "tab:orange"), (29, 10_000, "tab:red"), (79, 10_000, "goldenrod")):
        values = differential(phase_shifts(z, energy_ev), np.cos(np.radians(angle)))
        axes.semilogy(angle, values, color=colour, label=f"Z = {z}, {energy_ev // 1000} keV")
        axes.semilogy(ANGLES_DEG, ELSEPA[z, energy_ev].differential, "o", color=colour, markersize=4)
    axes.semilogy([], [], "ko", markersize=4, label="ELSEPA 2020")
    axes.set(
        xlabel="scattering angle, degrees", ylabel="cross-section, bohr²/sr", xlim=(0, 180), xticks=range(0, 181, 45)
    )
    axes.legend(fontsize=8)


def _draw_yields(axes: Axes) -> None:
    tables = load_tables()
    for i, name in enumerate(tables.material):
        axes.semilogx(tables.energy_kev, tables.yields[i, :, 0], "-", color=_COLOURS[name], label=name)
        for point in MEASURED.get(name, ()):
            axes.plot(*point, ".", color=_COLOURS[name], markersize=3, alpha=0.6)
        if name in HEINRICH:
            axes.plot(HEINRICH_KEV, HEINRICH[name], "s", color=_COLOURS[name], markersize=5, markerfacecolor="none")
    axes.plot([], [], "ks", markerfacecolor="none", markersize=5, label="Heinrich")
    axes.plot([], [], "k.", markersize=3, label="others")
    axes.set(xlabel="beam energy, keV", ylabel="backscatter yield, flat", ylim=(0, 0.56), xticks=(2, 3, 5, 10, 20, 30))
    axes.set_xticklabels(["2", "3", "5", "10", "20", "30"])
    axes.minorticks_off()
    axes.legend(fontsize=7, ncols=4, loc="lower center")


def _draw_contrasts(left: Axes, right: Axes) -> None:
    tilts = tuple(float(t) for t in np.arange(2.0, 61.0, 2.0))
    for name in MATERIALS:
        left.plot(tilts, kappas(monte_carlo_law(name, 10.0), tilts), color=_COLOURS[name], label=f"{name}, 10 keV")
    shades = matplotlib.colormaps["viridis"](np.linspace(0.0, 0.85, 5))
    for kev, shade in zip((2.0, 5.0, 10.0, 20.0, 30.0), shades, strict=True):
        right.plot(tilts, kappas(monte_carlo_law("Cu", kev), tilts), color=shade, label=f"Cu, {kev:g} keV")
    for axes in (left, right):
        axes.plot(tilts, kappas(lambert_law(), tilts), "k--", label="Lambert")
        axes.set(xlabel="tilt of the facet, degrees", xlim=(0, 60), ylim=(0.3, 0.9))
        axes.legend(fontsize=8, loc="lower left", ncols=2)
    left.set_ylabel("directional contrast, 14–42°")


def _section(law: EmissionLaw, tilt_deg: float) -> tuple[list[float], list[float]]:
    """Densities in the plane of steepest ascent, uphill to the right."""
    angles, values = [], []
    for angle in np.radians(np.arange(-90.0, 90.5, 1.0)):
        phi = 0.0 if angle >= 0.0 else np.pi
        slope = (float(np.tan(np.radians(tilt_deg))), 0.0)
        angles.append(float(angle))
        values.append(float(law.density(np.asarray(abs(angle)), np.asarray(phi), slope)))
    return angles, values


def _draw_lobe(axes: PolarAxes, tilt_deg: float) -> None:
    laws = ((lambert_law(29), "k--", "Lambert, times Arnal's yield"),)
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)
    for law, style, label in laws:
        axes.plot(*_section(law, tilt_deg), style, linewidth=1, label=label if tilt_deg == 0.0 else None)
    for kev, colour in ((2.0, "tab:purple"), (10.0, "tab:red")):
        section = _section(monte_carlo_law("Cu", kev), tilt_deg)
        axes.plot(*section, color=colour, label=f"Cu, {kev:g} keV" if tilt_deg == 0.0 else None)
    axes.set(thetamin=-90, thetamax=90, title=f"tilt {tilt_deg:g}°")
    axes.set_rticks([0.2, 0.4])
    axes.tick_params(labelsize=7)
