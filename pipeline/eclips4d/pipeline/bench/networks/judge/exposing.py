"""Exposing a judge's surface: mean electrons by the exact simulator, then counts and digital values at any dose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.frame import RawArray
from eclips4d.physics.microscope import Exposure, Microscope
from eclips4d.physics.microscope.readout import read_out
from eclips4d.physics.microscope.surface import Surface
from eclips4d.physics.scenes import Lines
from eclips4d.physics.signal.amplifier import lag
from eclips4d.physics.signal.counting import count_electrons
from eclips4d.pipeline.bench.networks.judge.setting import Setting
from eclips4d.pipeline.bench.networks.judge.truth import risers, true_heights, true_slopes

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

SUPERSAMPLE, MARGIN_PX = 3, 12
_HIDDEN = 0.01
_START = Exposure(start_s=7.5)
"""A moment at which the scenes in a gas show oxide."""


@dataclass(frozen=True, slots=True)
class Scenery:
    """What does not depend on the dose: mean electrons per segment and pixel at dose 1, and the truth."""

    electrons: F32
    slope: F32
    height: F32
    occluded: Mask
    riser: Mask


@dataclass(frozen=True, slots=True)
class AtExposure:
    """A scene at the moment of the exposure, whatever time it is asked for."""

    scene: Surface

    def lines(self, x0_nm: F64, step_nm: float, count: int, y_nm: F64, t_s: F64) -> Lines:
        """See `Scene.lines`."""
        return self.scene.lines(x0_nm, step_nm, count, y_nm, np.full(len(y_nm), _START.start_s))

    def side(self, t_s: float) -> dict[str, float]:
        """See `Scene.side`."""
        return self.scene.side(_START.start_s)


def render(surface: Surface, setting: Setting, size: int) -> Scenery:
    """Mean electrons at dose 1 with and without occlusion, and the truth, of any surface."""
    shape = (size, size)
    still = AtExposure(surface)
    plain = optical(setting)
    electrons = microscope(plain, size, True).expected_electrons(still, _START)
    open_sky = microscope(plain, size, False).expected_electrons(still, _START)
    occluded = (np.abs(electrons - open_sky) > _HIDDEN * open_sky).any(axis=0)
    slope = true_slopes(still, setting.pixel_nm, shape)
    return Scenery(electrons, slope, true_heights(still, setting.pixel_nm, shape), occluded, risers(slope))


def optical(setting: Setting) -> Setting:
    """The setting without its name and without what comes after the electrons' arrival."""
    plain = Setting(name="")
    later = ("name", "lag_px", "read_noise", "excess_noise", "gain_error", "dark_error")
    return replace(setting, **{name: getattr(plain, name) for name in later})


def exposed(electrons: F32, dose: float, setting: Setting, random: np.random.Generator) -> RawArray:
    """Count, amplify and write down mean electrons of dose 1 at another dose; uint16 [n, y, x]."""
    counted = count_electrons(electrons * np.float32(dose), (setting.excess_noise,) * setting.segments, random)
    effects = setting.effects(dose)
    lag(counted, effects.lag_px)
    times = np.full(electrons.shape[1], _START.start_s)
    instrument = setting.instrument(dose)
    return read_out(counted, instrument, setting.gain, setting.dark_adu, times, None, effects, random)


@lru_cache(maxsize=16)
def microscope(setting: Setting, size: int, occlusion: bool) -> Microscope:
    """The exact simulator for one setting at dose 1."""
    return Microscope(
        instrument=setting.instrument(1.0),
        shape=(size, size),
        gain=setting.gain,
        offset_adu=setting.dark_adu,
        excess_noise=(setting.excess_noise,) * setting.segments,
        law=setting.law,
        supersample=SUPERSAMPLE,
        margin_px=MARGIN_PX,
        occlusion=occlusion,
        effects=setting.effects(1.0),
    )
