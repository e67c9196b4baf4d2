"""Whether steps go farther from frame to frame than they can be followed.

Evenly spaced steps that move by more than half their spacing look like steps that move less, or backwards. The scan
itself tells: rows follow each other within milliseconds, so an edge that moves is seen sheared, while the slopes of
its riser, each measured at one instant, still point along its true normal. Two profiles beside the line, at places
that are scanned at different times, give the velocity within a frame:

    v = (s+ - s- - (c+ - c-)·tan) / (t+ - t-),

s being the places of the step, c the distances aside, tan the turn of the contour that the slopes give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.steps.edge import Edge

F64 = NDArray[np.float64]

HALF = 0.5
"""Of the spacing: a step that moves farther from frame to frame can be taken for its neighbour."""
SURE = 4.0
"""Standard uncertainties by which the velocity within frames must differ from that between them."""


@dataclass(frozen=True, slots=True)
class Within:
    """Velocity along the line of one step within one frame, nm/s, and its standard uncertainty."""

    velocity_nm_s: float
    u_nm_s: float


def within_frame(left: Edge, middle: Edge, right: Edge, apart_nm: float) -> Within | None:
    """Velocity of a step from profiles on either side; None where both are scanned at once.

    Parameters
    ----------
    left, middle, right : Edge
        The step on a profile to the left of the line, on it, and to its right when following it on the screen.
    apart_nm : float
        Between the outer two.
    """
    later = right.time_s - left.time_s
    if later == 0.0 or middle.height_nm == 0.0:
        return None
    turned = np.array([edge.across_nm / edge.height_nm for edge in (left, middle, right)])
    u = np.array([np.hypot(e.across_u_nm, t * e.height_u_nm) / abs(e.height_nm) for e, t in
                  zip((left, middle, right), turned, strict=True)])  # fmt: skip
    # Simpson's rule for the contour between the outer two, whose direction follows the edge's bends.
    share = np.array([1.0, 4.0, 1.0]) / 6.0
    moved = right.position_nm - left.position_nm + apart_nm * float(share @ turned)
    spread = np.hypot(np.hypot(right.position_u_nm, left.position_u_nm), apart_nm * float(np.sqrt(share**2 @ u**2)))
    return Within(moved / later, float(spread) / abs(later))


def aliased(
    velocity_nm_s: float, within: Within | None, spacing_nm: float, frame_s: float, velocity_u_nm_s: float = 0.0
) -> bool:
    """Whether a step moves by more than half its spacing from frame to frame.

    Parameters
    ----------
    velocity_nm_s, velocity_u_nm_s : float
        As followed from frame to frame, along the line.
    within : Within or None
        Mean over frames of the velocity within them, where the scan tells it.
    spacing_nm : float
        To the nearest step of the same sense; infinite where there is none.
    frame_s : float
        From frame to frame.
    """
    if not np.isfinite(spacing_nm) or not np.isfinite(velocity_nm_s):
        return False
    limit = HALF * spacing_nm / frame_s
    if abs(velocity_nm_s) > limit:
        return True
    if within is None:
        return False
    u = float(np.hypot(within.u_nm_s, velocity_u_nm_s))
    differs = abs(within.velocity_nm_s - velocity_nm_s) > max(SURE * u, limit)
    return bool(differs and abs(within.velocity_nm_s) > limit)


def mean_within(values: list[Within]) -> Within | None:
    """Weighted mean over frames; its uncertainty from the scatter where that is larger."""
    if not values:
        return None
    v, u = (np.array([getattr(value, name) for value in values]) for name in ("velocity_nm_s", "u_nm_s"))
    weight = 1.0 / u**2
    mean = float(np.average(v, weights=weight))
    chi2 = float((weight * (v - mean) ** 2).sum()) / max(v.size - 1, 1)
    return Within(mean, float(np.sqrt(max(chi2, 1.0) / weight.sum())))
