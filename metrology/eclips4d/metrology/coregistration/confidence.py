"""Whether a place is to be believed: agreement beyond chance, a lead over every other place, enough in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.coregistration.fit import Level, Place
from eclips4d.metrology.coregistration.normal import RATIO, weights
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
    lead : float
        Fisher's z there over that at the best place elsewhere.
    chance : float
        Probability that a map of anywhere else would have scored as high in the search.
    overlap : float
        Share of the smaller of both that the other covers.
    """

    correlation: float
    significance: float
    lead: float
    chance: float
    overlap: float


def slope_correlation(level: Level, place: Place) -> float:
    """Of both slopes, plane and bow taken off; 0 where they hardly overlap."""
    found = level.at(place)
    if found is None:
        return 0.0
    step = found.solved(weights(found.error, found.run)[0], range(RATIO + 1))
    run = found.run - found.design[:, :, RATIO + 1 :] @ step[RATIO + 1 :]
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
    index = level.run.index[found.known]
    rows, columns = np.unique(index // shape[1]), np.unique(index % shape[1])
    at = np.searchsorted(rows, index // shape[1]), np.searchsorted(columns, index % shape[1])
    known = np.zeros((rows.size, columns.size), np.bool_)
    known[at] = True
    places = 0.0
    for pair in zip(_cut(found.run), _cut(found.chart), strict=True):
        one, other = (_covariance(values, at, known) for values in pair)
        together = float((one.pairs * one.table * other.table).sum()) / (one.variance * other.variance)
        places += index.size**2 / max(together, index.size)
    z = np.arctanh(np.clip(correlation, -0.999999, 0.999999))
    return float(z * np.sqrt(max(places - 3.0, 0.0)))


def _covariance(values: F64, at: tuple[NDArray[np.int64], ...], known: Mask) -> Covariance:
    image = np.zeros(known.shape)
    image[at] = values - values.mean()
    return covariance(image, known)
