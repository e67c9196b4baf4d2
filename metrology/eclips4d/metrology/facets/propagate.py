"""From slopes of facets to anything computed of them: random and systematic uncertainty kept apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.movie import Grid
from eclips4d.metrology.quantity import Quantity

F64 = NDArray[np.float64]

_STEP = 1e-5


class HasSlope(Protocol):
    """What has a slope and its covariance."""

    @property
    def slope(self) -> F64:
        """[2]."""

    @property
    def covariance(self) -> F64:
        """[2, 2]."""


@dataclass(frozen=True, slots=True)
class Systematic:
    """What all facets of a run share; it does not average out.

    Attributes
    ----------
    scale_u : float
        Relative standard uncertainty of the slope scale.
    level_u : float
        Standard uncertainty of each component of the plane on which all slopes stand. 0 when gains are calibrated;
        where gains are estimated the plane is arbitrary, and only angles to a facet of the same frame mean anything:
        give what is known, such as 0.1, and the plane is fitted along with the orientation.
    """

    scale_u: float = 0.0
    level_u: float = 0.0


class Each(NamedTuple):
    """Of each facet: a value and its standard uncertainties, float64 [facet], as in `Quantity`."""

    value: F64
    random_u: F64
    systematic_u: F64

    def first(self) -> Quantity:
        """The first facet's."""
        return Quantity(float(self.value[0]), float(self.random_u[0]), float(self.systematic_u[0]))


def systematic_of(grid: Grid, level_u: float = 0.0) -> Systematic:
    """What a grid tells of it."""
    return Systematic(grid.slope_scale_u, level_u)


def propagated_each(of: Callable[[F64], F64], slopes: F64, covariances: F64, systematic: Systematic) -> Each:
    """A function of one facet's slope with its uncertainty, to first order, for each of many facets at once.

    Parameters
    ----------
    of
        Of slopes [facet, 2] on the array axes, one value [facet] for each; smooth.
    slopes, covariances : float64 [facet, 2], float64 [facet, 2, 2]
        On the array axes.
    systematic
        As in `propagated`.
    """
    steps = _STEP * np.eye(2)
    gradient = np.stack([(of(slopes + step) - of(slopes - step)) / (2.0 * _STEP) for step in steps], axis=-1)
    random = np.sqrt(np.einsum("ni,nij,nj->n", gradient, covariances, gradient))
    scale = (gradient * slopes).sum(axis=-1) * systematic.scale_u
    level = np.hypot(gradient[:, 0], gradient[:, 1]) * systematic.level_u
    return Each(of(slopes), random, np.hypot(scale, level))


def propagated(of: Callable[[F64], float | F64], facets: Sequence[HasSlope], systematic: Systematic) -> Quantity:
    """A function of facets' slopes with its uncertainty, to first order.

    Parameters
    ----------
    of
        Of slopes [facet, 2] on the array axes; smooth.
    facets
        Whose random errors are independent of each other.
    systematic
        The scale multiplies all slopes, the level is added to all.
    """
    slopes = np.array([facet.slope for facet in facets], dtype=np.float64)
    value = float(of(slopes))
    gradient = np.empty_like(slopes)
    for place in np.ndindex(*slopes.shape):
        moved = slopes.copy()
        moved[place] += _STEP
        back = slopes.copy()
        back[place] -= _STEP
        gradient[place] = (float(of(moved)) - float(of(back))) / (2.0 * _STEP)
    random = sum(float(g @ facet.covariance @ g) for g, facet in zip(gradient, facets, strict=True))
    scale = float((gradient * slopes).sum()) * systematic.scale_u
    level = np.linalg.norm(gradient.sum(axis=0)) * systematic.level_u
    return Quantity(value, float(np.sqrt(random)), float(np.hypot(scale, level)))
