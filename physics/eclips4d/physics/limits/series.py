"""A planned series of frames, and the limits that follow."""

from __future__ import annotations

from dataclasses import dataclass

from eclips4d.core.instrument import Instrument
from eclips4d.physics.emission.law import EmissionLaw


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A planned series of frames, and what is looked for.

    Attributes
    ----------
    instrument
        Energy, pixel size and detector.
    law
        How the material emits.
    shape
        (rows, columns).
    beam_electrons
        Per pixel and frame.
    frame_s
        From the start of one frame to the next.
    frames
        Over which a velocity is measured and the dose adds up.
    excess_noise
        Variance over that of pure counting.
    sigma
        How many standard deviations count as seen.
    line_nm
        Length of edge over which heights and places are averaged.
    edge_nm
        Width of an edge from 10 % to 90 % of its rise, the blur of the beam included.
    step_nm
        Height of the step whose velocity is asked.
    facet_nm, facet_deg
        Side of a square facet, and its inclination.
    spacing_nm
        Of equal steps that follow one another, if there are any.
    velocity_nm_s
        Expected, if known.
    gas_share
        Beam electrons that a gas scatters out of the probe, 0-1.
    scale_u
        Relative standard uncertainty of the slope scale as calibrated; None: not calibrated.
    distance_u_mm
        Uncertainty of the distance between specimen and detector, for a slope scale that is not calibrated.
    """

    instrument: Instrument
    law: EmissionLaw
    material: str
    shape: tuple[int, int]
    beam_electrons: float
    frame_s: float
    frames: int = 2
    excess_noise: float = 1.0
    sigma: float = 3.0
    line_nm: float
    edge_nm: float
    step_nm: float
    facet_nm: float
    facet_deg: float = 45.0
    spacing_nm: float | None = None
    velocity_nm_s: float | None = None
    gas_share: float = 0.0
    scale_u: float | None = None
    distance_u_mm: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The limits; units in the names, `_sd` are standard deviations, `smallest_` that times the threshold.

    Attributes
    ----------
    electrons_per_pixel
        Counted per segment on a flat area.
    kappa, kappa_lambert
        Directional contrast near the level, by the material's law and by Lambert's, gas included.
    height_sd_nm
        Rms over the image after its best plane is taken off; `_unlevelled_` before.
    smallest_step_nm
        In one frame; `_all_frames_` in the mean of all, for a step that stands still.
    facet_random_deg, facet_scale_deg
        Sd of the mean angle of the facet; the part from the slope scale, which no averaging lowers.
    smallest_tilt_deg
        Of a nearly level facet of that size.
    scale_u
        Relative standard uncertainty of the slope scale; `scale_distance_u` and `scale_law_u` its parts where it is
        not calibrated.
    share_in_pixel, share_in_edge
        Backscattered electrons that leave within a disk of the pixel's area, and of the edge's width.
    share_in_edge_at_half_energy
        The latter at half the beam energy; None below the tables.
    """

    electrons_per_pixel: float
    beam_electrons_per_pixel: float
    backscatter_yield: float
    frame_s: float
    frames: int
    sigma: float
    fluence_frame_nm2: float
    fluence_total_nm2: float
    fluence_frame_c_cm2: float
    fluence_total_c_cm2: float
    kappa: float
    kappa_lambert: float
    slope_sd: float
    slope_sd_deg: float
    height_sd_nm: float
    height_sd_unlevelled_nm: float
    smallest_step_nm: float
    smallest_step_all_frames_nm: float
    facet_pixels: float
    facet_random_deg: float
    facet_scale_deg: float
    smallest_tilt_deg: float
    scale_u: float
    scale_calibrated: bool
    scale_distance_u: float
    scale_law_u: float
    edge_sd_nm: float
    smallest_velocity_nm_s: float
    fastest_velocity_nm_s: float | None
    advance_per_frame_nm: float | None
    range_nm: float
    half_radius_nm: float
    share_in_pixel: float
    share_in_edge: float
    share_in_edge_at_half_energy: float | None
