"""Frames on which the table of the slopes' sd is fitted: many microscopes, and some faults beyond those of training.

Slopes are learned from frames as a careful operator takes them. What is stated of their errors should hold a little
further, so some of these frames have longer lags, fewer electrons and gains that are further off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from eclips4d.core.instrument import Instrument
from eclips4d.training.coverage.held_out import Exposed
from eclips4d.training.slopes.exposure import ELECTRONS, Camera, blurred, expose, random_camera
from eclips4d.training.slopes.rendered import render
from eclips4d.training.slopes.setting import Setting, random_setting

MICROSCOPES: Final = 75
SIZE_PX: Final = 192
SURFACES: Final = 4
EXPOSURES: Final = 2
OFTEN: Final[Mapping[str, float]] = MappingProxyType({"facets": 1.6, "pits": 1.8, "flat": 2.0})
"""Factors on how often families come: steep faces must be of many surfaces, and nothing else tells of flats."""
LAG_PX: Final = (0.7, 2.0)
FEW_ELECTRONS: Final = (10.0, ELECTRONS[0])
GAIN_ERROR: Final = (0.005, 0.03)
"""What training stops short of."""
_BEYOND = {"lag": 0.06, "dose": 0.10, "gain": 0.14}
"""Up to which draw between 0 and 1 a frame has that fault."""
_FINE, _STREAM = 2, 0x5D5D
_SEED = 11


@dataclass(frozen=True, slots=True)
class Varied:
    """One frame with its truth.

    Attributes
    ----------
    beyond
        `lag`, `dose`, `gain`: by what training stops short of it; empty within.
    """

    instrument: Instrument
    seen: Exposed
    beyond: str


def varied(seed: int = 0, count: int = MICROSCOPES, size: int = SIZE_PX) -> Iterator[Varied]:
    """Frames of `count` random microscopes, `SURFACES` times `EXPOSURES` of each; none of training, none of a judge."""
    for k in range(count):
        random = np.random.default_rng((_SEED + seed, _STREAM, k))
        setting = random_setting(random, size, _FINE)
        for _ in range(SURFACES):
            rendered = render(random, setting, families=OFTEN)
            for _ in range(EXPOSURES):
                camera, beyond = _camera(random, setting)
                raw, calibration = expose(random, rendered, camera)
                truth = blurred(rendered.slope, camera.blur_px)
                yield Varied(setting.instrument, Exposed(raw, calibration, truth, camera.electrons), beyond)


def _camera(random: np.random.Generator, setting: Setting) -> tuple[Camera, str]:
    """One of the training's, or one beyond."""
    segments = setting.instrument.segments
    camera, draw = random_camera(random, segments), random.random()
    beyond = next((what for what, below in _BEYOND.items() if draw < below), "")
    if beyond == "lag":
        return replace(camera, lag_px=float(random.uniform(*LAG_PX))), beyond
    if beyond == "dose":
        dose = float(np.exp(random.uniform(*np.log(FEW_ELECTRONS))))
        return random_camera(random, segments, (dose, dose * 1.0001)), beyond
    if beyond == "gain":
        return replace(camera, gain_error=random.normal(0.0, random.uniform(*GAIN_ERROR), segments)), beyond
    return camera, beyond
