"""Models as this part needs them: slopes and stated uncertainty of a frame, without heights where possible."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.inference.models import Model, load_model
from eclips4d.pipeline.bench.networks.judge.calibrating import instrument_of
from eclips4d.pipeline.bench.networks.judge.exposing import optical
from eclips4d.pipeline.bench.networks.judge.frame import JudgeFrame
from eclips4d.pipeline.bench.networks.judge.setting import Setting

F32 = NDArray[np.float32]


@runtime_checkable
class _SlopesOnly(Protocol):
    def slopes(self, data: RawArray, calibration: Calibration) -> tuple[F32, F32]: ...


def slopes_of(name: str, frame: JudgeFrame) -> tuple[F32, F32]:
    """Slopes [2, y, x] and slope_sd [y, x] by the model of that name.

    Raises
    ------
    InputError
        There is no such model.
    """
    model = _loaded(name, optical(frame.setting))
    if isinstance(model, _SlopesOnly):
        slope, slope_sd = model.slopes(frame.raw, frame.calibration)
        return np.array(slope), np.array(slope_sd)
    surface = model(frame.raw, frame.calibration)
    return surface.slope, surface.slope_sd


@lru_cache(maxsize=64)
def _loaded(name: str, setting: Setting) -> Model:
    """One for all doses and gains, which come with a frame's calibration."""
    return load_model(name, instrument_of(setting))
