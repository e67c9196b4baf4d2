"""What a judge's detector is believed to do: fitted on an artefact, gains and dark levels a little off since."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.instrument import Instrument
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.physics.calibration.from_relief import fit_relief
from eclips4d.physics.calibration.outcome import calibrated_instrument, settings
from eclips4d.physics.calibration.relief import relief
from eclips4d.physics.microscope import Exposure
from eclips4d.physics.scenes import build_scene
from eclips4d.pipeline.bench.networks.judge.exposing import exposed, microscope, optical
from eclips4d.pipeline.bench.networks.judge.setting import Setting
from eclips4d.pipeline.bench.physics.calibration_lobes import PIXEL_NM, pyramids

F64 = NDArray[np.float64]

FACES_DEG = (10.0, 22.0, 35.0, 48.0) * 4
"""A choice of indents and etch pits; steeper faces are read by the law's shape."""
_SIZE, _DOSE, _FLAT_SIZE = 512, 3000.0, 192


def frame_calibration(setting: Setting, dose: float, seed: int) -> tuple[Instrument, Calibration]:
    """The calibrated instrument at a dose and the snapshot of a frame: gains and dark levels drawn off by the seed."""
    told, snapshot = _on_a_flat(setting, dose)
    random = np.random.default_rng([seed, 0x9A1])
    gain = np.asarray(snapshot.gain) * (1.0 + setting.gain_error * random.standard_normal(setting.segments))
    gain /= gain.mean()
    flat_adu = dose * (told.beam.adu_per_electron or 1.0)
    off = setting.dark_error * flat_adu * random.standard_normal(setting.segments)
    known = {
        "gain": tuple(gain.tolist()),
        "offset_adu": tuple((np.asarray(snapshot.offset_adu) + off).tolist()),
    }
    instrument = told.model_copy(update={"detector": told.detector.model_copy(update=known)})
    return instrument, msgspec.structs.replace(snapshot, **known, instrument=instrument.fingerprint)


@lru_cache(maxsize=32)
def calibrated(setting: Setting) -> Instrument:
    """The instrument with what the artefact tells, its gains and dark levels included.

    Parameters
    ----------
    setting
        See `_without_faults`.
    """
    blank = setting.instrument(_DOSE)
    # Read with the beam off: an artefact leaves dark levels open by a per cent of its own signal, ruin at low doses.
    dark_known = blank.detector.model_copy(update={"offset_adu": setting.dark_adu})
    blank = blank.model_copy(update={"detector": dark_known})
    heights = pyramids(FACES_DEG, _SIZE, 10.0) * (setting.pixel_nm / PIXEL_NM)
    seen = exact_simulator(blank, heights.shape, law=setting.law)(heights)
    counted = np.random.default_rng(0xCA1).poisson(seen * (_DOSE / np.median(seen)))
    adu = blank.beam.adu_per_electron or 1.0
    signal = counted * (adu * np.asarray(setting.gain))[:, None, None] + np.asarray(setting.dark_adu)[:, None, None]
    frame = np.clip(np.rint(signal), 0, 65535).astype(np.uint16)
    fit = fit_relief([frame], [relief(heights, setting.pixel_nm, blank, frame.shape[1:])], blank).fit
    return calibrated_instrument(fit, blank, settings(fit, blank, "height: pyramids of four angles", 0.0))


@lru_cache(maxsize=64)
def instrument_of(setting: Setting) -> Instrument:
    """The calibrated instrument of a setting, whatever dose: what models are prepared for."""
    artefact = calibrated(_without_faults(setting))
    return artefact.model_copy(update={"scan": setting.instrument(1.0).scan})


@lru_cache(maxsize=64)
def _on_a_flat(setting: Setting, dose: float) -> tuple[Instrument, Calibration]:
    """Calibrated instrument at a dose; its noise measured on a flat spot, where no structure can pass for noise."""
    told = instrument_of(setting).model_copy(update={"beam": setting.instrument(dose).beam})
    field_nm = 2.0 * _FLAT_SIZE * setting.pixel_nm
    scope = microscope(optical(setting), _FLAT_SIZE, False)
    electrons = scope.expected_electrons(build_scene("flat", (field_nm, field_nm), 0, 12.0), Exposure(start_s=0.0))
    raw = exposed(electrons, dose, setting, np.random.default_rng([int(dose), 0xF1A7]))
    return told, estimate_calibration(raw, told)


def _without_faults(setting: Setting) -> Setting:
    """Neither what changes later nor what large faces do not show: settings that differ in these share an artefact."""
    return replace(optical(setting), blur=False, pixel_nm=PIXEL_NM)
