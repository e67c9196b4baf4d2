"""Lines of a budget that segments make one by one: gains and dark levels.

`SlopeErrors` holds what each does to the slope that was read; `per_slope` is the change of the result per change of
that slope.
"""

from __future__ import annotations

import math

import numpy as np

from eclips4d.metrology.budget.conditions import Conditions
from eclips4d.metrology.budget.contribution import Contribution
from eclips4d.metrology.budget.declared import DARK_ADU, GAIN, MOUNTING_DEG, Known, stated
from eclips4d.metrology.budget.scale_lines import contrast_u
from eclips4d.metrology.budget.slope_errors import F64, SlopeErrors

_HOW = "finite differences through the inversion"


def segment_lines(conditions: Conditions, errors: SlopeErrors, per_slope: float) -> tuple[Contribution, Contribution]:
    """Dark levels, then gains."""
    return dark_levels(conditions, errors.dark * per_slope), gains(conditions, errors.gain * per_slope)


def gains(conditions: Conditions, sensitivities: F64) -> Contribution:
    """Gains of the segments, each by itself: an imbalance eps of two opposite ones tilts by eps/(2 kappa).

    Parameters
    ----------
    sensitivities : float64 [n]
        Change of the result per relative change of each gain.
    """
    each, known = _gain_u(conditions)
    return Contribution(
        source="gains",
        quantity=f"relative gain of each of {len(each)} segments",
        u=known.u,
        unit="1",
        sensitivity=_together(sensitivities, each, known.u),
        kind="systematic",
        origin=known.origin,
        formula=f"{_HOW}; root of the sum of squares over the segments",
        assumed=known.assumed,
    )


def dark_levels(conditions: Conditions, sensitivities: F64) -> Contribution:
    """Dark levels: each by itself where they were given or fitted, all by the same share where dose or noise told them.

    Parameters
    ----------
    sensitivities : float64 [n]
        Change of the result per change of each dark level, per adu.
    """
    calibration = conditions.calibration
    if calibration.offset_estimated:
        return _common_dark(conditions, sensitivities)
    section = conditions.instrument.calibration
    n = len(calibration.gain)
    if conditions.declared.offset_u_adu is None and section is not None and section.offset_u_adu:
        each, known = np.asarray(section.offset_u_adu), Known(_rms(section.offset_u_adu), "fit of the calibration")
    else:
        known = stated(conditions.declared.offset_u_adu, DARK_ADU, "usual wander of a dark level")
        each = np.full(n, known.u)
    return Contribution(
        source="dark level",
        quantity=f"dark level of each of {n} segments",
        u=known.u,
        unit="adu",
        sensitivity=_together(sensitivities, each, known.u),
        kind="systematic",
        origin=known.origin,
        formula=f"{_HOW}; root of the sum of squares over the segments",
        assumed=known.assumed,
    )


def _common_dark(conditions: Conditions, sensitivities: F64) -> Contribution:
    calibration = conditions.calibration
    relative = math.sqrt(max(calibration.kappa_u**2 - contrast_u(conditions) ** 2, 0.0))
    gain = np.asarray(calibration.gain)
    return Contribution(
        source="dark level",
        quantity="dark level of all segments, over the signal",
        u=relative,
        unit="1",
        sensitivity=float((sensitivities * gain).sum()) * conditions.signal_adu,
        kind="systematic",
        origin=f"estimated from the first frame ({calibration.offset_source})",
        formula=f"{_HOW}; all levels err by the same share of the signal",
        assumed=calibration.offset_source == "assumed",
    )


def _gain_u(conditions: Conditions) -> tuple[F64, Known]:
    """Standard uncertainty of each relative gain, and where it is from."""
    calibration, section, n = conditions.calibration, conditions.instrument.calibration, conditions.instrument.segments
    if conditions.declared.gain_u is None and calibration.gain_estimated:
        # Gains that level the image take the specimen's tilt t for their own: opposite ones err by ± kappa · t.
        kappa = float(np.hypot(*np.transpose(calibration.contrast)).sum() / np.sum(calibration.flat))
        known = Known(
            kappa * math.tan(math.radians(MOUNTING_DEG)) / math.sqrt(2.0),
            f"estimated by levelling the first frame, on a specimen mounted to {MOUNTING_DEG:g} degree",
            assumed=True,
        )
        return np.full(n, known.u), known
    if conditions.declared.gain_u is None and section is not None and section.gain_u:
        return np.asarray(section.gain_u), Known(_rms(section.gain_u), "fit of the calibration")
    known = stated(conditions.declared.gain_u, GAIN, "usual wander of an amplifier")
    return np.full(n, known.u), known


def _rms(values: tuple[float, ...]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _together(sensitivities: F64, each: F64, typical: float) -> float:
    """One sensitivity for the typical uncertainty that makes what all segments make together."""
    return float(np.sqrt(np.sum((sensitivities * each) ** 2))) / typical if typical > 0.0 else 0.0
