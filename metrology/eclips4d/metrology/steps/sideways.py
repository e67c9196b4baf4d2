"""Velocities within frames: the steps of a line found again on either side of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from eclips4d.metrology.profiles.profile import Profile
from eclips4d.metrology.steps.alias import Within, mean_within, within_frame
from eclips4d.metrology.steps.edge import Edge
from eclips4d.metrology.steps.read import find_steps
from eclips4d.metrology.steps.track import Linked

ASIDE_PX = 12.0
"""How far beside the line."""
NEAR = 2.0
"""Standard deviations of the riser within which a step beside the line is the one on it."""


def within_frames(linked: Linked, looks: Mapping[int, tuple[Profile, Profile]], apart_nm: float) -> dict[int, Within]:
    """Velocity within frames of every step, where the scan tells it.

    Parameters
    ----------
    linked : Linked
    looks : mapping of int to (Profile, Profile)
        By frame: profiles to the left and to the right of the line.
    apart_nm : float
        Between those two.
    """
    found: dict[int, list[Within]] = {track.step_id: [] for track in linked.tracks}
    for k, (left, right) in looks.items():
        beside = find_steps(left), find_steps(right)
        for track in linked.tracks:
            at = np.flatnonzero(track.seen == k)
            if not at.size:
                continue
            edge = track.edges[int(at[0])]
            pair = _same(edge, beside[0], -0.5 * apart_nm), _same(edge, beside[1], 0.5 * apart_nm)
            if pair[0] is not None and pair[1] is not None:
                within = within_frame(pair[0], edge, pair[1], apart_nm)
                if within is not None:
                    found[track.step_id].append(within)
    means = {step: mean_within(values) for step, values in found.items()}
    return {step: mean for step, mean in means.items() if mean is not None}


def _same(edge: Edge, others: tuple[Edge, ...], aside_nm: float) -> Edge | None:
    """The step beside the line that continues one on it, if it is plain which."""
    place = edge.position_nm - aside_nm * edge.across_nm / edge.height_nm
    alike = [other for other in others if other.rises is edge.rises]
    if not alike:
        return None
    nearest = min(alike, key=lambda other: abs(other.position_nm - place))
    reach = NEAR * max(edge.sd_nm, nearest.sd_nm) + 0.2 * abs(aside_nm)
    return nearest if abs(nearest.position_nm - place) < reach else None
