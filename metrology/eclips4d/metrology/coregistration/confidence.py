"""Whether a place is to be believed: agreement beyond chance, a lead over every other place, enough in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.coregistration.fit import Level, Place
from eclips4d.metrology.maps.correlated import Covariance, covariance

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

CUT = 4.0
"""Robust standard deviations at which a slope is cut before it is correlated."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """How sure a place is.

    Attributes
    ----------
    correlation : float
        Of the slopes of both, particles and streaks cut.
    significance : float
        Standard deviations of Fisher's z by which that is more than nothing, counting independent places only.
    either_way : float
        The same of the weaker of two slopes, along the direction in which the run is steepest, and across it.
    lead : float
        Fisher's z there over that at the best place elsewhere.
    chance : float
        Probability that a map of anywhere else would have scored as high in the search.
    overlap : float
        Share of the smaller of both that the other covers.
    """

    correlation: float
    significance: float
    either_way: float
    lead: float
    chance: float
    overlap: float


def slope_correlation(level: Level, place: Place) -> float:
    """Of both slopes, plane and bow taken off; 0 where they hardly overlap."""
    found = level.at(place)
    if found is None:
        return 0.0
    run = found.levelled() + (found.run - found.error)
    one, other = _cut(run), _cut(found.chart)
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))


def _cut(slope: F64) -> F64:
    middle = np.median(slope, axis=1, keepdims=True)
    far = CUT * max(1.4826 * float(np.median(np.abs(slope - middle))), float(np.percentile(np.abs(slope - middle), 90)))
    return np.asarray(np.clip(slope - middle, -far, far), np.float64)


def significance(level: Level, place: Place, shape: tuple[int, int], correlation: float) -> float:
    """Fisher's z over its spread, two maps agreeing by chance as often as they have independent places to disagree at.

    P. Clifford, S. Richardson and D. Hémon, Biometrics 45, 123 (1989).
    """
    found = level.at(place)
    if found is None:
        return 0.0
    places = _independent(level.run.index[found.known], shape, _cut(found.run), _cut(found.chart))
    return _beyond_chance(correlation, float(places.sum()))


def either_way(level: Level, place: Place, shape: tuple[int, int]) -> float:
    """Significance of the weaker of two slopes: along the direction in which the run is steepest, and across it.

    Parallel steps agree with parallel steps anywhere; what tells one place along them from another is across.
    """
    found = level.at(place)
    if found is None:
        return 0.0
    run = found.levelled() + (found.run - found.error)
    _, axes = np.linalg.eigh(_cut(run) @ _cut(run).T)
    one, other = _cut(axes.T @ run), _cut(axes.T @ found.chart)
    correlation = (one * other).sum(axis=1) / np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    places = _independent(level.run.index[found.known], shape, one, other)
    return min(_beyond_chance(float(r), float(n)) for r, n in zip(correlation, places, strict=True))


def _independent(index: NDArray[np.int64], shape: tuple[int, int], run: F64, chart: F64) -> F64:
    """[2] how many independent places there are in each of two slopes."""
    rows, columns = np.unique(index // shape[1]), np.unique(index % shape[1])
    at = np.searchsorted(rows, index // shape[1]), np.searchsorted(columns, index % shape[1])
    known = np.zeros((rows.size, columns.size), np.bool_)
    known[at] = True
    places = []
    for pair in zip(run, chart, strict=True):
        one, other = (_covariance(values, at, known) for values in pair)
        together = float((one.pairs * one.table * other.table).sum()) / (one.variance * other.variance)
        places.append(index.size**2 / max(together, index.size))
    return np.array(places)


def _beyond_chance(correlation: float, places: float) -> float:
    z = np.arctanh(np.clip(correlation, -0.999999, 0.999999))
    return float(z * np.sqrt(max(places - 3.0, 0.0)))


def _covariance(values: F64, at: tuple[NDArray[np.int64], ...], known: Mask) -> Covariance:
    image = np.zeros(known.shape)
    image[at] = values - values.mean()
    return covariance(image, known)
