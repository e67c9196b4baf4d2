"""An endless, seeded stream of batches; surfaces are kept for a few batches, noise is always new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import numpy as np
import torch
from numpy.typing import NDArray

from eclips4d.training.integrator.composed import Batch
from eclips4d.training.integrator.detector import reading
from eclips4d.training.integrator.example import Example, example
from eclips4d.training.integrator.relief import FINE, Relief, random_relief
from eclips4d.training.integrator.truth import Truth, pixel_means
from eclips4d.training.recipe import Data

F32 = NDArray[np.float32]

SATURATION_DEG = (55.0, 78.0)
"""Tilt beyond which what is read stays behind what is there."""
EXACT, UNSEEN = 0.5, 0.4
"""Shares: of patches whose slopes are exact but for noise; of mesas whose walls leave no trace in the slopes."""


def batches(data: Data, seed: int) -> Iterator[Batch]:
    """Batches without end; same recipe and seed, same batches."""
    rng = np.random.default_rng(seed)
    pool = [random_relief(rng, data.field_px) for _ in range(data.pool)]
    oldest, due = 0, 0.0
    while True:
        yield collated([_patch(rng, pool[rng.integers(len(pool))], data) for _ in range(data.batch)])
        due += 1.0
        while due >= data.replays:
            due -= data.replays
            pool[oldest] = random_relief(rng, data.field_px)
            oldest = (oldest + 1) % len(pool)


def collated(examples: list[Example]) -> Batch:
    """Examples side by side."""
    stacked = {}
    for field in fields(Batch):
        values = [np.asarray(getattr(one, field.name), dtype=np.float32) for one in examples]
        stacked[field.name] = torch.from_numpy(np.stack(values))
    return Batch(**stacked)


def _patch(rng: np.random.Generator, relief: Relief, data: Data) -> Example:
    side = data.patch_px * FINE
    y, x = rng.integers(0, (data.field_px - data.patch_px) * FINE + 1, 2)
    turn, flip = int(rng.integers(4)), bool(rng.integers(2))

    def cut(image: F32) -> F32:
        patch = np.rot90(image[y : y + side, x : x + side], turn)
        return np.ascontiguousarray(patch[:, ::-1] if flip else patch)

    size = np.float32(np.exp(rng.uniform(-0.5, 0.3)) * rng.choice([-1.0, 1.0]))
    truth = _truth(rng, cut(relief.height) * size, None if relief.mesas is None else cut(relief.mesas))
    dim = cut(relief.brightness)[::FINE, ::FINE]
    return example(reading(rng, truth, dim), truth.height)


def _truth(rng: np.random.Generator, height: F32, mesas: F32 | None) -> Truth:
    steepest = np.inf if rng.random() < EXACT else float(np.tan(np.radians(rng.uniform(*SATURATION_DEG))))
    if mesas is None or not mesas.any():
        return pixel_means(height, FINE, steepest)
    if rng.random() < UNSEEN:
        seen = pixel_means(height, FINE, steepest)
        true = pixel_means(height + mesas, FINE, steepest)
        hint = true.steepest if rng.random() < 0.5 else seen.steepest
        return Truth(true.height, seen.slope, hint)
    return pixel_means(height + mesas, FINE, steepest if np.isfinite(steepest) and rng.random() < 0.5 else 3.0)
