"""The limits in words: each with what sets it and what would change it."""

from __future__ import annotations

from typing import NamedTuple

from eclips4d.core.source import SourceInfo
from eclips4d.physics.limits.series import Plan, Series
from eclips4d.storage.layout import PRODUCTS
from eclips4d.storage.space import bytes_per_frame

_LEAVES = 0.5
"""Share of electrons from within an edge below which the beam's volume, not its noise, limits a step."""


class Line(NamedTuple):
    """One limit: its name, its value, advice."""

    what: str
    value: str
    advice: str


def disk_gb_per_hour(series: Series) -> float:
    """10⁹ bytes per hour of raw frames and all products, compressed as the store assumes."""
    return _bytes_per_frame(series) / series.frame_s * 3600.0 / 1e9


def _bytes_per_frame(series: Series) -> int:
    n = series.instrument.segments
    source = SourceInfo(
        kind="plan",
        address="plan",
        identity="plan",
        instrument_toml="",
        instrument="",
        segments=tuple(f"{k}" for k in range(n)),
        dtype="uint16",
        shape=(n, *series.shape),
        frames=series.frames,
        can_wait=False,
        start_utc="",
    )
    return bytes_per_frame(source, PRODUCTS)


def report(series: Series, plan: Plan) -> list[Line]:
    """Every limit, in the order in which it is usually asked for."""
    lines = [_dose(plan), _slope(plan), _height(plan), _step(series, plan), _tilt(series, plan), _facet(series, plan)]
    lines += [_slowest(series, plan), *_fastest(series, plan), _volume(series, plan)]
    if series.gas_share:
        kept = f"{1 - series.gas_share:.0%} of contrast left"
        lines.append(Line("gas", kept, "heights shrink alike unless the calibration knows the gas; shorten its path"))
    return [*lines, _time(series), _disk(series)]


def _dose(plan: Plan) -> Line:
    value = f"{plan.fluence_frame_nm2:.3g} e/nm² a frame ({plan.fluence_frame_c_cm2:.2g} C/cm²)"
    total = f"{plan.fluence_total_nm2:.3g} e/nm² ({plan.fluence_total_c_cm2:.2g} C/cm²) in {plan.frames} frames"
    return Line("dose", value, f"{total}; {plan.electrons_per_pixel:.3g} electrons per pixel and segment are counted")


def _slope(plan: Plan) -> Line:
    value = f"± {plan.slope_sd_deg:.2g}° per pixel"
    return Line(
        "slope noise", value, f"kappa {plan.kappa:.3g}: a lower take-off raises it, four times the dose halves it"
    )


def _height(plan: Plan) -> Line:
    return Line("height noise", f"± {plan.height_sd_nm:.2g} nm", "set by fluence and kappa, hardly by the pixel size")


def _step(series: Series, plan: Plan) -> Line:
    value = f"{plan.smallest_step_nm:.2g} nm; {plan.smallest_step_all_frames_nm:.2g} nm at rest"
    if plan.share_in_edge < _LEAVES:
        return Line("smallest step", value, "not noise but the interaction volume limits you: see below")
    return Line("smallest step", value, f"noise, over {series.line_nm:g} nm of edge: average a longer edge")


def _tilt(series: Series, plan: Plan) -> Line:
    where = f"facet of {series.facet_nm:g} nm, {plan.facet_pixels:.0f} pixels"
    return Line("smallest tilt", f"{plan.smallest_tilt_deg:.2g}°", f"noise, on a {where}: twice the side halves it")


def _facet(series: Series, plan: Plan) -> Line:
    value = f"± {plan.facet_random_deg:.2g}° random, ± {plan.facet_scale_deg:.2g}° scale"
    if plan.facet_scale_deg < plan.facet_random_deg:
        return Line(
            f"angle of a {series.facet_deg:g}° facet", value, "noise: average a larger facet, or several frames"
        )
    if plan.scale_calibrated:
        advice = f"the scale's ± {plan.scale_u:.2g} of the artefact: only a better artefact helps"
    else:
        law = f"law {plan.scale_law_u:.2g}, distance {plan.scale_distance_u:.2g}"
        advice = f"the slope scale ({law}): calibrate, then --scale-u-percent"
    return Line(f"angle of a {series.facet_deg:g}° facet", value, advice)


def _slowest(series: Series, plan: Plan) -> Line:
    span = (series.frames - 1) * series.frame_s
    value = f"{plan.smallest_velocity_nm_s:.2g} nm/s"
    advice = f"a {series.step_nm:g} nm step, placed to {plan.edge_sd_nm:.2g} nm, over {span:.3g} s"
    return Line("slowest edge", value, f"{advice}: twice the time gains 2.8×")


def _fastest(series: Series, plan: Plan) -> list[Line]:
    if plan.fastest_velocity_nm_s is None or series.spacing_nm is None:
        return []
    value = f"{plan.fastest_velocity_nm_s:.3g} nm/s"
    advice = f"half of {series.spacing_nm:g} nm per frame; beyond, steps seem to run backwards"
    if plan.advance_per_frame_nm is not None and series.velocity_nm_s is not None:
        share = plan.advance_per_frame_nm / series.spacing_nm
        if share > 0.5:
            needed = series.spacing_nm / (2.0 * series.velocity_nm_s)
            advice = (
                f"yours advance {share:.2g} spacings per frame: ALIASED, frames of {needed:.2g} s or less are needed"
            )
        else:
            advice = f"yours advance {share:.2g} spacings per frame: followed"
    return [Line("fastest steps", value, advice)]


def _volume(series: Series, plan: Plan) -> Line:
    value = f"{plan.share_in_pixel:.2g} from the pixel, {plan.share_in_edge:.2g} from the edge"
    advice = f"half leave within {plan.half_radius_nm:.2g} nm of the beam"
    if plan.share_in_edge_at_half_energy is not None:
        energy = series.instrument.beam.energy_kev / 2.0
        advice += f"; at {energy:g} keV {plan.share_in_edge_at_half_energy:.2g} would leave within the edge"
    return Line("interaction volume", value, advice)


def _time(series: Series) -> Line:
    rate, rows = 1.0 / series.frame_s, series.shape[0]
    megabytes = series.instrument.segments * rows * series.shape[1] * 2 / 1e6 * rate
    value = f"{series.frame_s:.3g} s a frame"
    return Line(
        "time", value, f"{megabytes:.3g} MB/s raw; the last row is seen a frame after the first, no height sooner"
    )


def _disk(series: Series) -> Line:
    return Line("disk", f"{disk_gb_per_hour(series):.3g} GB/h", "raw and all products; --keep of run stores less")
