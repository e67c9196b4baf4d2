"""A judge frame: raw signals of a surface whose slopes are known, and the calibration that goes with them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.pipeline.bench.networks.judge.calibrating import frame_calibration
from eclips4d.pipeline.bench.networks.judge.exposing import MARGIN_PX, Scenery, exposed, optical, render
from eclips4d.pipeline.bench.networks.judge.setting import Setting, setting_of
from eclips4d.pipeline.bench.networks.judge.surfaces import surface_of

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

DOSES = (100.0, 1000.0, 10000.0)


@dataclass(frozen=True, slots=True)
class JudgeFrame:
    """One frame with truth.

    Attributes
    ----------
    raw : uint16 [n, y, x]
    instrument : Instrument
        Calibrated, with this frame's gains and dark levels.
    calibration : Calibration
    slope : float32 [2, y, x]
        True pixel means of dh/dx and dh/dy on the undistorted grid.
    height : float32 [y, x]
        True pixel means, nm.
    occluded : bool [y, x]
        Where other parts of the surface take more than 1 % from a segment.
    riser : bool [y, x]
        Within 2 px of a jump of the slope.
    scene : str
    dose : float
        Electrons per segment and pixel on a flat spot.
    seed : int
    setting : Setting
    """

    raw: RawArray
    instrument: Instrument
    calibration: Calibration
    slope: F32
    height: F32
    occluded: Mask
    riser: Mask
    scene: str
    dose: float
    seed: int
    setting: Setting


def judge_frame(scene: str, dose: float, seed: int, setting: Setting | None = None, size: int = 256) -> JudgeFrame:
    """A reproducible frame of a judge's scene.

    Parameters
    ----------
    scene
        Key of `surfaces.SCENES`, or `afm:FILE`.
    dose
        Electrons per segment and pixel on a flat spot.
    seed
        Of surface, noise and errors of the calibration.
    setting
        That of the seed when absent.
    size
        Rows and columns.
    """
    setting = setting or setting_of(seed)
    return frame_of(scenery(scene, seed, optical(setting), size), scene, dose, seed, setting)


def frame_of(seen: Scenery, scene: str, dose: float, seed: int, setting: Setting) -> JudgeFrame:
    """A frame of anything rendered."""
    raw = exposed(seen.electrons, dose, setting, np.random.default_rng([seed, int(dose), 0x0D05E]))
    instrument, calibration = frame_calibration(setting, dose, seed)
    truth = (seen.slope, seen.height, seen.occluded, seen.riser)
    return JudgeFrame(raw, instrument, calibration, *truth, scene, dose, seed, setting)


@lru_cache(maxsize=128)
def scenery(scene: str, seed: int, setting: Setting, size: int) -> Scenery:
    """Render a scene once for all doses."""
    field_nm = (size + 2 * MARGIN_PX) * setting.pixel_nm
    return render(surface_of(scene, field_nm, setting.pixel_nm, seed), setting, size)
