"""Frames of the training's kind that no training has seen: on these, not on a judge's, a card's factors are fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.training.slopes.exposure import Camera, blurred, expose, random_camera
from eclips4d.training.slopes.rendered import Rendered, pixel_slopes, render
from eclips4d.training.slopes.setting import Setting, random_setting
from eclips4d.training.surfaces import FAMILIES, SHARES, random_surface

F32 = NDArray[np.float32]

FRAMES: Final = 18
SIZE_PX: Final = 224
"""Room for height differences over a hundred pixels."""
SURFACES: Final = 3
"""Under each microscope, for slopes: finding a microscope's calibration takes longer than a surface."""
EXPOSURES: Final = 2
"""Of each surface for heights."""
STEEPER: Final[Mapping[str, float]] = MappingProxyType({"facets": 2.5, "pits": 2.5})
"""Factors on how often families come: dose by dose there must be enough steep faces of different surfaces."""
_FINE = 2
_HELD_OUT = 0xC07E4
"""Beside the seed: no image of the training is drawn with it."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """One frame as it is read.

    Attributes
    ----------
    truth : float32
        Slopes [2, y, x] as blurred as the beam, or the height [y, x], nm.
    electrons : float
        Dose.
    """

    raw: RawArray
    calibration: Calibration
    truth: F32
    electrons: float

    @property
    def decade(self) -> str:
        """Of the dose: what frames are pooled by."""
        return f"{np.log10(self.electrons):.0f}"


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What one random microscope takes.

    Attributes
    ----------
    for_slopes
        With everything that a training shows: gains and dark levels not quite known, yields that no law foresees.
    for_heights
        With gains and dark levels known, because heights state their random part; one surface with other noise each
        time, so that what they share can be told from it.
    """

    instrument: Instrument
    for_slopes: Sequence[Exposed]
    for_heights: Sequence[Exposed]


def held_out(seed: int = 0, count: int = FRAMES, size: int = SIZE_PX) -> list[HeldOut]:
    """Random surfaces under as many random microscopes, `size` pixels wide and high."""
    return [_held_out(np.random.default_rng((seed, _HELD_OUT, k)), size) for k in range(count)]


def _held_out(random: np.random.Generator, size: int) -> HeldOut:
    setting = random_setting(random, size, _FINE)
    slopes = [_for_slopes(random, setting) for _ in range(SURFACES)]
    return HeldOut(setting.instrument, slopes, heights(random, setting, size))


def _for_slopes(random: np.random.Generator, setting: Setting) -> Exposed:
    seen, camera = render(random, setting, families=STEEPER), random_camera(random, setting.instrument.segments)
    return Exposed(*expose(random, seen, camera), blurred(seen.slope, camera.blur_px), camera.electrons)


def heights(
    random: np.random.Generator, setting: Setting, size: int, families: Mapping[str, float] | None = None
) -> list[Exposed]:
    """One random surface, `EXPOSURES` times, as `HeldOut.for_heights` has it.

    Parameters
    ----------
    families
        Factors on how often families of surfaces come; 1 for those not named.
    """
    share = np.array(SHARES) * [(families or {}).get(family, 1.0) for family in FAMILIES]
    family = str(random.choice(FAMILIES, p=share / share.sum()))
    surface = random_surface(random, (size, size), fine=_FINE, family=family)
    signal = setting.simulator(surface.height_px, surface.relative_yield) / np.float32(setting.flat.mean())
    seen = Rendered(setting, signal, pixel_slopes(surface.height_px, _FINE), None, surface.family)
    camera = _faultless(random_camera(random, setting.instrument.segments))
    height = surface.height_px.reshape(size, _FINE, size, _FINE).mean(axis=(1, 3)).astype(np.float32)
    return [Exposed(*expose(random, seen, camera), height, camera.electrons) for _ in range(EXPOSURES)]


def _faultless(camera: Camera) -> Camera:
    nothing = np.zeros_like(camera.gain_error)
    return replace(camera, gain_error=nothing, dark_error_adu=nothing, noise_error=1.0)
