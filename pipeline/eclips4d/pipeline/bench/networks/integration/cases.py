"""One frame for all integrators: closed-form slopes of counted electrons, and the height that is true."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.closed_form import closed_form_slopes
from eclips4d.physics.microscope import Exposure
from eclips4d.pipeline.bench.networks.integration.scenes import SCENES
from eclips4d.pipeline.bench.networks.integration.slopes import Slopes
from eclips4d.pipeline.bench.networks.judge.calibrating import frame_calibration
from eclips4d.pipeline.bench.networks.judge.exposing import MARGIN_PX, AtExposure, exposed, microscope, optical
from eclips4d.pipeline.bench.networks.judge.setting import SETTINGS, Setting
from eclips4d.pipeline.bench.networks.judge.truth import true_heights

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

_SETTINGS = SETTINGS[:2]
"""Copper at 10 keV with four segments, at 20 keV with three; an artefact's calibration each."""
_START = Exposure(start_s=7.5)


@dataclass(frozen=True, slots=True)
class Case:
    """A frame's slopes and its truth.

    Attributes
    ----------
    slopes : Slopes
    height : float64 [y, x]
        True pixel means, nm.
    counted : bool [y, x]
        Where the height is judged: all but lost pixels.
    steps : bool
        Whether step heights are judged.
    """

    slopes: Slopes
    height: F64
    counted: Mask
    steps: bool


def case(scene: str, dose: float, seed: int, size: int = 256) -> Case:
    """A reproducible frame.

    Parameters
    ----------
    scene
        Key of `SCENES`.
    dose
        Electrons per segment and pixel on a flat spot.
    """
    kind, setting = SCENES[scene], _SETTINGS[seed // 2 % 2]
    electrons, height = _seen(scene, seed, setting, size)
    lost, brighter = kind.fault((size, size), np.random.default_rng([seed, 0xFA17]))
    mean = np.where(lost, electrons * np.float32(brighter if np.isfinite(brighter) else 1.0), electrons)
    raw = exposed(mean, dose, setting, np.random.default_rng([seed, int(dose), 0x1E6]))
    instrument, calibration = frame_calibration(setting, dose, seed)
    read = closed_form_slopes(instrument)(raw, calibration)
    missing = lost & np.isnan(brighter)
    slopes = Slopes(
        slope=np.where(missing, np.nan, read.slope.astype(np.float64)),
        slope_sd=np.where(missing, np.nan, read.slope_sd.astype(np.float64)),
        valid=(read.trust > 0) & ~missing,
        pixel_nm=(setting.pixel_nm, setting.pixel_nm),
    )
    return Case(slopes, height, ~lost, kind.steps)


@lru_cache(maxsize=96)
def _seen(scene: str, seed: int, setting: Setting, size: int) -> tuple[F32, F64]:
    """Mean electrons at dose 1, and the true height; rendered once for all doses."""
    surface = AtExposure(SCENES[scene].draw((size + 2 * MARGIN_PX) * setting.pixel_nm, setting.pixel_nm, seed))
    electrons = microscope(optical(setting), size, True).expected_electrons(surface, _START)
    return electrons, true_heights(surface, setting.pixel_nm, (size, size)).astype(np.float64)
