"""Budgets of heights: of a step between two terraces, and of growth between two frames."""

from __future__ import annotations

import math

from eclips4d.metrology.budget.budget import Budget
from eclips4d.metrology.budget.conditions import Conditions
from eclips4d.metrology.budget.contribution import Contribution
from eclips4d.metrology.budget.lateral_lines import drift_in_scan, nothing, pixel_lines
from eclips4d.metrology.budget.readings import GrowthReading, StepReading
from eclips4d.metrology.budget.resampling import step_height_error
from eclips4d.metrology.budget.scale_lines import scale_lines
from eclips4d.metrology.budget.segment_lines import segment_lines
from eclips4d.metrology.budget.slope_errors import slope_errors
from eclips4d.metrology.profiles.response import RISER_DEG, RISER_U_DEG

STEEPEST_DEG = 75.0
"""A riser counts as no steeper: what is narrower than a pixel shows pixel means of its slope."""
NOT_INCLUDED = "not in it: lobes that change with the material, interaction volume, shadows, charging"


def budget_of_step(reading: StepReading, conditions: Conditions) -> Budget:
    """Of the height of a step.

    The height is the integral of slopes over the riser's run: an error of the slope there, less that of the terraces
    where the reading is levelled, counts with the run; else that of the terraces counts with the baseline.
    """
    angle = math.radians(min(abs(reading.angle_deg), STEEPEST_DEG))
    height, slope = abs(reading.height_nm), math.tan(angle)
    run = height / slope if slope > 0.0 else 0.0
    riser = slope_errors(conditions, slope, reading.azimuth_deg, hold_steepest=True)
    terrace = slope_errors(conditions, 0.0, reading.azimuth_deg)
    errors = riser.less(terrace).times(run)
    if not reading.levelled:
        errors = errors.plus(terrace.times(reading.baseline_nm))
    lines = [
        noise(reading.noise_u_nm, reading.noise_degrees_of_freedom),
        *scale_lines(conditions, height),
        *segment_lines(conditions, errors, 1.0),
        *pixel_lines(conditions, height, reading.azimuth_deg),
        drift_in_scan(conditions, height, reading.azimuth_deg),
        _resampling(reading, run, conditions),
        wall_angle(reading.wall_u_nm, reading.wall_origin),
        nothing("datum", "both terraces are of one frame: its plane is common to them"),
    ]
    return Budget("step height", reading.height_nm, "nm", tuple(lines), (NOT_INCLUDED,))


def budget_of_growth(reading: GrowthReading, conditions: Conditions) -> Budget:
    """Of a height that has changed since the reference frame, as the datum tells."""
    height, (x, y) = abs(reading.height_nm), reading.place_nm
    tilt = math.hypot(reading.tilt_u[0] * x, reading.tilt_u[1] * y)
    datum = Contribution(
        source="datum",
        quantity="plane of what stays, at this place",
        u=math.hypot(reading.offset_u_nm, tilt),
        unit="nm",
        sensitivity=-1.0,
        kind="random",
        evaluation="A",
        origin="registration's datum",
        formula="closed form: offset and tilts times the place",
        correlated="every other place of the same frame",
    )
    tilt_of_both = "a false tilt that both frames share is no change"
    lines = (
        noise(reading.noise_u_nm, math.inf),
        *scale_lines(conditions, height),
        *(nothing(source, tilt_of_both) for source in ("dark level", "gains")),
        *pixel_lines(conditions, height, reading.azimuth_deg),
        drift_in_scan(conditions, height, reading.azimuth_deg),
        datum,
    )
    return Budget("growth since the reference frame", reading.height_nm, "nm", lines, (NOT_INCLUDED,))


def noise(u: float, degrees_of_freedom: float, unit: str = "nm") -> Contribution:
    """What the slopes' noise leaves in a reading."""
    return Contribution(
        source="noise",
        quantity="reading, by the noise of the slopes",
        u=u,
        unit=unit,
        sensitivity=1.0,
        kind="random",
        evaluation="A",
        degrees_of_freedom=degrees_of_freedom,
        origin="noise measured in the first frame, carried through inversion and integration",
        formula="1",
        correlated="other readings of the same pixels",
    )


def wall_angle(u: float, origin: str, unit: str = "nm") -> Contribution:
    """What the angle of a narrow riser leaves of a reading, where its pixels do not tell it."""
    return Contribution(
        source="wall angle",
        quantity="reading, by the angle of a riser that pixels do not resolve",
        u=u,
        unit=unit,
        sensitivity=1.0,
        kind="systematic",
        origin=origin or f"all risers: {RISER_DEG:g} ± {RISER_U_DEG:g} degrees, as far as the pixels allow",
        formula="the fit, at every angle that fits",
        correlated="other narrow risers of the same angle",
        assumed=u > 0.0 and not origin,
    )


def _resampling(reading: StepReading, run_nm: float, conditions: Conditions) -> Contribution:
    dx, dy = conditions.pixel_size_nm
    azimuth = math.radians(reading.azimuth_deg)
    pixel = math.hypot(dx * math.cos(azimuth), dy * math.sin(azimuth))
    return Contribution(
        source="resampling",
        quantity="means of the plateaus after a fraction of a pixel, relative",
        u=step_height_error(run_nm / pixel, reading.plateau_px, reading.margin_px),
        unit="1",
        sensitivity=abs(reading.height_nm),
        kind="random",
        origin="registration's weights",
        formula="the weights on the riser's profile, at all fractions",
    )
