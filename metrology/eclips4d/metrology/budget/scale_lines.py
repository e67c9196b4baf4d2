"""Lines of a budget that stretch all slopes and heights alike: slope scale, emission law, distance, gas.

A relative error e of the contrast changes a height h by h·e and a slope by the same share; `stretch` is the change of
the result per relative change of all slopes.
"""

from __future__ import annotations

import math

from eclips4d.core.gas_dilution import GasDilution
from eclips4d.inference.calibrate import GEOMETRY_U, LAMBERT_U
from eclips4d.metrology.budget.conditions import Conditions
from eclips4d.metrology.budget.contribution import Contribution
from eclips4d.metrology.budget.declared import (
    DISTANCE_MM,
    GAS_PATH_MM,
    LAMBERT_TO_COPPER,
    PRESSURE,
    REFOCUS_MM,
    SCATTERING,
    Known,
    stated,
)
from eclips4d.physics.detector import kappa
from eclips4d.physics.signal.gas_skirt import PRESSURE_PREFIX, gas_dilution

RELATIVE = "1"


def scale_lines(conditions: Conditions, stretch: float) -> tuple[Contribution, ...]:
    """All of them, zero ones included."""
    return (
        slope_scale(conditions, stretch),
        emission_law(conditions, stretch),
        working_distance(conditions, stretch),
        gas(conditions, stretch),
    )


def contrast_u(conditions: Conditions) -> float:
    """Relative uncertainty of the slope scale without the dark level's part of the stored `kappa_u`."""
    section, calibration = conditions.instrument.calibration, conditions.calibration
    if section is None or not section.kappa:
        known = LAMBERT_U if calibration.calibrated else GEOMETRY_U
    else:
        known = section.scale_u if conditions.from_artefact else math.hypot(section.scale_u, GEOMETRY_U)
    return min(known, calibration.kappa_u) if calibration.kappa_u > 0.0 else known


def slope_scale(conditions: Conditions, stretch: float) -> Contribution:
    """Directional contrast kappa: d h/h = d kappa/kappa."""
    artefact = conditions.calibration.artefact
    return Contribution(
        source="slope scale",
        quantity="directional contrast kappa, relative",
        u=contrast_u(conditions),
        unit=RELATIVE,
        sensitivity=-stretch,
        kind="systematic",
        origin=f"artefact {artefact}" if artefact else "calculated from the detector's geometry",
        formula="closed form: slopes and heights are proportional to 1/kappa",
    )


def emission_law(conditions: Conditions, stretch: float) -> Contribution:
    """What the specimen's own lobe may differ from Lambert's, where no artefact has fixed the contrast."""
    if conditions.from_artefact:
        known = Known(0.0, "in the artefact's slope scale")
    elif conditions.lambert_specimen and conditions.declared.emission_u is None:
        known = Known(0.0, "a simulated specimen that emits by Lambert's law")
    else:
        known = stated(
            conditions.declared.emission_u,
            LAMBERT_TO_COPPER / math.sqrt(3.0),
            "no artefact has fixed the scale: copper's contrast at 10 keV is up to 1.5 times Lambert's",
        )
    return Contribution(
        source="emission law",
        quantity="contrast of the specimen over Lambert's, relative",
        u=known.u,
        unit=RELATIVE,
        sensitivity=-stretch,
        kind="systematic",
        distribution="rectangular" if known.assumed else "normal",
        origin=known.origin,
        formula="closed form, as the slope scale",
        assumed=known.assumed,
    )


def working_distance(conditions: Conditions, stretch: float) -> Contribution:
    """Distance from the specimen to the detector: d ln kappa/d H by finite difference of the detector's solid angles.

    For a narrow annulus this is d kappa/kappa = d theta · 2/sin 2 theta, kappa being proportional to tan theta.
    """
    fixed = conditions.from_artefact
    why = "focusing again after the artefact" if fixed else "reading of the working distance"
    known = stated(conditions.declared.distance_u_mm, REFOCUS_MM if fixed else DISTANCE_MM, why)
    return Contribution(
        source="working distance",
        quantity="specimen to detector",
        u=known.u,
        unit="mm",
        sensitivity=-stretch * contrast_per_mm(conditions),
        kind="systematic",
        origin=known.origin,
        formula="finite difference of ln kappa over the distance",
        correlated="" if fixed else "the slope scale, where that already allows for it",
        assumed=known.assumed,
    )


def contrast_per_mm(conditions: Conditions, step_mm: float = 0.01) -> float:
    """Relative change of the contrast per mm of distance."""

    def at(distance_mm: float) -> float:
        detector = conditions.instrument.detector.model_copy(update={"distance_mm": distance_mm})
        return math.log(kappa(conditions.instrument.model_copy(update={"detector": detector})))

    here = conditions.instrument.detector.height_mm
    return (at(here + step_mm) - at(here - step_mm)) / (2.0 * step_mm)


def gas(conditions: Conditions, stretch: float) -> Contribution:
    """Electrons that a gas scatters aside: contrast shrinks by exp(-Σ coefficient · pressure)."""
    known = _thickness(conditions)
    return Contribution(
        source="gas dilution",
        quantity="thickness of the gas, -ln(1 - scattered share)",
        u=known.u,
        unit=RELATIVE,
        sensitivity=stretch,
        kind="systematic",
        distribution=known.distribution,
        origin=known.origin,
        formula="closed form: heights grow by 1/(1 - f) of what is not allowed for",
        assumed=known.assumed,
    )


def _thickness(conditions: Conditions) -> Known:
    side, declared, knows = conditions.side, conditions.declared, conditions.calibration.gas
    if not any(side.get(name, 0.0) > 0.0 for name in side if name.startswith(PRESSURE_PREFIX)) and knows is None:
        return Known(0.0, "no pressure is recorded")
    if knows is None:
        path = stated(declared.gas_path_mm, GAS_PATH_MM, f"{GAS_PATH_MM:g} mm of way through the gas")
        here = _of(gas_dilution(path.u, conditions.instrument.beam.energy_kev), conditions)
        # An effect that is known to be there and not corrected: its whole size is the uncertainty (GUM F.2.4.5).
        return Known(here, f"not corrected: the calibration knows no gas; {path.origin}", assumed=path.assumed)
    pressure = stated(declared.pressure_u, PRESSURE, "a gauge good to 5 %")
    scattering = stated(declared.scattering_u, SCATTERING, "cross-sections good to 20 %")
    here, there = _of(knows, conditions), -math.log1p(-knows.share(dict(knows.at)))
    u = math.hypot(here * pressure.u, (here - there) * scattering.u)
    return Known(u, f"{pressure.origin}; {scattering.origin}", assumed=pressure.assumed or scattering.assumed)


def _of(dilution: GasDilution, conditions: Conditions) -> float:
    return -math.log1p(-dilution.share(conditions.side))
