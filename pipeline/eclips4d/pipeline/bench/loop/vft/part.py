"""The vision field transformer beside the exact simulator: error where something is occluded, time, gradients."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.vft.weights import SHIPPED, vision_field_simulator
from eclips4d.physics.bsesm.gradient import gradient
from eclips4d.physics.limits import surfaces
from eclips4d.physics.vft.gradient import vision_field_gradient
from eclips4d.pipeline.bench.loop.context import LoopContext
from eclips4d.pipeline.bench.loop.vft.picture import draw
from eclips4d.pipeline.bench.loop.vft.shaded import PIXEL_NM, SIZE, SURFACES, TRIED, exact_pair
from eclips4d.pipeline.bench.physics.bsesm_measured import best_of
from eclips4d.pipeline.bench.physics.bsesm_surfaces import TIMED
from eclips4d.pipeline.bench.physics.horizon_rendered import instrument
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

_BESIDE = "Vision field transformer beside the exact simulator, 1024², four segments, two threads, best of three"
_OTHERS = "Vision field transformer, 256²: rms error where a segment is occluded, % of flat, worst of three seeds"
_GRADIENT = "Gradients of the vision field transformer, 96²"
_PERCENT, _MS, _SEEDS, _REPEATS = 3.0, 1000.0, (21, 22, 23), 3
_AGREE, _PIXELS, _STEP_NM = 2.0, 60, 0.01


def rows(context: LoopContext) -> list[Row]:
    """All tables."""
    made = []
    for name in TIMED:
        context.console.print(f"vft: {name}", style="dim")
        made += _beside(name)
    for name in TRIED:
        context.console.print(f"vft: {name}", style="dim")
        made += _others(name)
    context.console.print("vft: gradients", style="dim")
    made += _gradients()
    return [*made, Row(_GRADIENT, "weights, kB", SHIPPED.stat().st_size / 1000.0)]


def pictures(context: LoopContext, folder: Path) -> None:
    """One segment by both, and what lies between them."""
    context.console.print("vft: picture", style="dim")
    draw(folder / "closed-loop-vft.png")


def _beside(name: str) -> list[Row]:
    height = TIMED[name](1024) * PIXEL_NM
    exact = exact_pair(instrument(), height.shape)
    render = vision_field_simulator(instrument(), height.shape, threads=2)
    beside, wanted = exact.beside(height), np.ones((4, *height.shape), np.float32)
    error = beside.error(render(height))
    quick, slow = (best_of(partial(of, height), _REPEATS) * 1e3 for of in (render, exact.whole))
    back = best_of(lambda: vision_field_gradient(render, height, 1.0, wanted), 1) * 1e3
    exact_back = best_of(lambda: gradient(exact.whole, height, 1.0, wanted), 1) * 1e3
    return [
        at_most(_BESIDE, f"{name}, {100 * beside.share:.2g} % occluded: rms error there, % of flat", error, _PERCENT),
        at_most(_BESIDE, f"{name}: image, ms", quick, _MS),
        Row(_BESIDE, f"{name}: exact image, ms", slow),
        Row(_BESIDE, f"{name}: gradient, ms", back),
        Row(_BESIDE, f"{name}: exact gradient, ms", exact_back),
    ]


def _others(name: str) -> list[Row]:
    detector, shape, made = TRIED[name], (SIZE, SIZE), []
    law, of = detector.law(), detector.instrument(PIXEL_NM)
    exact, render = exact_pair(of, shape, law), vision_field_simulator(of, shape, law=law, threads=2)
    for surface, drawn in SURFACES.items():
        besides = [(height, exact.beside(height)) for height in (drawn(seed) * PIXEL_NM for seed in _SEEDS)]
        worst = max(beside.error(render(height)) for height, beside in besides)
        share = 100.0 * float(np.mean([beside.share for _, beside in besides]))
        made.append(at_most(_OTHERS, f"{name}: {surface}, {share:.2g} % occluded", worst, _PERCENT))
    return made


def _gradients() -> list[Row]:
    """Pixels whose derivative does not lie between the differences to either side; and likeness to the exact one."""
    height = (surfaces.islands(96, 54.74, 12.0, 6, 3) + surfaces.gaussian(96, 12.0, 0.3, 1)) * PIXEL_NM
    render = vision_field_simulator(instrument(), height.shape, threads=1)
    random = np.random.default_rng(4)
    weight = random.standard_normal((4, *height.shape))
    found = vision_field_gradient(render, height, 1.0, weight).height
    base, largest = render(height).astype(np.float64), float(np.abs(found).max())
    matters = np.argwhere(np.abs(found) > 0.02 * largest)
    missed = []
    for place in matters[random.permutation(len(matters))[:_PIXELS]]:
        change = np.zeros_like(height)
        change[tuple(place)] = _STEP_NM
        sides = [float(((render(height + s * change) - base) * weight).sum()) / (s * _STEP_NM) for s in (1.0, -1.0)]
        room, value = 0.02 * largest, float(found[tuple(place)])
        missed.append(not min(sides) - room <= value <= max(sides) + room)
    what = f"pixels off the finite differences by more than 2 % of the largest, of {len(missed)}, %"
    exact = gradient(exact_pair(instrument(), height.shape).whole, height, 1.0, weight).height
    alike = float(np.corrcoef(found.ravel(), exact.ravel())[0, 1])
    return [
        at_most(_GRADIENT, what, 100.0 * float(np.mean(missed)), _AGREE),
        Row(_GRADIENT, "correlation with the exact simulator's gradient", alike),
    ]
