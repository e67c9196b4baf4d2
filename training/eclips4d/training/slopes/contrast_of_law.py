"""Contrast over tilt of an emission law seen by a detector: what calibrating on artefacts of all angles would find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.physics.detector import segment_response
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.facet import facet_signals, harmonic

F64 = NDArray[np.float64]

TILTS_DEG: Final = (3.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0)
_TURNS, _SIDE = 8, 6


@dataclass(frozen=True, slots=True)
class LawContrast:
    """As in `Calibration`: contrast at small slopes over Lambert's, and how it and the harmonics go with tilt."""

    scale: float
    tilt_deg: tuple[float, ...]
    ratio: tuple[float, ...]
    second: tuple[float, ...]
    third: float


def contrast_of_law(instrument: Instrument, law: EmissionLaw) -> LawContrast:
    """Fit the closed form's terms to exact signals of planes at `TILTS_DEG`, their yields left free.

    Parameters
    ----------
    instrument
        With known radii; pixels so small that the field is one place.
    law
        How the specimen emits.
    """
    azimuths = np.radians(np.asarray(instrument.detector.azimuths_deg) - instrument.scan.rotation_deg)
    flat = segment_response(instrument).flat
    turns = 2.0 * np.pi * (np.arange(_TURNS) + 0.3) / _TURNS
    slopes = [np.tan(np.radians(tilt)) * np.stack([np.cos(turns), np.sin(turns)]) for tilt in TILTS_DEG]
    found = np.array(
        [
            _terms(seen, slope, flat, azimuths, instrument)
            for seen, slope in zip(_planes(instrument, law, slopes), slopes, strict=True)
        ]
    )
    contrast, second, third = found.T
    steep = np.tan(np.radians(TILTS_DEG)) > 0.3
    return LawContrast(
        scale=float(contrast[0]),
        tilt_deg=(0.0, *TILTS_DEG[1:]),
        ratio=tuple((contrast / contrast[0]).tolist()),
        second=tuple(np.where(steep, second, second[steep][0]).tolist()),
        third=float(third[steep].mean()),
    )


def _planes(instrument: Instrument, law: EmissionLaw, slopes: list[F64]) -> list[F64]:
    """Signals of planes, [n, turns] for every tilt."""
    render = exact_simulator(instrument, (_SIDE, _SIDE), law=law, azimuths=64, occlusion=False, threads=1)
    dx, dy = instrument.scan.pixel_size_xy_nm
    y, x = np.mgrid[:_SIDE, :_SIDE]
    middle = _SIDE // 2
    return [
        np.stack([render(p * x * dx + q * y * dy)[:, middle, middle].astype(np.float64) for p, q in slope.T], axis=1)
        for slope in slopes
    ]


def _terms(seen: F64, slope: F64, flat: F64, azimuths: F64, instrument: Instrument) -> F64:
    """Contrast over Lambert's, second and third harmonic at one tilt."""
    bend = facet_signals(instrument, slope) - flat[:, None]
    harmonics = [flat[:, None] * harmonic(slope.T, azimuths, order).T for order in (2, 3)]
    terms = np.stack([np.broadcast_to(flat[:, None], seen.shape), bend, *harmonics], axis=-1).reshape(-1, 4)
    brightness, *others = np.linalg.lstsq(terms, seen.ravel(), rcond=None)[0]
    return np.asarray(np.asarray(others) / brightness)
