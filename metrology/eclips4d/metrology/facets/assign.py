"""Which plane of a crystal a facet is, or that it is none of them.

Every facet is either one of the given planes, within its own covariance, that of the crystal's orientation, the shared
slope scale and a mosaic spread, or it is none, and then faces anywhere on the hemisphere alike. The posterior of these
answers is what is told, not the nearest label. Orientation and scale are improved by all facets together, each with
the weight of its posterior, so that one good facet helps to judge the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2 as chi2_law

from eclips4d.metrology.facets.adjust import Lie, adjusted, is_up, known, predicted
from eclips4d.metrology.facets.facet import Facet
from eclips4d.metrology.facets.lattice import Planes
from eclips4d.metrology.facets.orientation import Orientation
from eclips4d.metrology.facets.propagate import Systematic
from eclips4d.metrology.facets.sphere import angle_rad, normals_of, slopes_per_steradian

F64 = NDArray[np.float64]

NONE, UNDECIDED = "none", "undecided"
_HEMISPHERE = 2.0 * np.pi
_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Belief:
    """What is thought before looking.

    Attributes
    ----------
    none : float
        Probability that a facet is none of the planes.
    mosaic_deg : float
        By how much facets of one plane differ (standard deviation, per axis).
    sure : float
        Posterior from which an answer is given.
    """

    none: float = 0.5
    mosaic_deg: float = 0.1
    sure: float = 0.95


USUAL = Belief()


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """What facets are.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per facet: `facet, tilt_deg, azimuth_deg, pixels, area_nm2`; `family` (or none, undecided), `plane`
        (indices of the most probable plane), `posterior` of the family and `posterior_none`; `off_deg`, the angle to
        that plane, with `chi2` (two degrees of freedom) and `p_value` of it; `false_rate`, the probability that a facet
        of arbitrary orientation and this uncertainty would be given any family.
    posterior : float64 [facet, plane + 1]
        The last one: none of them.
    lie : Lie
        Orientation and shared errors, from what was known and all facets.
    """

    table: pd.DataFrame
    posterior: F64
    lie: Lie

    @property
    def orientation(self) -> Orientation:
        """How the crystal lies, with its uncertainty."""
        return self.lie.orientation


def assign(
    facets: Sequence[Facet],
    planes: Planes,
    orientation: Orientation,
    systematic: Systematic,
    belief: Belief = USUAL,
) -> Assignment:
    """Name the planes of facets.

    Parameters
    ----------
    facets
        Of one crystal.
    planes
        That it may show; see `planes_of`.
    orientation
        Its mean orientation with the uncertainty, given or from `estimate_orientation`.
    systematic
        Shared uncertainties of the slopes.
    belief
        Prior probabilities and mosaic spread.
    """
    before = known(orientation, systematic)
    slopes, covariances = _stacked(facets)
    lie = before
    for _ in range(_ROUNDS):
        posterior, _ = _posterior(slopes, covariances, planes, lie, belief)
        facet, plane = np.nonzero(posterior[:, :-1] > 0.01)
        if not facet.size:
            break
        spread = covariances[facet] + _mosaic(lie, planes.normals[plane], belief)
        improved = adjusted(before, planes.normals[plane], slopes[facet], spread, posterior[facet, plane])
        still = np.abs(improved.matrix - lie.matrix).max() < 1e-7
        lie = improved
        if still:
            break
    posterior, off = _posterior(slopes, covariances, planes, lie, belief)
    return Assignment(_table(facets, planes, posterior, off, lie, belief), posterior, lie)


def log_evidence(facets: Sequence[Facet], planes: Planes, lie: Lie, belief: Belief = USUAL) -> float:
    """Logarithm of the probability of all facets' orientations, per steradian each, under an orientation."""
    slopes, covariances = _stacked(facets)
    densities, _ = _log_densities(slopes, covariances, planes, lie, belief)
    return float(np.logaddexp.reduce(densities, axis=1).sum())


def _posterior(slopes: F64, covariances: F64, planes: Planes, lie: Lie, belief: Belief) -> tuple[F64, F64]:
    """Posterior [facet, plane + 1] and squared distances [facet, plane] in units of their covariance."""
    densities, off = _log_densities(slopes, covariances, planes, lie, belief)
    posterior = np.exp(densities - np.logaddexp.reduce(densities, axis=1)[:, None])
    return np.asarray(posterior), off


def _log_densities(slopes: F64, covariances: F64, planes: Planes, lie: Lie, belief: Belief) -> tuple[F64, F64]:
    count = len(planes)
    up = np.flatnonzero(is_up(lie, planes.normals))
    off = np.full((len(slopes), count), np.inf)
    densities = np.full((len(slopes), count + 1), -np.inf)
    densities[:, -1] = np.log(max(belief.none, 1e-300) / _HEMISPHERE)
    seen, spread = _expected(planes.normals[up], lie, belief)
    total = covariances[:, None] + spread[None]
    apart = slopes[:, None] - seen[None]
    off[:, up] = np.einsum("fpi,fpij,fpj->fp", apart, np.linalg.inv(total), apart)
    area = 2.0 * np.pi * np.sqrt(np.linalg.det(total)) / slopes_per_steradian(slopes)[:, None]
    densities[:, up] = np.log((1.0 - belief.none) / max(len(up), 1)) - off[:, up] / 2.0 - np.log(area)
    return densities, off


def _expected(normals: F64, lie: Lie, belief: Belief) -> tuple[F64, F64]:
    """Slopes of planes and their covariance from orientation, shared errors and mosaic spread."""
    seen, jacobian = predicted(lie, normals)
    return seen, jacobian @ lie.covariance @ jacobian.transpose(0, 2, 1) + _mosaic(lie, normals, belief)


def _mosaic(lie: Lie, normals: F64, belief: Belief) -> F64:
    turn = predicted(lie, normals)[1][..., :3]
    return np.asarray(turn @ turn.transpose(0, 2, 1) * np.radians(belief.mosaic_deg) ** 2)


def _stacked(facets: Sequence[Facet]) -> tuple[F64, F64]:
    slopes = np.array([facet.slope for facet in facets], np.float64).reshape(-1, 2)
    return slopes, np.array([facet.covariance for facet in facets], np.float64).reshape(-1, 2, 2)


def _table(facets: Sequence[Facet], planes: Planes, posterior: F64, off: F64, lie: Lie, belief: Belief) -> pd.DataFrame:
    of_family = np.array([posterior[:, :-1][:, planes.family == k].sum(axis=1) for k in range(len(planes.names))]).T
    best = posterior[:, :-1].argmax(axis=1)
    turned = planes.normals[best] @ lie.matrix.T
    slopes, covariances = _stacked(facets)
    true = (slopes - lie.shared[1:]) / (1.0 + lie.shared[0])
    nearest = off[np.arange(len(best)), best]
    tilts = np.degrees(np.arctan(np.hypot(*slopes.T)))
    return pd.DataFrame(
        {
            "facet": [facet.number for facet in facets],
            "tilt_deg": tilts,
            "azimuth_deg": np.degrees(np.arctan2(slopes[:, 1], -slopes[:, 0])),
            "pixels": [facet.pixels for facet in facets],
            "area_nm2": [facet.area_nm2 for facet in facets],
            "family": [
                _answer(row, none, planes, belief) for row, none in zip(of_family, posterior[:, -1], strict=True)
            ],
            "plane": [planes.label(int(k)) for k in best],
            "posterior": of_family.max(axis=1, initial=0.0),
            "posterior_none": posterior[:, -1],
            "off_deg": np.degrees(angle_rad(normals_of(true), turned)),
            "chi2": nearest,
            "p_value": chi2_law.sf(nearest, 2),
            "false_rate": _false_rate(covariances, planes, lie, belief),
        }
    )


def _answer(families: F64, none: float, planes: Planes, belief: Belief) -> str:
    best = int(families.argmax())
    if families[best] >= belief.sure:
        return planes.names[best]
    return NONE if none >= 0.5 else UNDECIDED


def _false_rate(covariances: F64, planes: Planes, lie: Lie, belief: Belief) -> F64:
    """Share of the hemisphere in which a facet of this covariance would be given a plane, [facet]."""
    up = planes.normals[is_up(lie, planes.normals)]
    if not len(up):
        return np.zeros(len(covariances))
    seen, spread = _expected(up, lie, belief)
    total = covariances[:, None] + spread[None]
    area = np.pi * np.sqrt(np.linalg.det(total)) / slopes_per_steradian(seen)[None]
    least = belief.sure / (1.0 - belief.sure) * belief.none / _HEMISPHERE * len(up) / (1.0 - belief.none)
    reach = 2.0 * np.log(np.maximum(1.0 / (2.0 * area * least), 1.0))
    return np.asarray(np.minimum((area * reach).sum(axis=1) / _HEMISPHERE, 1.0))
