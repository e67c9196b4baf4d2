"""The plane by which a height lies off an earlier one, found on what did not change in between.

Between two frames a height changes by a plane that nobody can measure in one frame (gains, offsets and long waves of
the noise move it) and by what happens to the surface: bands that a step passed rise by its height, terraces grow. The
plane is that of the most densely packed changes. Tilts are found first, from differences over a fixed distance, in
which the rise of a whole band drops out; then the offset that most samples share; then both together, by least squares
that forgets samples off the plane. Least squares from the start would take a step that passed for a tilt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.registration.integration_noise import IntegrationNoise, densest, noise_of_differences, pair
from eclips4d.registration.settling import inverse_of, moments_about, settle

Grid = NDArray[np.float64]
Vector = NDArray[np.float64]

NARROW = 2.0
"""Samples further than this many sd off the plane count for nothing."""
WIDE = 5.0
"""How much the plane moves when samples count up to here is what slow change among them may have done to it."""
STATIC = 2.0
"""Samples within this many sd lie on the plane; 95 % of pure noise does."""
FAR = 3.0
"""Samples further off say nothing of the noise."""
NOISE_ROUNDS = 3
_SHARE_OF_NOISE = 0.9545


@dataclass(frozen=True, slots=True)
class PlaneFit:
    """Plane of a change, `offset + tilt_x·x + tilt_y·y` with x, y from the middle of the image.

    Attributes
    ----------
    plane : float64 [3]
        Offset in nm; tilts without unit.
    covariance : float64 [3, 3]
        Of the random part.
    creep : float64 [3]
        By how much slow change among the samples may have moved the plane: a bias of unknown sign.
    static_share : float
        Share of the common area, weighted, that lies on the plane.
    rival_share : float
        The same for the strongest plane parallel to it.
    noise_nm : float
        Sd of one sample's change.
    """

    plane: Vector
    covariance: Grid
    creep: Vector
    static_share: float
    rival_share: float
    noise_nm: float


def fit_plane(change: Grid, terms: Grid, weight: Grid | None = None, near: Vector | None = None) -> PlaneFit | None:
    """Fit the plane of what did not change.

    Parameters
    ----------
    change : float64 [j, i]
        Later minus earlier height on a lattice, nm; NaN where either is unknown.
    terms : float64 [3, j, i]
        1, x, y; nm from the middle of the image.
    weight : float64 [j, i], optional
        1 where the surface is known to be static, 0 where it is known to move.
    near : float64 [3], optional
        A plane close to the one sought; without it the densest is taken, wherever it lies.

    Returns
    -------
    PlaneFit or None
        None when too few samples say anything, or they lie on a line.
    """
    settled = _settled(change, terms, weight, near)
    if settled is None:
        return None
    known, given, plane, scale = settled.known, settled.given, settled.plane, settled.scale
    wide = settle(known, terms, given, plane, WIDE * scale, _reach(terms))
    rest = known - plane_of(plane, terms)
    kept = _kept(np.nan_to_num(rest), given, NARROW * scale)
    static, rival = _shares(rest, given, scale)
    covariance = settled.noise.covariance(np.einsum("ab,bjk->ajk", settled.inverse, kept * terms))
    return PlaneFit(plane, covariance, np.abs(wide - plane), static, rival, scale)


def plane_near(change: Grid, terms: Grid, near: Vector) -> Vector | None:
    """`PlaneFit.plane` of all that is known, near a plane, [3]; None as of `fit_plane`."""
    settled = _settled(change, terms, None, near)
    return None if settled is None else settled.plane


@dataclass(frozen=True, slots=True)
class _Settled:
    """A plane that has settled, and what it was found by."""

    known: Grid
    given: Grid
    plane: Vector
    scale: float
    noise: IntegrationNoise
    inverse: Grid


def _settled(change: Grid, terms: Grid, weight: Grid | None, near: Vector | None) -> _Settled | None:
    given = np.ones(change.shape) if weight is None else np.clip(np.nan_to_num(weight), 0.0, 1.0)
    given = np.where(np.isfinite(change), given, 0.0)
    known, reach = np.where(given > 0, change, np.nan), _reach(terms)
    if not _inverse(known, terms, given, np.zeros(3), np.inf)[0]:
        return None
    start = _start(known, terms, given) if near is None else np.asarray(near, np.float64)
    noise = noise_of_differences(known - plane_of(start, terms), _aspect(terms), still=False)
    scale = _scale(noise, known)
    plane = settle(known, terms, given, start, NARROW * scale, reach)
    for _ in range(NOISE_ROUNDS):
        rest = known - plane_of(plane, terms)
        noise = noise_of_differences(np.where(np.abs(rest) < FAR * scale, rest, np.nan), _aspect(terms), still=True)
        scale = min(_scale(noise, known), scale)
        plane = settle(known, terms, given, plane, NARROW * scale, reach)
    spanned, inverse = _inverse(known, terms, given, plane, NARROW * scale)
    if not (spanned and np.isfinite(scale) and np.isfinite(noise.power)):
        return None
    return _Settled(known, given, plane, scale, noise, inverse)


def _reach(terms: Grid) -> Vector:
    """Largest size of each term."""
    return np.asarray(np.abs(terms).max(axis=(1, 2)))


def plane_of(plane: Vector, terms: Grid) -> Grid:
    """Heights [j, i] of a plane, nm."""
    return np.asarray(np.einsum("a,ajk->jk", plane, terms), np.float64)


def _aspect(terms: Grid) -> float:
    across, down = terms[1, 0, 1] - terms[1, 0, 0], terms[2, 1, 0] - terms[2, 0, 0]
    return float(down / across)


def _scale(noise: IntegrationNoise, known: Grid) -> float:
    """Sd of a sample; above rounding errors, where there is no noise at all."""
    return max(noise.sd, 1e-9 * float(np.nanmax(np.abs(known))), 1e-12)


def _inverse(known: Grid, terms: Grid, given: Grid, plane: Vector, cutoff: float) -> tuple[bool, Grid]:
    """Inverse of the moments of what lies about a plane; False when too few samples do, or they lie on a line."""
    count, moments, _ = moments_about(known, terms, given, plane, cutoff)
    return inverse_of(moments, count)


def _start(known: Grid, terms: Grid, given: Grid) -> Vector:
    """Tilts at which differences over a quarter of the lattice are packed most densely, then the offset most share."""
    tilts = []
    for axis, place in ((1, terms[1]), (0, terms[2])):
        lag = max(1, known.shape[axis] // 4)
        later, earlier = pair(known, lag, axis)
        difference = later - earlier
        further, nearer = pair(place, lag, axis)
        distance = float((further - nearer).flat[0])
        tilts.append(densest(difference[np.isfinite(difference)])[0] / distance)
    plane = np.array([0.0, *tilts])
    rest = known - plane_of(plane, terms)
    noise = noise_of_differences(rest, _aspect(terms), still=False)
    ordered, counts = _window_weights(rest, given, STATIC * _scale(noise, known))
    plane[0] = ordered[int(np.argmax(counts))]
    return plane


def _window_weights(rest: Grid, given: Grid, reach: float) -> tuple[Vector, Vector]:
    """The values in order, and the weight that lies within `reach` of each."""
    inside = given > 0
    values, weights = rest[inside], given[inside]
    order = np.argsort(values, kind="stable")
    ordered, total = values[order], np.concatenate([[0.0], np.cumsum(weights[order])])
    first, last = np.searchsorted(ordered, ordered - reach), np.searchsorted(ordered, ordered + reach, side="right")
    return ordered, total[last] - total[first]


def _shares(rest: Grid, given: Grid, scale: float) -> tuple[float, float]:
    """Share of the weight on the plane, and on the strongest one parallel to it that shares no sample with it."""
    ordered, counts = _window_weights(rest, given, STATIC * scale)
    total = given.sum() * _SHARE_OF_NOISE
    static = float(given[np.abs(np.nan_to_num(rest, nan=np.inf)) <= STATIC * scale].sum() / total)
    beside = counts[np.abs(ordered) > 2.0 * STATIC * scale]
    return min(static, 1.0), float(beside.max() / total) if beside.size else 0.0


def _kept(rest: Grid, given: Grid, cutoff: float) -> Grid:
    """Weights of the samples: those given, less the further off the plane, none beyond `cutoff`."""
    off = rest / cutoff
    inside = np.maximum(1.0 - off * off, 0.0)
    return np.asarray(given * inside * inside, np.float64)
