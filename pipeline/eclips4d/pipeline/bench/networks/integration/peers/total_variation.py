"""Total variation: on the misfit, which forgives slopes that are wrong, or on the surface, which prefers planes.

The misfit's: A. Agrawal, R. Raskar and R. Chellappa, ECCV (2006), and J.-D. Durou, J.-F. Aujol and F. Courteille,
EMMCVPR (2009); Huber's function makes it quadratic up to a threshold, 0 being the total variation itself. The
surface's: least squares plus the total variation of the height (order 1: flat terraces) or of its slopes (order 2:
facets, flat steps), as in Y. Quéau and J.-D. Durou, SSVM (2015). Both by the alternating direction method of
multipliers (S. Boyd et al., Found. Trends Mach. Learn. 3, 2011); the quadratic steps by cosine transforms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.networks.integration import borders
from eclips4d.pipeline.bench.networks.integration.peers.splitting import forgive, shorten
from eclips4d.pipeline.bench.networks.integration.slopes import Slopes
from eclips4d.pipeline.bench.networks.integration.stencils import (
    Pixel,
    bends,
    bends_gathered,
    dot,
    gathered,
    steps,
    weighted_laplacian,
)

F64 = NDArray[np.float64]
Order = Literal[1, 2]

_COUPLING = {1: 1.0, 2: 3.0}
"""Weight of the split variable against the slopes' weight of about 1: found by what converges soonest."""
_INNER_WEIGHTED = 2
"""Steps of conjugate gradients per iteration where weights differ; one is exact but for the boundary where not."""


def total_variation_data(
    slopes: Slopes,
    *,
    threshold: float = 0.0,
    weighting: borders.Weighting = "border",
    trusted: bool = True,
    iterations: int = 100,
) -> F64:
    """Height with the least total variation (Huber's, from `threshold` sd on) of the misfit; zero mean, nm [y, x].

    Parameters
    ----------
    threshold
        In standard deviations of a border's slope.
    weighting, trusted
        See `borders.measured`.
    """
    target, weight = borders.measured(slopes, weighting, trusted=trusted)
    per_eigenvalue = borders.inverse_eigenvalues(slopes.shape, slopes.pixel_nm)
    root, limit = np.sqrt(weight), slopes.unit * threshold
    height = borders.poisson(gathered(target, slopes.pixel_nm), per_eigenvalue)
    misfit = np.zeros_like(target)
    dual = np.zeros_like(target)
    for _ in range(iterations):
        forgive(steps(height, slopes.pixel_nm) - target, misfit, dual, root, limit, slopes.unit)
        height = borders.poisson(gathered(target + misfit + dual, slopes.pixel_nm), per_eigenvalue)
    return np.asarray(height - height.mean())


def total_variation_prior(
    slopes: Slopes,
    *,
    order: Order = 2,
    strength: float = 1.0,
    weighting: borders.Weighting = "border",
    trusted: bool = True,
    iterations: int = 60,
) -> F64:
    """Weighted least squares plus the surface's total variation; zero mean, nm [y, x].

    Parameters
    ----------
    order
        1: of the height; 2: of its slopes.
    strength
        In median sd of a slope.
    weighting, trusted
        See `borders.measured`.
    """
    pixel = slopes.pixel_nm
    target, weight = borders.measured(slopes, weighting, trusted=trusted)
    coupling, limit = _COUPLING[order], strength * slopes.unit / _COUPLING[order]
    inverse = _inverse(weight, coupling, order, slopes)
    inner = _INNER_WEIGHTED if weight[weight > 0.0].std() > 0.0 or not slopes.valid.all() else 1
    height = borders.poisson(gathered(target, pixel), borders.inverse_eigenvalues(slopes.shape, pixel))
    split = varying(height, order, pixel)
    dual = np.zeros_like(split)
    data = gathered(weight * target, pixel)
    normal = _Normal(weight, coupling, order, pixel)
    applied = normal(height)
    for _ in range(iterations):
        residual = data + coupling * _varying_transposed(split + dual, order, pixel) - applied
        change, changed = _solved(residual, normal, inverse, inner)
        height += change
        applied += changed
        shorten(varying(height, order, pixel), split, dual, limit)
    return np.asarray(height - height.mean())


def objective(height: F64, slopes: Slopes, *, order: Order, strength: float, weighting: borders.Weighting) -> float:
    """What `total_variation_prior` makes least."""
    target, weight = borders.measured(slopes, weighting)
    square = float((weight * (steps(height, slopes.pixel_nm) - target) ** 2).sum())
    variation = np.sqrt((varying(height, order, slopes.pixel_nm) ** 2).sum(axis=0)).sum()
    return 0.5 * square + strength * slopes.unit * float(variation)


def varying(height: F64, order: Order, pixel_nm: Pixel) -> F64:
    """What the total variation sums: steps [2, y, x], or their differences between neighbouring borders [4, y, x]."""
    found = steps(height, pixel_nm)
    return found if order == 1 else bends(found)


def _varying_transposed(values: F64, order: Order, pixel_nm: Pixel) -> F64:
    return gathered(values if order == 1 else bends_gathered(values), pixel_nm)


@dataclass(frozen=True, slots=True)
class _Normal:
    """The matrix of the quadratic step's normal equations."""

    weight: F64
    coupling: float
    order: Order
    pixel_nm: Pixel

    def __call__(self, height: F64) -> F64:
        data = weighted_laplacian(height, self.weight, self.pixel_nm)
        varied = _varying_transposed(varying(height, self.order, self.pixel_nm), self.order, self.pixel_nm)
        return np.asarray(data + self.coupling * varied)


def _solved(residual: F64, normal: _Normal, inverse: F64, inner: int) -> tuple[F64, F64]:
    """What a few conjugate gradients make of a residual, and the matrix times that."""
    change, changed = np.zeros_like(residual), np.zeros_like(residual)
    direction, before = np.zeros_like(residual), 1.0
    for step in range(inner):
        solved = borders.poisson(residual, inverse)
        now = dot(residual, solved)
        if now <= 0.0:
            break
        direction = solved + (now / before) * direction if step else solved
        applied = normal(direction)
        along = now / dot(direction, applied)
        change += along * direction
        changed += along * applied
        residual = residual - along * applied
        before = now
    return change, changed


def _inverse(weight: F64, coupling: float, order: Order, slopes: Slopes) -> F64:
    """One over the eigenvalues, as if weights were equal and second differences went on beyond the edge."""
    per_eigenvalue = borders.inverse_eigenvalues(slopes.shape, slopes.pixel_nm)
    with np.errstate(divide="ignore"):
        eigenvalue = 1.0 / per_eigenvalue
    dx, dy = slopes.pixel_nm
    variation = eigenvalue if order == 1 else dx * dy * eigenvalue**2
    return np.asarray(1.0 / (weight[weight > 0.0].mean() * eigenvalue + coupling * variation))
