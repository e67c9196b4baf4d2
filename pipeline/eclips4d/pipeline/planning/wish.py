"""What is asked of `eclips4d plan`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Options of `eclips4d plan`; what is not given comes from the instrument file, or from the pixel size.

    Parameters
    ----------
    instrument
        Instrument file `NAME.toml`: geometry, energy, pixel size and dose as far as they are not given here.
    distance_mm
        Specimen to detector, instead of a file.
    inner_mm
        Inner radius of the detector.
    outer_mm
        Outer radius of the detector.
    gap_mm
        Between its segments; 0 when not given.
    segments
        How many equal segments; 4 when not given.
    energy_kev
        Of the beam.
    current_na
        Of the beam; with the dwell time it gives the dose.
    dwell_us
        Per pixel.
    electrons
        Counted per pixel and segment on a flat area: the dose, instead of the current.
    pixel_nm
        Pixel size.
    size
        Pixels along each side.
    frame_s
        From the start of one frame to the next; dwell time times pixels when not given.
    frames
        Over which velocities are measured and dose adds up.
    material
        Cu, Cu2O, Si, SiO2, Au or steel.
    law
        `lambert`, or `material` for how that material emits.
    excess_noise
        Variance over that of pure counting.
    sigma
        How many standard deviations count as seen.
    line_nm
        Length of edge over which heights and places are averaged; 32 pixels when not given.
    edge_nm
        Width of an edge from 10 % to 90 %, blur included; 3 pixels when not given.
    step_nm
        Height of the step whose velocity is asked.
    facet_nm
        Side of a square facet; 20 pixels when not given.
    facet_deg
        Its inclination.
    spacing_nm
        Distance of equal steps that follow one another.
    velocity_nm_s
        Their speed, if it is known.
    gas
        h2, he, n2, o2, h2o or ar.
    pressure_pa
        Of the gas.
    gas_path_mm
        The beam's way through it.
    scale_u_percent
        Standard uncertainty of the slope scale; that of the calibration in the instrument file when not given.
    distance_u_mm
        Uncertainty of the detector's distance, which counts where the scale is not calibrated.
    """

    instrument: Path | None = None
    distance_mm: float | None = None
    inner_mm: float | None = None
    outer_mm: float | None = None
    gap_mm: float | None = None
    segments: int | None = None
    energy_kev: float | None = None
    current_na: float | None = None
    dwell_us: float | None = None
    electrons: float | None = None
    pixel_nm: float | None = None
    size: int = 1024
    frame_s: float | None = None
    frames: int = 10
    material: str | None = None
    law: str = "material"
    excess_noise: float = 1.0
    sigma: float = 3.0
    line_nm: float | None = None
    edge_nm: float | None = None
    step_nm: float = 1.0
    facet_nm: float | None = None
    facet_deg: float = 45.0
    spacing_nm: float | None = None
    velocity_nm_s: float | None = None
    gas: str | None = None
    pressure_pa: float | None = None
    gas_path_mm: float = 5.0
    scale_u_percent: float | None = None
    distance_u_mm: float = 0.1
