"""The Vision Field table: how far away occlusion comes from, for surfaces of several spectra, from exact horizons.

A pixel that is free within r and hidden from beyond is what a surrogate that looks r far cannot know.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console

from eclips4d.physics.limits.vision_field import VisionField, needed_radius, vision_field
from eclips4d.pipeline.bench.physics.vision_surfaces import STEPS, made_surfaces
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

DETECTORS = {"14-42°": (14.0, 42.0), "20-60°": (20.0, 60.0), "45-75°": (45.0, 75.0)}
"""Polar angles accepted by an annulus of four quadrants."""
RADII = (0, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96)
_SHOWN = (2, 4, 8, 16, 32, 64)
_BELOW, _AZIMUTHS = 0.01, 16
_DRAWN = {
    "self-affine H 0.8, slope 0.7": "C0",
    "self-affine H 0.3, slope 0.7": "C1",
    "Gaussian, correlation 8 px, slope 0.7": "C2",
    "Gaussian, correlation 16 px, slope 0.7": "C3",
    "islands, faces 54.7°": "C4",
    "trenches 16 wide, 16 deep, walls 80°": "C5",
    "trenches 16 wide, 32 deep, walls 80°": "C6",
    "granular film by AFM, heights × 3": "C7",
}


def rows(console: Console) -> list[Row]:
    """Two tables per detector: the probability, and the error of the segments' signals."""
    found = []
    for detector in DETECTORS:
        with console.status(f"vision field, {detector}"):
            fields = _fields(detector)
        found += [_probability_row(detector, name, some) for name, some in fields.items()]
        found += [_error_row(detector, name, some) for name, some in fields.items() if name != STEPS]
    return found


def pictures(folder: Path) -> None:
    """P and signal error against r, for the highest and the lowest take-off."""
    figure = Figure(figsize=(9.0, 7.6), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(2, 2, sharex=True)
    for column, detector in zip(panels.T, ("14-42°", "45-75°"), strict=True):
        fields = _fields(detector)
        column[0].set(title=f"detector {detector}", ylabel="P(occluded beyond r | free within r)")
        column[1].set(xlabel="r / px", ylabel="rms signal error on shaded pixels")
        for name, colour in _DRAWN.items():
            if name in fields:
                _curve(column[0], name, np.array([f.beyond for f in fields[name]]), colour)
                _curve(column[1], name, np.array([f.rms_error_occluded for f in fields[name]]), colour)
    for axes in panels.ravel():
        axes.set(xscale="log", yscale="log", ylim=(1e-4, 1.0), xlim=(2, 96))
        axes.set_xticks(_SHOWN, [str(r) for r in _SHOWN])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    panels[0, 0].axhline(_BELOW, color="0.5", linewidth=0.8)
    panels[0, 1].axhline(_BELOW, color="0.5", linewidth=0.8)
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)
    figure.savefig(folder / "physics-vision-field.png", dpi=68)


@cache
def _fields(detector: str) -> dict[str, list[VisionField]]:
    return {
        name: [vision_field(surface, DETECTORS[detector], RADII, azimuths=_AZIMUTHS) for surface in some]
        for name, some in made_surfaces().items()
    }


def _probability_row(detector: str, name: str, fields: list[VisionField]) -> Row:
    table = f"Vision Field, {detector}: P(occluded beyond r | free within r), %, at r = {_LIST} px; value: r for < 1 %"
    need = max(min(needed_radius(field, _BELOW), field.farthest_px) for field in fields)
    if name == STEPS and detector == "14-42°":
        return at_most(table, f"{name}: P(occluded), at any distance", max(field.occluded for field in fields), 0.0)
    farthest = max(field.farthest_px for field in fields)
    profile = _profile(np.array([field.beyond for field in fields]) * 100.0, 2)
    return Row(table, f"{name}: {profile}; exactly 0 beyond {farthest:.0f} px", need)


def _error_row(detector: str, name: str, fields: list[VisionField]) -> Row:
    table = f"Vision Field, {detector}: rms error on shaded pixels, % of flat, at r = {_LIST} px; value: at 16 px"
    shaded = np.mean([field.shaded for field in fields])
    part = np.array([field.rms_error_occluded for field in fields]) * 100.0
    every = np.mean([field.rms_error[RADII.index(16)] for field in fields]) * 100.0
    text = f"{name}, {shaded:.1%} shaded: {_profile(part, 1)}; over all pixels at 16 px {every:.2g}"
    return Row(table, text, float(part[:, RADII.index(16)].mean()))


_LIST = ", ".join(str(r) for r in _SHOWN)


def _profile(values: F64, digits: int) -> str:
    """Means over the seeds, with their spread."""
    shown = values[:, [RADII.index(r) for r in _SHOWN]]
    spread = shown.std(axis=0, ddof=1)
    return ", ".join(f"{m:.{digits}f}±{s:.{digits}f}" for m, s in zip(shown.mean(axis=0), spread, strict=True))


def _curve(axes: Axes, name: str, values: F64, colour: str) -> None:
    mean, spread = values.mean(axis=0), values.std(axis=0)
    axes.plot(RADII[1:], np.maximum(mean, 1e-6)[1:], color=colour, label=name)
    axes.fill_between(RADII, np.maximum(mean - spread, 1e-6), mean + spread, color=colour, alpha=0.2, linewidth=0)
