"""Microscopes that never were: random detectors and emission laws, each with the calibration an artefact would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.instrument import Instrument
from eclips4d.inference.closed_form import ClosedFormSlopes, closed_form_slopes
from eclips4d.inference.networks.shadows import Shadows, shadows_of
from eclips4d.physics.bsesm.render import ExactSimulator, exact_simulator
from eclips4d.physics.detector import segment_response
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.emission.tables import monte_carlo_law
from eclips4d.training.slopes.contrast_of_law import LawContrast, contrast_of_law

F64 = NDArray[np.float64]

MATERIALS: Final = ("Si", "Au", "Cu2O", "SiO2", "steel")
"""Copper is left out: what networks are judged by emits like copper."""
SEGMENTS: Final = {3: 0.25, 4: 0.6, 6: 0.1, 8: 0.05}
LAMBERT_SHARE: Final = 0.45
AZIMUTHS: Final = 32


@dataclass(frozen=True, slots=True)
class Setting:
    """A detector over a specimen; a pixel is 1 nm, so heights are in pixels.

    Attributes
    ----------
    fine
        Sub-pixels per pixel and axis of the surfaces it is shown.
    simulator
        Renders expected signals.
    flat : float64 [n]
        Signals of a flat spot, as the simulator gives them.
    calibration
        Gains of 1, dark levels of 0; exposures replace these.
    """

    instrument: Instrument
    law: EmissionLaw
    fine: int
    simulator: ExactSimulator
    flat: F64
    slopes: ClosedFormSlopes
    shadows: Shadows
    calibration: Calibration


def random_setting(random: np.random.Generator, field_px: int, fine: int, segments: int | None = None) -> Setting:
    """A detector, an emission law and their calibration.

    Parameters
    ----------
    field_px
        Side of the images.
    fine
        Sub-pixels per pixel and axis.
    segments
        Number of segments; drawn when absent.
    """
    energy = float(np.exp(random.uniform(np.log(3.0), np.log(30.0))))
    n = segments or int(random.choice(list(SEGMENTS), p=list(SEGMENTS.values())))
    instrument = _instrument(random, n, energy)
    law = _law(random, energy)
    field = (field_px, field_px)
    simulator = exact_simulator(instrument, field, law=law, azimuths=AZIMUTHS, supersample=fine, threads=1)
    contrast = contrast_of_law(instrument, law)
    flat = exact_simulator(instrument, (4, 4), law=law, azimuths=8, threads=1)(np.zeros((4, 4)))[:, 2, 2]
    return Setting(
        instrument=instrument,
        law=law,
        fine=fine,
        simulator=simulator,
        flat=flat.astype(np.float64),
        slopes=closed_form_slopes(instrument, without_lag=True),
        shadows=shadows_of(instrument, threads=1),
        calibration=_calibration(instrument, contrast),
    )


def _instrument(random: np.random.Generator, segments: int, energy_kev: float) -> Instrument:
    distance = float(random.uniform(4.0, 12.0))
    inner, outer = (float(np.tan(np.radians(random.uniform(*span)))) * distance for span in ((4.0, 20.0), (33.0, 60.0)))
    offset = random.normal(0.0, 0.03 * distance, 2) if random.random() < 0.4 else np.zeros(2)
    first = float(random.choice([0.0, 45.0, random.uniform(0.0, 360.0)]))
    return Instrument.model_validate(
        {
            "beam": {"energy_kev": energy_kev},
            "scan": {"pixel_size_nm": 1.0},
            "detector": {
                "distance_mm": distance,
                "inner_radius_mm": inner,
                "outer_radius_mm": outer,
                "gap_mm": float(random.uniform(0.0, 0.15) * inner) if random.random() < 0.7 else 0.0,
                "offset_mm": tuple(float(v) for v in offset),
                "azimuths_deg": tuple(first + 360.0 / segments * k for k in range(segments)),
            },
        }
    )


def _law(random: np.random.Generator, energy_kev: float) -> EmissionLaw:
    if random.random() < LAMBERT_SHARE:
        return lambert_law(float(random.uniform(6.0, 79.0)) if random.random() < 0.5 else None)
    return monte_carlo_law(str(random.choice(MATERIALS)), energy_kev)


def _calibration(instrument: Instrument, contrast: LawContrast) -> Calibration:
    response, ones = segment_response(instrument), (1.0,) * instrument.segments
    return Calibration(
        gain=ones,
        offset_adu=tuple(0.0 for _ in ones),
        noise_slope_adu=ones,
        noise_floor_adu2=tuple(1.0 / 12.0 for _ in ones),
        flat=tuple(response.flat.tolist()),
        contrast=tuple((contrast.scale * x, contrast.scale * y) for x, y in response.contrast.tolist()),
        contrast_tilt_deg=contrast.tilt_deg,
        contrast_ratio=contrast.ratio,
        second_harmonic=contrast.second,
        third_harmonic=contrast.third,
        instrument=instrument.fingerprint,
    )
