"""The distilled simulator beside the exact one: how far apart, how fast, on surfaces and detectors of all kinds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console

from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.physics.dsm.gradient import distilled_gradient
from eclips4d.physics.dsm.simulator import distilled_simulator
from eclips4d.physics.limits import surfaces
from eclips4d.pipeline.bench.physics.bsesm_measured import best_of
from eclips4d.pipeline.bench.physics.bsesm_surfaces import TIMED, described
from eclips4d.pipeline.bench.physics.dsm_detectors import DETECTORS, Detector, central_slopes, errors
from eclips4d.pipeline.bench.physics.horizon_rendered import PIXEL_NM, instrument
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

_BESIDE = "Distilled simulator beside the exact one, 1024², four segments, two threads, best of five"
_OTHERS = "Distilled against exact simulator, 256², rms error, % of flat, worst of three seeds"
_GRADIENT = "Gradients of distilled images against finite differences, 96²"
_PERCENT, _MS, _SEEDS = 1.0, 30.0, (11, 12, 13)
_AGREE, _PIXELS = 2.0, 60
_SIZE = 256

_SURFACES: dict[str, Callable[[int], F64]] = {
    "granular film, slope 0.7": lambda seed: surfaces.gaussian(_SIZE, 12.0, 0.7, seed),
    "self-affine H 0.8, slope 0.7": lambda seed: surfaces.self_affine(_SIZE, 0.8, 0.7, seed),
    "islands, faces 54.7°": lambda seed: surfaces.islands(_SIZE, 54.74, 12.0, 12, seed),
    "islands, faces 70.5°": lambda seed: surfaces.islands(_SIZE, 70.53, 12.0, 12, seed),
    "trenches 16 wide, 16 deep, walls 70°": lambda seed: surfaces.trenches(_SIZE, 16.0, 16.0, 70.0, 4, seed),
    "step bunches 3 px high, faces 46°": lambda seed: surfaces.step_bunches(_SIZE, 46.0, 3.0, 4, seed),
}


def rows(console: Console) -> list[Row]:
    """All tables."""
    made = []
    for name in TIMED:
        console.print(f"dsm: {name}", style="dim")
        made += _beside(name)
    for name, detector in DETECTORS.items():
        console.print(f"dsm: {name}", style="dim")
        made += _others(name, detector)
    console.print("dsm: gradients", style="dim")
    return [*made, _gradient()]


def _beside(name: str) -> list[Row]:
    height = TIMED[name](1024) * PIXEL_NM
    slope = central_slopes(height, PIXEL_NM)
    exact = exact_simulator(instrument(), height.shape, threads=2)
    distilled = distilled_simulator(instrument(), height.shape, threads=2)
    found = errors(distilled(height, slope), exact(height), exact(np.zeros_like(height)))
    quick, slow = (best_of(lambda: distilled(height, slope), 5) * 1e3, best_of(lambda: exact(height), 5) * 1e3)
    what = described(name, height / PIXEL_NM)
    return [
        at_most(_BESIDE, f"{what}: rms error, % of flat", found, _PERCENT),
        at_most(_BESIDE, f"{name}: distilled, ms", quick, _MS),
        Row(_BESIDE, f"{name}: exact, ms", slow),
        Row(_BESIDE, f"{name}: exact over distilled", slow / quick),
    ]


def _others(name: str, detector: Detector) -> list[Row]:
    shape, pixel = (_SIZE, _SIZE), 4.0
    exact = exact_simulator(detector.instrument(pixel), shape, law=detector.law(), threads=2)
    distilled = distilled_simulator(detector.instrument(pixel), shape, law=detector.law(), threads=2)
    flat = exact(np.zeros(shape))
    made = []
    for surface, of in _SURFACES.items():
        heights = [of(seed) * pixel for seed in _SEEDS]
        worst = max(errors(distilled(h, central_slopes(h, pixel)), exact(h), flat) for h in heights)
        made.append(at_most(_OTHERS, f"{name}: {surface}", worst, _PERCENT))
    return made


def _gradient() -> Row:
    """Share of pixels, in percent, whose derivative does not lie between the differences to either side."""
    height = surfaces.islands(96, 54.74, 12.0, 6, 3) * PIXEL_NM
    render, slope = distilled_simulator(instrument(), height.shape, threads=1), central_slopes(height, PIXEL_NM)
    random = np.random.default_rng(4)
    weight = random.standard_normal((4, *height.shape))
    found = distilled_gradient(render, height, slope, weight).height
    base, size = render(height, slope).astype(np.float64), 0.01
    matters = np.argwhere(np.abs(found) > 0.02 * np.abs(found).max())
    missed = []
    for place in matters[random.permutation(len(matters))[:_PIXELS]]:
        change = np.zeros_like(height)
        change[tuple(place)] = size
        sides = [float(((render(height + s * change, slope) - base) * weight).sum()) / (s * size) for s in (1.0, -1.0)]
        room, value = 0.02 * np.abs(found).max(), float(found[tuple(place)])
        missed.append(not min(sides) - room <= value <= max(sides) + room)
    what = f"pixels off by more than 2 % of the largest, {len(missed)} of them, %"
    return at_most(_GRADIENT, what, 100.0 * float(np.mean(missed)), _AGREE)


def pictures(folder: Path) -> None:
    """One segment by both simulators, and what lies between them."""
    height = TIMED["islands and trenches"](256) * PIXEL_NM
    exact = exact_simulator(instrument(), height.shape)
    images = (
        exact(height)[0],
        distilled_simulator(instrument(), height.shape)(height, central_slopes(height, PIXEL_NM))[0],
    )
    flat = float(exact(np.zeros_like(height))[0].mean())
    figure = Figure(figsize=(9.0, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 3)
    for axis, image, title in zip(axes, images, ("exact", "distilled"), strict=False):
        axis.imshow(image / flat, cmap="gray", vmin=0.0, vmax=2.0)
        axis.set_title(title)
    between = axes[2].imshow(100.0 * (images[1] - images[0]) / flat, cmap="RdBu_r", vmin=-5.0, vmax=5.0)
    axes[2].set_title("distilled less exact")
    figure.colorbar(between, ax=axes[2], label="% of flat")
    for axis in axes:
        axis.set_axis_off()
    figure.savefig(folder / "physics-distilled.png", dpi=90)
