"""What rendering costs: time and memory, how both grow, and beside a ray march of every pixel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from rich.console import Console

from eclips4d.pipeline.bench.physics import bsesm_gradient
from eclips4d.pipeline.bench.physics.bsesm_measured import (
    horizon_nanoseconds,
    march_nanoseconds,
    memory_gb,
    render_seconds,
)
from eclips4d.pipeline.bench.physics.bsesm_surfaces import TIMED, described
from eclips4d.pipeline.bench.rows import Row, at_most

_COST = "Rendering 1024², 64 azimuths, four segments, two threads"
_GROWTH = "How the time grows (granular film; exponent of a power law)"
_MARCH = "Beside a march of every pixel's rays, 16 looks per pixel, two threads"
_WAYS = "Horizons alone, 512², one thread, ns per pixel and azimuth"
_SECONDS, _GB = 1.5, 1.0
_PAPER_S = 20.0 * 3600.0
_SIDES, _AZIMUTHS = (512, 1024, 2048, 4096), (16, 32, 64, 128)
_FILM = "granular film"
_CROP = 128


def rows(console: Console) -> list[Row]:
    """All tables."""
    made = []
    for name in TIMED:
        console.print(f"bsesm: {name}", style="dim")
        made += _cost(name)
    console.print("bsesm: growth", style="dim")
    made += _growth()
    console.print("bsesm: swept and marched horizons", style="dim")
    made += [row for name in TIMED for row in _both_ways(name)]
    console.print("bsesm: ray march", style="dim")
    made += [row for name in TIMED for row in _beside_march(name)]
    return made + bsesm_gradient.rows(console)


def _cost(name: str) -> list[Row]:
    what = described(name, TIMED[name](1024))
    return [
        at_most(_COST, f"{what}: s, best of three", _image_seconds(name), _SECONDS),
        at_most(_COST, f"{name}: GB of memory", memory_gb(name, 1024), _GB),
    ]


def _growth() -> list[Row]:
    sides, seconds = _over_sides()
    per_azimuth = [_over_azimuths(count) for count in _AZIMUTHS]
    pixels = float(np.polyfit(np.log(np.square(sides)), np.log(seconds), 1)[0])
    azimuths = float(np.polyfit(np.log(_AZIMUTHS), np.log(per_azimuth), 1)[0])
    return [
        Row(_GROWTH, "with pixels, 512² to 4096²", pixels, "0.9–1.1", 0.9 <= pixels <= 1.1),
        *(Row(_GROWTH, f"{side}²: s", taken) for side, taken in zip(sides, seconds, strict=True)),
        at_most(_GROWTH, "with azimuths, 16 to 128, 1024²", azimuths, 1.1),
        *(Row(_GROWTH, f"{n} azimuths: s", taken) for n, taken in zip(_AZIMUTHS, per_azimuth, strict=True)),
    ]


def _both_ways(name: str) -> list[Row]:
    height = TIMED[name](512)
    ways = {"swept in lines": 0.0, "marched in strips": np.inf}
    return [Row(_WAYS, f"{name}: {way}", horizon_nanoseconds(height, deep)) for way, deep in ways.items()]


def _beside_march(name: str) -> list[Row]:
    seconds = _image_seconds(name)
    per_ray = seconds / 1024**2 / 64 * 1e9
    marching = march_nanoseconds(TIMED[name](1024)[:_CROP, :_CROP]) / 2.0
    return [
        Row(_MARCH, f"{name}: rendering, ns per pixel and azimuth", per_ray),
        Row(_MARCH, f"{name}: march, ns per pixel and azimuth (of a part of {_CROP}²)", marching),
        Row(_MARCH, f"{name}: march over rendering", marching / per_ray, "> 1", marching > per_ray),
        Row(_MARCH, f"{name}: the paper's 20 h for one such image over rendering", _PAPER_S / seconds),
    ]


@cache
def _image_seconds(name: str) -> float:
    return render_seconds(TIMED[name](1024))


@cache
def _over_sides() -> tuple[tuple[int, ...], tuple[float, ...]]:
    seconds = [render_seconds(TIMED[_FILM](side), times=3 if side < 2048 else 1) for side in _SIDES]
    return _SIDES, tuple(seconds)


@cache
def _over_azimuths(count: int) -> float:
    return render_seconds(TIMED[_FILM](1024), count, 2)


def pictures(folder: Path) -> None:
    """Time against pixels; heights read by gradients."""
    bsesm_gradient.pictures(folder)
    sides, seconds = _over_sides()
    pixels = np.square(np.array(sides, dtype=float))
    figure = Figure(figsize=(4.8, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    axis.loglog(pixels, seconds, "o-", label="64 azimuths, granular film")
    axis.loglog(pixels, seconds[1] * pixels / pixels[1], "k:", label="linear")
    axis.axhline(_SECONDS, color="C3", linewidth=0.8, label=f"{_SECONDS} s, wanted at 1024²")
    axis.set_xticks(pixels, [f"{side}²" for side in sides])
    axis.minorticks_off()
    axis.set(xlabel="pixels", ylabel="wall time, s (two threads)")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    figure.savefig(folder / "physics-rendering-time.png", dpi=90)
