"""Models as this part needs them: slopes and stated uncertainty of a judge frame, as a user gets them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.models import Model, load_model, load_networks
from eclips4d.inference.networks.pair import NetworkPair
from eclips4d.pipeline.bench.networks.judge.calibrating import instrument_of
from eclips4d.pipeline.bench.networks.judge.exposing import optical
from eclips4d.pipeline.bench.networks.judge.frame import JudgeFrame
from eclips4d.pipeline.bench.networks.judge.setting import Setting

F32 = NDArray[np.float32]


def slopes_of(name: str, frame: JudgeFrame) -> tuple[F32, F32]:
    """Slopes [2, y, x] and slope_sd [y, x] by the model of that name.

    Raises
    ------
    InputError
        There is no such model.
    """
    surface = _model(name, optical(frame.setting))(frame.raw, frame.calibration)
    return surface.slope, surface.slope_sd


@lru_cache(maxsize=64)
def _model(name: str, setting: Setting) -> Model:
    """One for all doses and gains, which come with a frame's calibration."""
    return load_model(name, instrument_of(setting), networks=_networks(name))


@lru_cache(maxsize=4)
def _networks(name: str) -> NetworkPair | None:
    return load_networks(name)
