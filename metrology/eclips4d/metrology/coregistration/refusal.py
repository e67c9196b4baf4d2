"""When a place is not believed, and why, in words."""

from __future__ import annotations

from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.confidence import Confidence

CURE = "check that it shows the same place, its pixel size, and whether it is mirrored or turned"
LEAST_SIGNIFICANCE, UNLIKELY, LEAST_WHERE_UNLIKELY = 14.0, 1e-3, 8.0
"""Standard deviations; fewer will do where the search alone leaves so small a chance of a false match."""
LEAST_EITHER_WAY = 7.5
"""The same of the weaker slope: steps that all run one way agree with others anywhere along them."""
LEAST_LEAD = 1.1
LEAST_OVERLAP = 0.15
LARGEST_SCALE, LARGEST_SHEAR, LARGEST_TURN_DEG = 0.12, 0.05, 18.0
"""Scanners are not further off than 10 %, 3 % and 15 degrees from what is said; some margin for the fit."""
ON_THE_WAY = 1.25
"""Times these while places are still being fitted."""


def refused(sure: Confidence, affine: Affine, turn_deg: float) -> str:
    """Why a place is not believed, of a map that was said to be turned so; empty when it is."""
    if not sure.significance >= (LEAST_WHERE_UNLIKELY if sure.chance <= UNLIKELY else LEAST_SIGNIFICANCE):
        return f"both agree no better than chance would (slopes correlate by {sure.correlation:.2f})"
    if not sure.either_way >= LEAST_EITHER_WAY:
        return f"they agree one way only (across it by {sure.either_way:.1f} standard deviations)"
    if not plausible(affine, turn_deg):
        return "the best fit is distorted more than any scanner is"
    if not sure.lead >= LEAST_LEAD:
        return f"another place fits nearly as well (lead {sure.lead:.2f})"
    if not sure.overlap >= LEAST_OVERLAP:
        return f"hardly anything is common to both (overlap {sure.overlap:.2f})"
    return ""


def plausible(affine: Affine, turn_deg: float, times: float = 1.0) -> bool:
    """Whether a scanner may be off so far, or so many times as far."""
    off = max(abs(affine.scale[0] - 1.0), abs(affine.scale[1] - 1.0))
    turn = (affine.turn_deg - turn_deg + 180.0) % 360.0 - 180.0
    return (
        off <= times * LARGEST_SCALE
        and abs(affine.shear) <= times * LARGEST_SHEAR
        and abs(turn) <= times * LARGEST_TURN_DEG
    )
