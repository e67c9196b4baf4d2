"""Steep facets refined: frames by the exact simulator on 3 × 3 sub-pixels, inverted with the distilled one on 2 × 2.

Counting, gains, dark levels, the amplifier's lag and blur come between, and the calibration is that of an artefact
whose faces end at 48 degrees.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.synthesis.refine import Refined, refine
from eclips4d.pipeline.adaptation.refining import BEST
from eclips4d.pipeline.bench import scores
from eclips4d.pipeline.bench.networks.heights.models import judged
from eclips4d.pipeline.bench.networks.heights.steep import DOSE, SCENES
from eclips4d.pipeline.bench.networks.integration.scores import score
from eclips4d.pipeline.bench.networks.judge.exposing import MARGIN_PX, render
from eclips4d.pipeline.bench.networks.judge.frame import JudgeFrame, frame_of
from eclips4d.pipeline.bench.networks.judge.setting import setting_of

SIZE, START = 96, BEST
LAMBERT = "lambert"


@dataclass(frozen=True, slots=True)
class Trial:
    """One frame.

    Attributes
    ----------
    error_px : dict
        Rms height error by model.
    refined_px, unaware_px : float
        From `START`, refined with the specimen's material stated and without.
    from_px : dict
        Refined from the height of another model, material stated.
    blur_px : float
        That was found.
    occluded : float
        Share of pixels that lose more than 1 % of a segment to others.
    deviance : (float, float)
        Per pixel, before and after.
    seconds : float
        Of processor.
    """

    error_px: dict[str, float]
    refined_px: float
    unaware_px: float
    from_px: dict[str, float]
    blur_px: float
    occluded: float
    deviance: tuple[float, float]
    seconds: float


def trial(scene: str, seed: int, models: tuple[str, ...]) -> Trial:
    """Refine one frame as the command does, beginning with `START`, and with the other models."""
    seen = steep_frame(scene, seed)
    heights = {name: judged(name, seen.instrument).model(seen.raw, seen.calibration).height for name in models}
    began, start = time.process_time(), heights[START]
    found = _refined(seen, start, seen.setting.material)
    took = time.process_time() - began
    others = {name: _refined(seen, height, seen.setting.material) for name, height in heights.items() if name != START}
    unaware = found if seen.setting.material == LAMBERT else _refined(seen, start, LAMBERT)
    return Trial(
        error_px={name: _error(seen, height) for name, height in heights.items()},
        refined_px=_error(seen, found.height),
        unaware_px=_error(seen, unaware.height),
        from_px={name: _error(seen, other.height) for name, other in others.items()},
        blur_px=found.blur_px,
        occluded=float(seen.occluded.mean()),
        deviance=(found.steps[0].deviance, found.steps[-1].deviance),
        seconds=took,
    )


def steep_frame(scene: str, seed: int) -> JudgeFrame:
    """By a detector whose gains and dark levels are known as well as its artefact tells."""
    setting = replace(setting_of(seed), gain_error=0.0, dark_error=0.0)
    surface = SCENES[scene]((SIZE + 2 * MARGIN_PX) * setting.pixel_nm, setting.pixel_nm, seed)
    return frame_of(render(surface, setting, SIZE), scene, DOSE, seed, setting)


def _refined(seen: JudgeFrame, start: NDArray[np.floating], material: str) -> Refined:
    told = {} if material == LAMBERT else {"specimen": {"material": material}}
    instrument = seen.instrument.model_copy(update=told)
    return refine(seen.raw, start, instrument, seen.calibration)


def _error(seen: JudgeFrame, height: NDArray[np.floating]) -> float:
    pixel = seen.setting.pixel_nm
    found, truth = (np.asarray(h, np.float64) / pixel for h in (height, seen.height))
    return score(found, truth, scores.inner(truth.shape)).rms
