"""A map in its place, in words: the six numbers with their uncertainties, heights, tip, and how sure it all is."""

from __future__ import annotations

import math

from eclips4d.metrology.coregistration.result import Coregistration
from eclips4d.pipeline.afm_report.surface import Seen

LABELS = (
    ("scale along the map's x, run over map", "", 1.0),
    ("scale along the map's y, run over map", "", 1.0),
    ("turned counter-clockwise", " degrees", 1.0),
    ("shear", " %", 100.0),
    ("shifted to the right", " nm", 1.0),
    ("shifted downwards", " nm", 1.0),
)
"""What each of `Affine.numbers` is called, its unit, and the factor to it."""


def words(found: Coregistration, seen: Seen) -> list[str]:
    """Lines to print."""
    sure, heights = found.confidence, found.heights
    lines = [f"{found.chart.source} on {seen.name}:"]
    for (label, unit, times), value, u in zip(LABELS, found.affine.numbers(), found.u, strict=True):
        lines.append(f"  {label}: {said(times * value, times * float(u))}{unit}")
    if found.affine.mirrored:
        lines.append("  left and right of the map were exchanged")
    if found.upside_down:
        lines.append("  the map's heights were upside down")
    ratio = heights.ratio.value
    lines += [
        f"  radius of the tip, its shaft included: {found.tip_radius_nm:.3g} nm",
        f"  residual: {heights.rms_nm:.3g} nm rms, correlation length {heights.correlation_length_nm:.3g} nm",
        f"  heights, run over map: {said(ratio.value, ratio.u)}{_judged(ratio.value, ratio.u, seen)}",
        f"  confidence: slopes correlate by {sure.correlation:.3f}, {sure.significance:.0f} standard deviations beyond "
        f"chance, {sure.either_way:.0f} the weaker way; {_chance(sure.chance)}; "
        f"{_lead(sure.lead)}; {100 * sure.overlap:.0f} % of the smaller is common",
    ]
    return lines


def said(value: float, u: float) -> str:
    """With as many digits as the uncertainty deserves."""
    if not (math.isfinite(u) and u > 0):
        return f"{value:.6g}"
    digits = max(0, 1 - math.floor(math.log10(u)))
    return f"{value:.{digits}f} ± {u:.{digits}f}"


def _judged(ratio: float, u: float, seen: Seen) -> str:
    if not math.isfinite(seen.scale_u):
        return " (the run's height scale is nominal)"
    allowed = 2.0 * math.hypot(u, seen.scale_u)
    if abs(ratio - 1.0) <= allowed:
        return f" (within what is known of the run's calibration, ± {allowed:.2g})"
    return f" (beyond what is known of the run's calibration, ± {allowed:.2g}: one of both scales is doubtful)"


def _chance(chance: float) -> str:
    return "a false match by chance: below 1e-9" if chance < 1e-9 else f"a false match by chance: {chance:.1e}"


def _lead(lead: float) -> str:
    return f"{lead:.2f} times the next best place" if math.isfinite(lead) else "no other place fits"
