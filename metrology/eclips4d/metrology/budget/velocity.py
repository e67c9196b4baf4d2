"""Budget of an edge's velocity."""

from __future__ import annotations

import math

from eclips4d.metrology.budget.budget import Budget
from eclips4d.metrology.budget.conditions import Conditions
from eclips4d.metrology.budget.contribution import Contribution
from eclips4d.metrology.budget.lateral_lines import clock, nothing, pixel_lines
from eclips4d.metrology.budget.readings import VelocityReading
from eclips4d.metrology.budget.step import noise

_SHARED = "every edge of the same frame"


def budget_of_velocity(reading: VelocityReading, conditions: Conditions) -> Budget:
    """Of a velocity from positions over time.

    The position of an edge, where the height crosses the middle between its terraces, does not depend on the scale of
    heights; levels and tilts that stay move it by the same amount in every frame.
    """
    speed, scale = abs(reading.velocity_nm_s), "edges lie where they lie, whatever the scale of heights"
    tilt = "a tilt that stays moves the edge alike in every frame"
    free = reading.frames - 2.0 if reading.from_scatter else math.inf
    lines = (
        noise(reading.noise_u_nm_s, free, "nm/s"),
        drift_between_frames(reading, conditions),
        *pixel_lines(conditions, speed, reading.azimuth_deg),
        clock(conditions, speed),
        *(nothing(source, scale) for source in ("slope scale", "emission law", "working distance", "gas dilution")),
        *(nothing(source, tilt) for source in ("dark level", "gains")),
        nothing("resampling", "the weights are symmetric: an edge is blurred, not moved, and alike in all frames"),
        nothing("datum", "a plane moves the edge by a share of its width, alike in all edges"),
    )
    note = "not in it: steps that move the whole image's content alike, which registration takes for drift"
    return Budget("velocity along the azimuth", reading.velocity_nm_s, "nm/s", lines, (note,))


def drift_between_frames(reading: VelocityReading, conditions: Conditions) -> Contribution:
    """Where registration puts each frame; `u` is a position's, 1/sqrt(Σ(t - mean)²) its weight in the slope."""
    dx, dy = conditions.pixel_size_nm
    row, column = conditions.drift_sd_px
    azimuth = math.radians(reading.azimuth_deg)
    position = math.hypot(column * dx * math.cos(azimuth), row * dy * math.sin(azimuth))
    if reading.from_scatter:
        return nothing("drift", "in the scatter of the positions", "random")
    return Contribution(
        source="drift",
        quantity="displacement of a frame, root mean square over frames",
        u=position,
        unit="nm",
        sensitivity=1.0 / reading.lever_s if reading.lever_s > 0.0 else 0.0,
        kind="random",
        evaluation="A",
        origin="registration's drift_sd",
        formula="closed form: least-squares line through positions at equal intervals",
        correlated=_SHARED,
    )
