"""An endless, seeded stream of batches; surfaces and frames are kept for a few batches, most of the noise is new."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import numpy as np
import torch
from numpy.typing import NDArray

from eclips4d.training.integrator.composed import Batch
from eclips4d.training.integrator.detector import reading, torn
from eclips4d.training.integrator.example import Example, example
from eclips4d.training.integrator.relief import FINE, Relief, random_relief
from eclips4d.training.integrator.seen import Seen, cut, seen_frames, turned
from eclips4d.training.integrator.truth import Truth, pixel_means
from eclips4d.training.recipe import Data

F32 = NDArray[np.float32]

SEEN = 0.6
"""Share of patches from rendered frames; the others have noise added to true slopes."""
SATURATION_DEG = (55.0, 78.0)
"""Tilt beyond which what is read stays behind what is there."""
EXACT, UNSEEN = 0.5, 0.4
"""Shares: of patches whose slopes are exact but for noise; of mesas whose walls leave no trace in the slopes."""


def batches(data: Data, seed: int) -> Iterator[Batch]:
    """Batches without end, each made while the one before is learnt from; same recipe and seed, same batches."""
    made = _batches(data, seed)
    with ThreadPoolExecutor(1, thread_name_prefix="slopes") as executor:
        coming = executor.submit(next, made)
        while True:
            batch = coming.result()
            coming = executor.submit(next, made)
            yield batch


def _batches(data: Data, seed: int) -> Iterator[Batch]:
    rng = np.random.default_rng(seed)
    frames = seen_frames(np.random.default_rng((seed, 1)), data.field_px)
    pool = [random_relief(rng, data.field_px) for _ in range(data.pool // 2)]
    seen = [next(frames) for _ in range(data.pool // 2)]
    step = 0
    while True:
        yield collated([_example(rng, pool, seen, data) for _ in range(data.batch)])
        step += 1
        if step % max(round(data.replays / data.batch), 1) == 0:
            pool[rng.integers(len(pool))] = random_relief(rng, data.field_px)
            seen[rng.integers(len(seen))] = next(frames)


def _example(rng: np.random.Generator, pool: list[Relief], seen: list[Seen], data: Data) -> Example:
    if rng.random() >= SEEN:
        return _patch(rng, pool[rng.integers(len(pool))], data)
    y, x = rng.integers(0, data.field_px - data.patch_px + 1, 2)
    one = turned(cut(seen[rng.integers(len(seen))], y, x, data.patch_px), int(rng.integers(8)))
    return example(torn(rng, one.reading), one.height)


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
    return example(torn(rng, reading(rng, truth, dim)), truth.height)


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
