"""What was measured, as a budget needs to know it: the number, its noise, and how it was read."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StepReading:
    """A step height.

    Attributes
    ----------
    height_nm : float
    noise_u_nm : float
        Of this reading, from the slopes' noise: its random part.
    angle_deg : float
        Tilt of the riser against the terraces.
    azimuth_deg : float
        In which the height was followed across the step: 0 right, 90 up on the screen.
    baseline_nm : float
        Distance between the middles of the two plateaus; matters where the reading is not levelled.
    levelled : bool
        Whether the plateaus' common tilt was taken off (ISO 5436-1: two parallel lines).
    plateau_px, margin_px : float
        Length of each plateau along the profile, and what is left out beside the riser.
    noise_degrees_of_freedom : float
        Where the noise was found from scatter.
    wall_u_nm : float
        What an angle that pixels do not tell leaves of a narrow riser's height (`profiles.step.StepReading.wall_u_nm`).
    wall_origin : str
        Who told that angle; empty where nobody did.
    """

    height_nm: float
    noise_u_nm: float
    angle_deg: float
    azimuth_deg: float
    baseline_nm: float = 0.0
    levelled: bool = True
    plateau_px: float = 10.0
    margin_px: float = 3.0
    noise_degrees_of_freedom: float = math.inf
    wall_u_nm: float = 0.0
    wall_origin: str = ""


@dataclass(frozen=True, slots=True)
class GrowthReading:
    """By how much a place has risen between a frame and its reference frame, on the datum of what stays.

    Attributes
    ----------
    height_nm : float
    noise_u_nm : float
    offset_u_nm, tilt_u : float, (float, float)
        Standard deviations of the datum (`SurfaceFrame.datum.sd`): offset in the middle of the image, slopes along x
        and y.
    place_nm : (float, float)
        From the middle of the image, x to the right and y down.
    azimuth_deg : float
        Of the risers over which it lies above what stays; 0 right, 90 up on the screen.
    """

    height_nm: float
    noise_u_nm: float
    offset_u_nm: float
    tilt_u: tuple[float, float]
    place_nm: tuple[float, float] = (0.0, 0.0)
    azimuth_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class AngleReading:
    """Tilt of a facet.

    Attributes
    ----------
    angle_deg : float
    noise_u_deg : float
        Of this reading, from the slopes' noise.
    azimuth_deg : float
        In which the facet falls or rises.
    levelled : bool
        Whether the angle is against a terrace rather than against the image's own level.
    width_px, margin_px : float
        Of the facet along its slope, and what is left out at either border.
    noise_degrees_of_freedom : float
    wall_u_deg, wall_origin : float, str
        As of a step's height.
    """

    angle_deg: float
    noise_u_deg: float
    azimuth_deg: float
    levelled: bool = True
    width_px: float = 20.0
    margin_px: float = 3.0
    noise_degrees_of_freedom: float = math.inf
    wall_u_deg: float = 0.0
    wall_origin: str = ""


@dataclass(frozen=True, slots=True)
class VelocityReading:
    """Velocity of an edge: the straight line through its positions over time.

    Attributes
    ----------
    velocity_nm_s : float
    noise_u_nm_s : float
        From the noise of the single positions; or from their scatter about the line.
    azimuth_deg : float
        In which it moves.
    frames : int
        Positions on the line.
    duration_s : float
        From the first to the last.
    from_scatter : bool
        True where `noise_u_nm_s` comes from scatter, which holds the drift's errors as well.
    """

    velocity_nm_s: float
    noise_u_nm_s: float
    azimuth_deg: float
    frames: int
    duration_s: float
    from_scatter: bool = False

    @property
    def lever_s(self) -> float:
        """Root of the sum of squared times from their mean, for equal intervals; s."""
        n = self.frames
        return self.duration_s * math.sqrt(n * (n + 1) / (12.0 * (n - 1))) if n > 1 else math.nan
