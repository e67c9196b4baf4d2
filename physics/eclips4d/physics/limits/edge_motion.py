"""Where an edge is, how slow a motion can be told from rest, and how fast one can still be followed."""

from __future__ import annotations

import math

TEN_TO_NINETY = 2.5631031310892007
"""Distance between 10 % and 90 % of a Gaussian's integral, in its standard deviations."""


def edge_position_sd(slope_sd: float, pixel_nm: float, step_nm: float, edge_nm: float, lines: float) -> float:
    """Smallest sd of the place of an edge in a slope map, nm.

    A step of height h and Gaussian width σ has the slope `h/(σ·sqrt(2π))·exp(−x²/2σ²)`; the Fisher information of its
    place, Σ (dp/dx)²/s² over the pixels, is `h²·lines/(4·sqrt(π)·σ³·d·s²)`. The mean over a pixel adds d²/12 to σ².

    Parameters
    ----------
    slope_sd
        Of one pixel, across the edge.
    pixel_nm
        d, across the edge.
    edge_nm
        From 10 % to 90 % of the rise.
    lines
        Rows over which the edge is averaged.
    """
    sigma = math.hypot(edge_nm / TEN_TO_NINETY, pixel_nm / math.sqrt(12.0))
    return 2.0 * math.sqrt(math.sqrt(math.pi)) * slope_sd * math.sqrt(sigma**3 * pixel_nm / lines) / step_nm


def velocity_sd(position_sd_nm: float, frames: int, frame_s: float) -> float:
    """Sd of the slope of a straight line through the places in equally spaced frames, nm/s; infinite for one frame."""
    if frames < 2:
        return math.inf
    count = float(frames)
    return position_sd_nm / frame_s * math.sqrt(12.0 / (count * (count * count - 1.0)))


def fastest_velocity(spacing_nm: float, frame_s: float) -> float:
    """Equal steps that advance by more than half their spacing per frame seem to run backwards; nm/s."""
    return spacing_nm / (2.0 * frame_s)
