"""What can be seen at a dose: every limit of one planned series of frames as a number."""

from __future__ import annotations

import math

import numpy as np

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.emission.materials import material
from eclips4d.physics.emission.spread import exit_spread, kanaya_okayama_range
from eclips4d.physics.emission.tables import load_tables
from eclips4d.physics.limits.dose import backscatter_yield, charge_c_cm2, fluence_nm2
from eclips4d.physics.limits.edge_motion import edge_position_sd, fastest_velocity, velocity_sd
from eclips4d.physics.limits.facet_noise import (
    FacetSignals,
    angle_sd_deg,
    facet_signals_by,
    scale_error_deg,
    slope_covariance,
)
from eclips4d.physics.limits.integration_noise import height_sd, mode_variance, step_sd
from eclips4d.physics.limits.interaction import half_radius_nm, share_within
from eclips4d.physics.limits.series import Plan, Series

_AZIMUTHS = range(0, 360, 45)


def make_plan(series: Series) -> Plan:
    """All limits of a series.

    Raises
    ------
    InputError
        An unknown material, or a facet so steep that a segment sees nothing of it.
    """
    beam, scan = series.instrument.beam, series.instrument.scan
    pixel, kept = scan.pixel_size_xy_nm, 1.0 - series.gas_share
    signals = facet_signals_by(series.law, series.instrument)
    emitted = flat_yield(series.law, series.material, beam.energy_kev)
    counted = series.beam_electrons * emitted * float(signals((0.0, 0.0)).mean())
    sd_x, sd_y = (np.sqrt(np.diag(slope_covariance(signals, counted, series.excess_noise))) / kept).tolist()
    heights = mode_variance(series.shape, pixel, (sd_x, sd_y))
    step = _step_noise(series, (sd_x, sd_y))
    pixels = max(series.facet_nm**2 / (pixel[0] * pixel[1]), 1.0)
    distance_u, law_u = _scale_parts(series, signals)
    scale_u = math.hypot(distance_u, law_u) if series.scale_u is None else series.scale_u
    edge = max(
        edge_position_sd(sd_x, pixel[0], series.step_nm, series.edge_nm, series.line_nm / pixel[1]),
        edge_position_sd(sd_y, pixel[1], series.step_nm, series.edge_nm, series.line_nm / pixel[0]),
    )
    fluence = fluence_nm2(series.beam_electrons, pixel)
    return Plan(
        electrons_per_pixel=counted,
        beam_electrons_per_pixel=series.beam_electrons,
        backscatter_yield=emitted,
        frame_s=series.frame_s,
        frames=series.frames,
        sigma=series.sigma,
        fluence_frame_nm2=fluence,
        fluence_total_nm2=fluence * series.frames,
        fluence_frame_c_cm2=charge_c_cm2(fluence),
        fluence_total_c_cm2=charge_c_cm2(fluence * series.frames),
        kappa=signals.kappa() * kept,
        kappa_lambert=facet_signals_by(lambert_law(), series.instrument).kappa() * kept,
        slope_sd=math.hypot(sd_x, sd_y) / math.sqrt(2.0),
        slope_sd_deg=math.degrees(math.hypot(sd_x, sd_y) / math.sqrt(2.0)),
        height_sd_nm=height_sd(heights, levelled=True),
        height_sd_unlevelled_nm=height_sd(heights, levelled=False),
        smallest_step_nm=series.sigma * step,
        smallest_step_all_frames_nm=series.sigma * step / math.sqrt(series.frames),
        facet_pixels=pixels,
        facet_random_deg=_worst_angle(series, signals, counted) / kept / math.sqrt(pixels),
        facet_scale_deg=scale_error_deg(series.facet_deg, scale_u),
        smallest_tilt_deg=math.degrees(series.sigma * max(sd_x, sd_y) / math.sqrt(pixels)),
        scale_u=scale_u,
        scale_calibrated=series.scale_u is not None,
        scale_distance_u=distance_u,
        scale_law_u=law_u,
        edge_sd_nm=edge,
        smallest_velocity_nm_s=series.sigma * velocity_sd(edge, series.frames, series.frame_s),
        fastest_velocity_nm_s=series.spacing_nm and fastest_velocity(series.spacing_nm, series.frame_s),
        advance_per_frame_nm=series.velocity_nm_s and series.velocity_nm_s * series.frame_s,
        share_in_edge_at_half_energy=_share_at_half_energy(series),
        **_volume(series),
    )


def flat_yield(law: EmissionLaw, material_name: str, energy_kev: float) -> float:
    """Backscattered per beam electron: the law's own where it knows, else by Hunger and Küchler."""
    return law.yield_flat if law.yield_flat != 1.0 else backscatter_yield(material(material_name), energy_kev)


def electrons_to_beam(series_law: EmissionLaw, material_name: str, instrument: Instrument, electrons: float) -> float:
    """Beam electrons per pixel for `electrons` counted per segment on a flat area."""
    seen = float(facet_signals_by(series_law, instrument)((0.0, 0.0)).mean())
    return electrons / (seen * flat_yield(series_law, material_name, instrument.beam.energy_kev))


def _step_noise(series: Series, slope_sd: tuple[float, float]) -> float:
    """Of an edge along y or along x, whichever is worse; lines lie one edge width outside its middle on either side."""
    (dx, dy), (rows, columns), (sd_x, sd_y) = series.instrument.scan.pixel_size_xy_nm, series.shape, slope_sd
    upright = mode_variance((rows, columns), (dx, dy), (sd_x, sd_y))
    lying = mode_variance((columns, rows), (dy, dx), (sd_y, sd_x))
    across, along = 2.0 * series.edge_nm, series.line_nm
    return max(step_sd(upright, across / dx, along / dy), step_sd(lying, across / dy, along / dx))


def _worst_angle(series: Series, signals: FacetSignals, counted: float) -> float:
    rise = math.tan(math.radians(series.facet_deg))
    for azimuth in _AZIMUTHS:
        slope = (rise * math.cos(math.radians(azimuth)), rise * math.sin(math.radians(azimuth)))
        if signals(slope).min() < 1e-3 * signals((0.0, 0.0)).min():
            raise InputError(
                f"a segment sees nothing of a facet of {series.facet_deg:g}° that turns away from it",
                where="facet angle",
                cure="ask for a flatter facet, or take a detector that reaches closer to the axis",
            )
    return max(angle_sd_deg(signals, counted, series.excess_noise, series.facet_deg, a) for a in _AZIMUTHS)


def _scale_parts(series: Series, signals: FacetSignals) -> tuple[float, float]:
    """Relative uncertainty of an uncalibrated slope scale from the distance, and from not knowing the emission law."""
    if series.scale_u is not None:
        return 0.0, 0.0
    kappa = signals.kappa()
    detector = series.instrument.detector
    farther = detector.model_copy(update={"distance_mm": detector.height_mm + series.distance_u_mm})
    moved = facet_signals_by(series.law, series.instrument.model_copy(update={"detector": farther})).kappa()
    lambert = facet_signals_by(lambert_law(), series.instrument).kappa()
    return abs(moved / kappa - 1.0), abs(kappa / lambert - 1.0)


def _volume(series: Series) -> dict[str, float]:
    energy = series.instrument.beam.energy_kev
    spread = exit_spread(series.material, energy)
    disk = math.sqrt(math.prod(series.instrument.scan.pixel_size_xy_nm) / math.pi)
    return {
        "range_nm": kanaya_okayama_range(material(series.material), energy),
        "half_radius_nm": half_radius_nm(spread),
        "share_in_pixel": share_within(spread, disk),
        "share_in_edge": share_within(spread, series.edge_nm / 2.0),
    }


def _share_at_half_energy(series: Series) -> float | None:
    energy = series.instrument.beam.energy_kev / 2.0
    if energy < load_tables().energy_kev[0]:
        return None
    return share_within(exit_spread(series.material, energy), series.edge_nm / 2.0)
