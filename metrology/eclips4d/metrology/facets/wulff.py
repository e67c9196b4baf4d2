"""Whether all angles between facets fit one crystal: a test with a p-value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2 as chi2_law

from eclips4d.core.errors import InputError
from eclips4d.metrology.facets.adjust import Lie, adjusted, from_directions_seen, known
from eclips4d.metrology.facets.facet import Facet
from eclips4d.metrology.facets.orientation import Orientation
from eclips4d.metrology.facets.propagate import Systematic, propagated
from eclips4d.metrology.facets.sphere import angle_rad, normals_of, turned

F64 = NDArray[np.float64]

_ANY = 1e3
"""Standard uncertainty of an orientation of which nothing is known, rad."""


@dataclass(frozen=True, slots=True, eq=False)
class WulffTest:
    """Result of the test.

    Attributes
    ----------
    chi2, dof
        Of all independent angles: 2 per facet, less the three of the orientation.
    p_value : float
        Probability of a worse fit if the facets are these planes.
    scale : float
        Error of the slope scale that fits best, relative; within its uncertainty if the planes are right.
    lie : Lie
        The best orientation, scale and level.
    """

    chi2: float
    dof: int
    p_value: float
    scale: float
    lie: Lie


def wulff_test(facets: Sequence[Facet], normals: F64, systematic: Systematic, *, mosaic_deg: float = 0.0) -> WulffTest:
    """Test that facets are the planes they are taken for.

    The sum of squares is that of the orientation, slope scale and level that fit best, scale and level weighed by what
    is known of them. That is the same as the sum over all independent angles with their full covariance, the part
    that the scale shares among them included (generalised least squares).

    Parameters
    ----------
    facets
        At least two that differ in direction.
    normals : float64 [facet, 3]
        Of the planes on the crystal's axes, such as `planes.normals[k]`.
    systematic
        Shared uncertainties.
    mosaic_deg
        Spread of facets of one plane that is allowed beside noise.

    Raises
    ------
    InputError
        Fewer than two facets.
    """
    if len(facets) < 2 or len(facets) != len(normals):
        raise InputError("angles need at least two facets, and a plane for each")
    slopes = np.array([facet.slope for facet in facets])
    start = from_directions_seen(normals, normals_of(slopes))
    before = known(Orientation(start, np.eye(3) * _ANY**2), systematic)
    lie = adjusted(before, normals, slopes, np.array([_covariance(facet, mosaic_deg) for facet in facets]))
    dof = 2 * len(facets) - 3
    return WulffTest(lie.chi2, dof, float(chi2_law.sf(lie.chi2, dof)), float(lie.shared[0]), lie)


def _covariance(facet: Facet, mosaic_deg: float) -> F64:
    return facet.covariance + turned(facet.slope, float(np.radians(mosaic_deg)))


def pair_angles(facets: Sequence[Facet], normals: F64, systematic: Systematic) -> pd.DataFrame:
    """Angles between facets beside those of the planes they are taken for.

    Returns
    -------
    pandas.DataFrame
        One row per pair: `a, b, angle_deg` between their normals, `random_u_deg`, `systematic_u_deg`, `exact_deg`,
        `pull` = difference over standard uncertainty. Pairs are not independent of each other, so pulls are for
        looking; the test of all of them is `wulff_test`.
    """
    rows = []
    for i, j in combinations(range(len(facets)), 2):
        found = propagated(lambda s: np.degrees(angle_rad(*normals_of(s))), [facets[i], facets[j]], systematic)
        exact = float(np.degrees(angle_rad(normals[i], normals[j])))
        rows.append(
            {
                "a": facets[i].number,
                "b": facets[j].number,
                "angle_deg": found.value,
                "random_u_deg": found.random_u,
                "systematic_u_deg": found.systematic_u,
                "exact_deg": exact,
                "pull": (found.value - exact) / found.u if found.u > 0 else np.nan,
            }
        )
    return pd.DataFrame(rows)
