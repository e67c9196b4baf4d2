"""When a place is not believed, and why, in words."""

from __future__ import annotations

from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.confidence import Confidence

CURE = "check that it shows the same place, its pixel size, and whether it is mirrored or turned"
LEAST_SIGNIFICANCE, UNLIKELY, LEAST_WHERE_UNLIKELY = 14.0, 1e-3, 8.0
"""Standard deviations; fewer will do where the search alone leaves so small a chance of a false match."""
LEAST_LEAD = 1.1
LEAST_OVERLAP = 0.15
LARGEST_SCALE, LARGEST_SHEAR, LARGEST_TURN_DEG = 0.15, 0.08, 22.0
"""A fit that ends farther off has left what was searched."""


def refused(sure: Confidence, affine: Affine, turn_deg: float) -> str:
    """Why a place is not believed, of a map that was said to be turned so; empty when it is."""
    if not sure.significance >= (LEAST_WHERE_UNLIKELY if sure.chance <= UNLIKELY else LEAST_SIGNIFICANCE):
        return f"both agree no better than chance would (slopes correlate by {sure.correlation:.2f})"
    if not plausible(affine, turn_deg):
        return "the best fit is distorted more than any scanner is"
    if not sure.lead >= LEAST_LEAD:
        return f"another place fits nearly as well (lead {sure.lead:.2f})"
    if not sure.overlap >= LEAST_OVERLAP:
        return f"hardly anything is common to both (overlap {sure.overlap:.2f})"
    return ""


def plausible(affine: Affine, turn_deg: float) -> bool:
    """Whether a scanner may be off so far."""
    off = max(abs(affine.scale[0] - 1.0), abs(affine.scale[1] - 1.0))
    turn = (affine.turn_deg - turn_deg + 180.0) % 360.0 - 180.0
    return off <= LARGEST_SCALE and abs(affine.shear) <= LARGEST_SHEAR and abs(turn) <= LARGEST_TURN_DEG
