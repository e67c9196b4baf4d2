"""Errors of trained variants on frames that no training has seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.networks.integration.cases import case
from eclips4d.pipeline.bench.networks.integration.ours import integrator
from eclips4d.pipeline.bench.networks.integration.scenes import SCENES
from eclips4d.pipeline.bench.networks.integration.scores import score
from eclips4d.pipeline.bench.networks.judge.frame import DOSES, judge_frame
from eclips4d.pipeline.bench.networks.judge.surfaces import ISSUED
from eclips4d.pipeline.bench.networks.slopes.models import slopes_of
from eclips4d.pipeline.bench.networks.slopes.scores import rms_error

F64 = NDArray[np.float64]

SIZE_PX = 192
JUDGE_SEEDS = (101, 102)
"""Frames per scene and dose."""


def slope_errors(file: Path, scenes: Sequence[str] = ISSUED, size: int = SIZE_PX) -> F64:
    """Rms slope error of each judge frame, float64 [frames]; the same frames in the same order for every network."""
    frames = [judge_frame(scene, dose, seed, size=size) for scene in scenes for dose in DOSES for seed in JUDGE_SEEDS]
    return np.array([rms_error(slopes_of(str(file), frame)[0], frame.slope) for frame in frames])


def height_errors(file: Path, scenes: Sequence[str] = tuple(SCENES), size: int = SIZE_PX) -> F64:
    """Rms height error of each frame, float64 [frames]; the same frames in the same order for every network."""
    ready = integrator(str(file))
    cases = [case(scene, dose, seed, size) for scene in scenes for dose in DOSES for seed in JUDGE_SEEDS]
    return np.array([score(ready(one.slopes, {}), one.height, one.counted).rms for one in cases])
