"""Instruments that are not what their files say: calibrated once, then moved; radii and a law that nobody knows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from eclips4d.core.instrument import Instrument
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.physics.calibration.from_relief import fit_relief
from eclips4d.physics.calibration.outcome import calibrated_instrument, settings
from eclips4d.physics.calibration.relief import relief
from eclips4d.pipeline.bench.networks.judge.calibrating import FACES_DEG
from eclips4d.pipeline.bench.networks.judge.setting import Setting
from eclips4d.pipeline.bench.physics.calibration_lobes import PIXEL_NM, pyramids

DOSE = 1500.0
_ARTEFACT_PX, _ARTEFACT_DOSE = 384, 3000.0
_OFF_MM, _TURN_DEG = 0.35, 2.0
_RADII, _DISTANCE = 0.92, 1.04
"""Stated over true."""
_ONE_ANGLE_DEG = 22.0


@dataclass(frozen=True, slots=True)
class Case:
    """An instrument as it is, and as its file has it.

    Attributes
    ----------
    true : Setting
    stated : Instrument
        Calibrated; gains are not told, dark levels are.
    """

    true: Setting
    stated: Instrument


CENTRED = Setting(name="Cu 10 keV, 4 at 45°", offset_mm=(0.0, 0.0))
"""As the artefact saw it."""


def as_calibrated(seed: int) -> Case:
    """Nothing has changed since."""
    return Case(CENTRED, _stated(_artefact(False), CENTRED))


def unknown(seed: int, blur: bool = False) -> Case:
    """The detector was taken out and put back; radii are stated 8 % too small, the distance 4 % too large.

    Of the law only the contrast over tilt is known, which is the scale that nothing unlabelled tells.

    Parameters
    ----------
    blur
        Pixels of 250 nm, blurred as copper blurs them.
    """
    true = replace(_put_back(seed), blur=True, pixel_nm=250.0) if blur else _put_back(seed)
    told = _artefact(True)
    section = told.calibration
    assert section is not None
    without = section.model_copy(update={"second": tuple(0.0 for _ in section.tilt_deg), "third": 0.0})
    return Case(true, _stated(told.model_copy(update={"calibration": without}), true))


def one_angle(seed: int) -> Case:
    """Put back likewise; of the law nothing is known but the contrast of faces of 22°."""
    told = _artefact(False)
    section = told.calibration
    assert section is not None
    known = np.interp(np.sin(np.radians(_ONE_ANGLE_DEG)) ** 2, np.sin(np.radians(section.tilt_deg)) ** 2, section.kappa)
    flat = {"kappa": (float(known),) * 2, "kappa_u": (0.0, 0.0), "tilt_deg": (0.0, _ONE_ANGLE_DEG)}
    changed = section.model_copy(update=flat | {"second": (0.0, 0.0), "third": 0.0})
    return Case(_put_back(seed), _stated(told.model_copy(update={"calibration": changed}), CENTRED))


def _put_back(seed: int) -> Setting:
    """0.35 mm off its place in a direction drawn by the seed, turned by 2° either way."""
    random = np.random.default_rng([seed, 0xAD])
    where, turn = random.uniform(0.0, 2.0 * np.pi), _TURN_DEG * float(random.choice([-1.0, 1.0]))
    offset = (_OFF_MM * float(np.cos(where)), _OFF_MM * float(np.sin(where)))
    return replace(CENTRED, offset_mm=offset, azimuth_deg=CENTRED.azimuth_deg + turn)


def _stated(told: Instrument, like: Setting) -> Instrument:
    blank = like.instrument(DOSE)
    detector = told.detector.model_copy(update={"gain": None, "offset_adu": like.dark_adu})
    return told.model_copy(update={"beam": blank.beam, "scan": blank.scan, "detector": detector})


@lru_cache(maxsize=2)
def _artefact(wrong_radii: bool) -> Instrument:
    """Calibrated on pyramids of four angles in copper, by the stated geometry."""
    true = CENTRED.instrument(_ARTEFACT_DOSE)
    wider, farther = (_RADII, _DISTANCE) if wrong_radii else (1.0, 1.0)
    told = {
        "distance_mm": farther * CENTRED.distance_mm,
        "inner_radius_mm": wider * CENTRED.radii_mm[0],
        "outer_radius_mm": wider * CENTRED.radii_mm[1],
    }
    blank = true.model_copy(
        update={"detector": true.detector.model_copy(update=told | {"offset_adu": CENTRED.dark_adu})}
    )
    heights = pyramids(FACES_DEG, _ARTEFACT_PX, 10.0) * (CENTRED.pixel_nm / PIXEL_NM)
    seen = exact_simulator(true, heights.shape, law=CENTRED.law)(heights)
    counted = np.random.default_rng(0xADA).poisson(seen * (_ARTEFACT_DOSE / np.median(seen)))
    adu = true.beam.adu_per_electron or 1.0
    signal = counted * (adu * np.asarray(CENTRED.gain))[:, None, None] + np.asarray(CENTRED.dark_adu)[:, None, None]
    frame = np.clip(np.rint(signal), 0, 65535).astype(np.uint16)
    fitted = fit_relief([frame], [relief(heights, CENTRED.pixel_nm, blank, frame.shape[1:])], blank).fit
    return calibrated_instrument(fitted, blank, settings(fitted, blank, "height: pyramids of four angles", 0.0))
