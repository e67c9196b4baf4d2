"""How a crystal lies, from its facets alone: every pair of facets is tried as every pair of planes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.facets.adjust import known
from eclips4d.metrology.facets.assign import USUAL, Assignment, Belief, assign, log_evidence
from eclips4d.metrology.facets.facet import Facet
from eclips4d.metrology.facets.lattice import Planes
from eclips4d.metrology.facets.orientation import Orientation
from eclips4d.metrology.facets.propagate import Systematic
from eclips4d.metrology.facets.sphere import angle_rad

F64 = NDArray[np.float64]

_LOOKED_AT = 10
"""Pairs are made of so many of the largest facets."""
_TRIED = 12
"""Orientations that are refined."""
_LEAST_DEG, _SURE = 1.0, 4.0
"""Angles between facets and planes agree within so much, or so many standard deviations."""
_PARALLEL = float(np.radians(8.0))
_ROUGHLY = float(np.radians(1.0))


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """The orientation that explains facets best.

    Attributes
    ----------
    orientation : Orientation
    assignment : Assignment
        Of the facets under it. Asking `assign` again with this orientation would count the same facets twice.
    explained : int
        Facets that are one of the planes.
    lead : float
        Natural logarithm by which it is more probable than the best that names facets differently; a few units or
        less: the facets do not tell. Infinite when there is no other.
    """

    orientation: Orientation
    assignment: Assignment
    explained: int
    lead: float


def estimate_orientation(
    facets: Sequence[Facet], planes: Planes, systematic: Systematic, belief: Belief = USUAL
) -> Estimate:
    """Find how a crystal lies.

    Orientations that differ by a symmetry of the lattice are the same; one of them is returned.

    Parameters
    ----------
    facets
        Of one crystal, strangers among them allowed.
    planes
        That it may show.

    Raises
    ------
    InputError
        Fewer than two facets that differ in direction, or none whose angle fits any two planes.
    """
    tried = _candidates(_unlike(facets), planes, systematic)
    if not len(tried):
        raise InputError(
            "no two facets stand at an angle that two of the planes have",
            cure="give the mean orientation, more planes, or images with more facets",
        )
    scores = _rough_scores(tried, facets, planes, belief)
    found: list[tuple[float, Estimate, tuple[str, ...]]] = []
    for matrix in tried[_distinct(tried, scores)]:
        start = Orientation(matrix, np.eye(3) * _ROUGHLY**2)
        done = assign(facets, planes, start, systematic, belief)
        # Every orientation was as probable as any other before.
        flat = Orientation(done.orientation.matrix, done.orientation.covariance)
        score = log_evidence(facets, planes, known(flat, systematic), belief)
        explained = int((done.posterior[:, -1] < 0.5).sum())
        named = tuple(done.table["family"]) if len(facets) else ()
        found.append((score, Estimate(flat, done, explained, np.inf), named))
    found.sort(key=lambda entry: -entry[0])
    best, others = found[0], [entry[0] for entry in found if entry[2] != found[0][2]]
    return replace(best[1], lead=best[0] - others[0] if others else float("inf"))


def _unlike(facets: Sequence[Facet]) -> list[Facet]:
    """The largest facets that differ in direction."""
    kept: list[Facet] = []
    for facet in sorted(facets, key=lambda facet: -facet.pixels):
        if all(angle_rad(facet.normal, other.normal) > _PARALLEL for other in kept):
            kept.append(facet)
        if len(kept) == _LOOKED_AT:
            break
    return kept


def _candidates(facets: Sequence[Facet], planes: Planes, systematic: Systematic) -> F64:
    """Rotations [n, 3, 3] that turn two planes to where two facets face."""
    # By symmetry the first facet can be the first plane of a family.
    first = [int(np.flatnonzero(planes.family == k)[0]) for k in range(len(planes.names))]
    between = angle_rad(planes.normals[first][:, None], planes.normals[None])
    made = []
    for a, b in permutations(facets, 2):
        angle = float(angle_rad(a.normal, b.normal))
        if angle < _PARALLEL:
            continue
        slack = max(np.radians(_LEAST_DEG), _SURE * _angle_u(a, b, angle, systematic))
        for k, other in np.argwhere(np.abs(between - angle) < slack):
            made.append(_triad(a.normal, b.normal) @ _triad(planes.normals[first[k]], planes.normals[other]).T)
    return np.array(made).reshape(-1, 3, 3)


def _angle_u(a: Facet, b: Facet, angle: float, systematic: Systematic) -> float:
    random = float(np.trace(a.covariance) + np.trace(b.covariance))
    return float(np.sqrt(random + (systematic.scale_u * np.sin(angle)) ** 2 + 2.0 * systematic.level_u**2))


def _triad(a: F64, b: F64) -> F64:
    """Axes, as columns, with the first two directions in the plane of a and b, a and b alike."""
    along, apart = a + b, a - b
    x, y = along / np.linalg.norm(along), apart / np.linalg.norm(apart)
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def _rough_scores(tried: F64, facets: Sequence[Facet], planes: Planes, belief: Belief) -> F64:
    seen = np.array([facet.normal for facet in facets])
    turned = np.einsum("rij,pj->rpi", tried, planes.normals)
    nearest = np.einsum("rpi,fi->rfp", turned, seen).max(axis=2)
    off = np.maximum(2.0 - 2.0 * nearest, 0.0)
    fits = (1.0 - belief.none) / len(planes) * np.exp(-off / (2.0 * _ROUGHLY**2)) / (2.0 * np.pi * _ROUGHLY**2)
    return np.asarray(np.log(fits + belief.none / (2.0 * np.pi)).sum(axis=1))


def _distinct(tried: F64, scores: F64) -> NDArray[np.int64]:
    """The best ones that differ by more than a degree."""
    kept: list[int] = []
    for k in np.argsort(-scores, kind="stable"):
        if all(np.trace(tried[k] @ tried[other].T) < 1.0 + 2.0 * np.cos(_ROUGHLY) for other in kept):
            kept.append(int(k))
        if len(kept) == _TRIED:
            break
    return np.array(kept, np.int64)
