"""Frames, what the closed form reads of them and what the models make of them: made once, used by every table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.networks.judge.frame import judge_frame
from eclips4d.pipeline.bench.networks.judge.setting import Setting
from eclips4d.pipeline.bench.networks.slopes.chosen import Read, read
from eclips4d.pipeline.bench.networks.slopes.models import slopes_of

F32 = NDArray[np.float32]

SIZE = 192


@lru_cache(maxsize=256)
def reading(scene: str, dose: float, seed: int, setting: Setting | None = None) -> Read:
    """A judge frame of the size used throughout, inverted in closed form."""
    return read(judge_frame(scene, dose, seed, setting, SIZE))


def readings(scene: str, dose: float, seeds: int) -> Sequence[Read]:
    """One per seed."""
    return [reading(scene, dose, seed) for seed in range(seeds)]


@lru_cache(maxsize=512)
def modelled(name: str, scene: str, dose: float, seed: int, setting: Setting | None = None) -> tuple[F32, F32]:
    """Slopes and slope_sd of that frame by a model."""
    return slopes_of(name, reading(scene, dose, seed, setting).frame)
