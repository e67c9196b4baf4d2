"""Steps found where there are none: connected ridges in the slopes of a flat, per square micrometre."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, label

from eclips4d.pipeline.bench.networks.judge.frame import DOSES
from eclips4d.pipeline.bench.networks.judge.setting import Setting, setting_of
from eclips4d.pipeline.bench.networks.slopes.chosen import Read, best, filtered
from eclips4d.pipeline.bench.networks.slopes.gathered import modelled, reading, readings
from eclips4d.pipeline.bench.networks.slopes.scores import MARGIN_PX, inside, levelled_error
from eclips4d.pipeline.bench.rows import Row

F32 = NDArray[np.float32]

TABLE = "Pure noise: false steps per µm², pixels of 20 nm"
PIXEL_NM = 20.0
THRESHOLD, LONG_PX, WIDE_PX = 0.5, 8.0, 2.0
"""A step is a connected ridge where the slope exceeds half the closed form's noise sd, at least 8 pixels long: half the
peak of the faintest step, 2 px wide, that stands out by five sd of its height over 20 px of its edge. Larger ridges
count by their pixels, as many times as a step of 8 × 2 of them: noise that hangs together over the whole frame is not
one step."""
_IMAGED = "gentle-steps"
"""The peers' parameters are those that suit this scene at the same dose: on a flat the best filter leaves nothing."""


def false_step_rows(seeds: int, models: Sequence[str], kept: Path | None = None) -> list[Row]:
    """Per dose: closed form, peers as they are set for gentle steps, models."""
    rows = []
    for dose in DOSES:
        flats = [reading("flat", dose, seed, fine(seed)) for seed in range(seeds)]
        imaged = readings(_IMAGED, dose, seeds)
        what = f"{dose:g} electrons"
        rows.append(Row(TABLE, f"{what}: closed form", per_um2(flats, (r.closed.slope for r in flats))))
        allowed = {}
        for name in ("Gaussian", "total variation"):
            value = best(name, imaged, kept).parameter
            allowed[name] = per_um2(flats, (filtered(name, r, value) for r in flats))
            rows.append(Row(TABLE, f"{what}: best {name} for gentle steps ({value:g})", allowed[name]))
        bar = allowed["Gaussian"]
        for name in models:
            ours = (modelled(name, "flat", dose, seed, fine(seed))[0] for seed in range(seeds))
            found = per_um2(flats, ours)
            rows.append(Row(TABLE, f"{what}: {name}", found, f"≤ {bar:.3g}", found <= bar))
    return rows


def fine(seed: int) -> Setting:
    """The seed's setting with the pixel size that areas are stated for."""
    return replace(setting_of(seed), pixel_nm=PIXEL_NM, blur=False)


def per_um2(flats: Sequence[Read], slopes: Iterable[F32]) -> float:
    """False steps of all frames over their area."""
    counts = [count_steps(slope, r.frame.slope, r.noise) for slope, r in zip(slopes, flats, strict=True)]
    rows, columns = flats[0].frame.slope.shape[1:]
    pixels = len(flats) * (rows - 2 * MARGIN_PX) * (columns - 2 * MARGIN_PX)
    return float(sum(counts) / (pixels * PIXEL_NM**2 * 1e-6))


def count_steps(slope: F32, truth: F32, noise: float) -> float:
    """Connected ridges of levelled slopes [2, y, x] above `THRESHOLD` noise sd and `LONG_PX` long, by their size."""
    steep = np.hypot(*levelled_error(slope, np.zeros_like(truth))) > THRESHOLD * noise
    ridges, _ = label(steep & inside(truth.shape), structure=np.ones((3, 3)))
    pixels = np.bincount(ridges.ravel())[1:]
    long = [math.hypot(*(side.stop - side.start for side in box)) >= LONG_PX for box in find_objects(ridges)]
    return float(np.maximum(pixels[np.array(long, bool)] / (LONG_PX * WIDE_PX), 1.0).sum())
