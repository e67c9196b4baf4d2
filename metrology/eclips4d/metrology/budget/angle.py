"""Budget of a facet's tilt."""

from __future__ import annotations

import math

from eclips4d.metrology.budget.budget import Budget
from eclips4d.metrology.budget.conditions import Conditions
from eclips4d.metrology.budget.contribution import Contribution
from eclips4d.metrology.budget.lateral_lines import nothing
from eclips4d.metrology.budget.readings import AngleReading
from eclips4d.metrology.budget.resampling import mean_slope_error
from eclips4d.metrology.budget.scale_lines import scale_lines
from eclips4d.metrology.budget.segment_lines import segment_lines
from eclips4d.metrology.budget.slope_errors import slope_errors
from eclips4d.metrology.budget.step import NOT_INCLUDED, noise, wall_angle


def budget_of_angle(reading: AngleReading, conditions: Conditions) -> Budget:
    """Of the angle between a facet and its terrace, or the image's level.

    With the slope s = tan(angle): d angle = cos²(angle) ds; a relative error of all slopes is s cos² = sin(2 angle)/2.
    """
    angle = math.radians(abs(reading.angle_deg))
    slope, per_slope = math.tan(angle), math.degrees(math.cos(angle) ** 2)
    errors = slope_errors(conditions, slope, reading.azimuth_deg)
    if reading.levelled:
        errors = errors.less(slope_errors(conditions, 0.0, reading.azimuth_deg))
    why = "slopes are read off the segments, whatever the pixels"
    lines = (
        noise(reading.noise_u_deg, reading.noise_degrees_of_freedom, "degrees"),
        *scale_lines(conditions, slope * per_slope),
        *segment_lines(conditions, errors, per_slope),
        nothing("pixel size", why),
        nothing("shear", f"{why}; it turns the azimuth in the image"),
        nothing("drift", why),
        _resampling(reading, slope * per_slope),
        wall_angle(reading.wall_u_deg, reading.wall_origin, "degrees"),
        nothing("datum", "of one frame" if reading.levelled else "against the image's own level"),
    )
    return Budget("facet angle", reading.angle_deg, "degrees", lines, (NOT_INCLUDED,))


def _resampling(reading: AngleReading, stretch: float) -> Contribution:
    return Contribution(
        source="resampling",
        quantity="mean slope after a fraction of a pixel, relative",
        u=mean_slope_error(reading.width_px, reading.margin_px),
        unit="1",
        sensitivity=stretch,
        kind="random",
        origin="registration's weights",
        formula="the weights on the facet's profile, at all fractions",
    )
