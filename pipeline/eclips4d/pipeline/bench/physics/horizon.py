"""Exact visibility against brute force on the same rays, dense ray marching, and images made by it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console

from eclips4d.physics.bsesm.course import Course, courses
from eclips4d.physics.bsesm.horizon import horizon
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.physics.scenes import build_scene
from eclips4d.pipeline.bench.physics.horizon_rays import every_step_map, marched_map, supremum_map
from eclips4d.pipeline.bench.physics.horizon_rendered import FLOOR, PIXEL_NM, instrument, marched_images
from eclips4d.pipeline.bench.physics.horizon_surfaces import checked_surfaces
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

_LINES = "Horizons against brute force on the same rays, all 64 directions, 64²: tangent"
_MARCH = "Horizons against a ray march, 16 looks per pixel, 256², 99.9th percentile, °"
_IMAGES = "Images, 64 azimuths, against ray-marched ones of 256: % of the flat signal"
_SAME, _ANGLE_DEG, _IMAGE = 1e-4, 0.2, 0.2
_MARGIN = 16


def rows(console: Console) -> list[Row]:
    """All tables."""
    console.print("horizon: brute force", style="dim")
    made = [row for name, height in checked_surfaces(64).items() for row in _on_lines(name, height)]
    console.print("horizon: ray march", style="dim")
    made += [row for name, height in checked_surfaces(256).items() for row in _by_march(name, height)]
    console.print("horizon: images", style="dim")
    return made + [row for name, height in checked_surfaces(128).items() for row in _as_images(name, height)]


def step_of(direction: Course) -> tuple[float, float]:
    """Columns and rows of one step."""
    step = (float(direction.forward), direction.drift)
    return (step[1], step[0]) if direction.transposed else step


def _on_lines(name: str, height: F64) -> list[Row]:
    missed, invented, between = [], [], []
    for direction in courses(64, (1.0, 1.0)):
        step, length = step_of(direction), direction.step_nm
        found = horizon(height, (1.0, 1.0), direction)[0]
        whole = every_step_map(height, *step, False) / length
        highest = supremum_map(height, *step) / length
        seen = whole > -1e9
        missed.append((whole - found)[seen].max())
        invented.append((found - highest)[seen].max())
        between.append(_elevation(np.maximum(highest, FLOOR)) - _elevation(np.maximum(found, FLOOR)))
    lost = float(np.percentile(np.concatenate(between), 99.9))
    return [
        at_most(_LINES, f"{name}: lower than the highest whole step by", max(0.0, float(max(missed))), _SAME),
        at_most(_LINES, f"{name}: higher than the surface anywhere along the ray by", max(0.0, max(invented)), _SAME),
        Row(_LINES, f"{name}: crests between steps lost, 99.9th percentile, °", lost),
    ]


def _by_march(name: str, height: F64) -> list[Row]:
    counting: list[F64] = []
    sky: list[F64] = []
    for direction in courses(64, (1.0, 1.0))[1::11]:
        found = horizon(height, (1.0, 1.0), direction)[0]
        marched = marched_map(height, *step_of(direction)) / direction.step_nm
        seen = marched > -1e9
        for least, differences in ((FLOOR, counting), (0.0, sky)):
            pair = [_elevation(np.maximum(tangent[seen], least)) for tangent in (found, marched)]
            differences.append(np.abs(pair[0] - pair[1]))
    made = []
    lowest = f"elevations that count, above {_elevation(FLOOR):.1f}°"
    for label, differences in ((lowest, counting), ("whole sky", sky)):
        off = np.concatenate(differences)
        beyond = 100.0 * float(np.mean(off > _ANGLE_DEG))
        what = f"{name}; {label} (largest {off.max():.2g}, {beyond:.2g} % above {_ANGLE_DEG})"
        made.append(at_most(_MARCH, what, float(np.percentile(off, 99.9)), _ANGLE_DEG))
    return made


def _as_images(name: str, height: F64) -> list[Row]:
    side = len(height) - 2 * _MARGIN
    image = exact_simulator(instrument(), (side, side), margin=_MARGIN)(height * PIXEL_NM)
    flat = exact_simulator(instrument(), (8, 8))(np.zeros((8, 8)))[:, 4, 4]
    marched = marched_images(height, margin=_MARGIN)
    off = 100.0 * np.abs(image - marched) / flat[:, None, None]
    more = exact_simulator(instrument(), (side, side), margin=_MARGIN, azimuths=256)(height * PIXEL_NM)
    finer = 100.0 * np.sqrt(((more - marched) ** 2).mean((1, 2))).max() / flat.mean()
    rms, most = np.sqrt((off**2).mean((1, 2))).max(), np.percentile(off, 99.9, axis=(1, 2)).max()
    return [
        at_most(_IMAGES, f"{name}: rms, worst segment", float(rms), _IMAGE),
        at_most(_IMAGES, f"{name}: 99.9th percentile, worst segment (largest {off.max():.2g})", float(most), _IMAGE),
        Row(_IMAGES, f"{name}: rms with 256 azimuths instead of 64", float(finer)),
    ]


def _elevation(tangent: F64 | float) -> F64:
    return np.asarray(np.degrees(np.arctan(tangent)))


def pictures(folder: Path) -> None:
    """A scene, its horizon in two directions, and its four segments."""
    scene = build_scene("islands", (1600.0, 1600.0), 3, 12.0)
    size, pixel = 256, 1600.0 / 256
    y = np.linspace(0.5 * pixel - 800.0, 800.0 - 0.5 * pixel, size)
    lines = scene.lines(np.full(size, y[0]), pixel, size, y, np.full(size, 8.0))
    image = exact_simulator(instrument(pixel), (size, size))(lines.height, lines.relative_yield)
    directions = courses(64, (pixel, pixel))
    panels = [("height, nm", lines.height, "viridis")]
    for k in (0, 11):
        raised = _elevation(np.maximum(horizon(lines.height, (pixel, pixel), directions[k])[0], 0.0))
        panels.append((f"horizon towards {np.degrees(directions[k].azimuth):.0f}°, °", raised, "magma"))
    for azimuth, segment in zip((45, 135, 225, 315), image, strict=True):
        panels.append((f"segment at {azimuth}°, over flat", segment / np.median(segment), "gray"))
    figure = Figure(figsize=(9.2, 4.9), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 4)
    for axis, (title, values, colours) in zip(axes.ravel()[[0, 1, 2, 4, 5, 6, 7]], panels, strict=True):
        low, high = np.percentile(values, [0.5, 99.5])
        shown = axis.imshow(values, cmap=colours, vmin=low, vmax=high, extent=(0.0, 1.6, 1.6, 0.0))
        axis.set_title(title, fontsize=8)
        axis.tick_params(labelsize=7)
        figure.colorbar(shown, ax=axis, shrink=0.8).ax.tick_params(labelsize=7)
    axes[0, 3].hist(panels[1][1].ravel(), bins=60, log=True, color="0.4")
    axes[0, 3].axvline(_elevation(FLOOR), color="C3", linewidth=1.0)
    axes[0, 3].set_title("pixels by horizon towards 0°; red: detector's edge", fontsize=7)
    axes[0, 3].set_xlabel("elevation, °", fontsize=7)
    axes[0, 3].tick_params(labelsize=7)
    figure.supxlabel("µm", fontsize=8)
    figure.savefig(folder / "physics-visibility.png", dpi=72)
