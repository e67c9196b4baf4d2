"""The steps of a line through a whole run: profiles, steps of each, identities, and steps again that were real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.profiles.profile import Profile
from eclips4d.metrology.steps.edge import Edge
from eclips4d.metrology.steps.link import Rules, link
from eclips4d.metrology.steps.read import find_steps, fit_steps
from eclips4d.metrology.steps.track import Linked

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Finding:
    """How steps are looked for.

    Attributes
    ----------
    false_steps : float
        Expected number of false ones per profile of noise; those that do not come again are dropped besides.
    least_height_nm : float
        Steps lower than this are passed over.
    """

    false_steps: float = 0.01
    least_height_nm: float = 0.0


def follow(
    profiles: Sequence[Profile], jump_nm: Sequence[float], finding: Finding | None = None, first_id: int = 1
) -> Linked:
    """Find the steps of every profile and follow them.

    Twice: in the first round what is found again and again is told from what noise and texture show once; in the
    second the real ones are fitted without the others and get their identities, and steps may join and part.

    Parameters
    ----------
    profiles : sequence of Profile
        Of one line, frame after frame.
    jump_nm : sequence of float
        Standard deviation of each frame's displacement along the line.
    finding : Finding, optional
    first_id : int
        Number of the first step.
    """
    finding = finding or Finding()
    found = [
        tuple(edge for edge in find_steps(profile, finding.false_steps) if _counts(edge, finding))
        for profile in profiles
    ]
    times = [_seen_at(profile) for profile in profiles]
    length = float(profiles[0].distance_nm[-1])
    rules = Rules(profiles[0].spacing_nm, max(0.1 * profiles[0].spacing_nm, float(np.median(jump_nm))))
    first = link(found, times, length, replace(rules, joins=False))
    real: list[list[Edge]] = [[] for _ in profiles]
    for track in first.tracks:
        for k, edge in zip(track.seen, track.edges, strict=True):
            real[k].append(edge)
    again = [
        edges if len(kept) == len(edges) else fit_steps(profile, sorted(kept, key=lambda edge: edge.position_nm))
        for profile, edges, kept in zip(profiles, found, real, strict=True)
    ]
    return link(again, times, length, rules, first_id)


def _counts(edge: Edge, finding: Finding) -> bool:
    return abs(edge.height_nm) >= finding.least_height_nm


def _seen_at(profile: Profile) -> tuple[F64, F64]:
    seen = np.isfinite(profile.row_time_s)
    if not seen.any():
        return profile.distance_nm, np.zeros(profile.distance_nm.size)
    return profile.distance_nm[seen], profile.row_time_s[seen]
