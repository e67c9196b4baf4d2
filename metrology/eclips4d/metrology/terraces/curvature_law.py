"""The velocity-curvature law of steps, v = v_inf (1 - r_c · curvature), fitted to pieces of edges.

Burton, Cabrera and Frank 1951: an edge that curves around its terrace goes slower, and below the critical radius r_c
it goes back. v_inf and r_c follow from least squares over many pieces, with what is wrong with such a fit mended:

- Residual drift of the image, which moves all edges of a frame alike, is fitted along, within what registration left.
- Noise of the curvatures would flatten the slope; its size is read off their jitter from frame to frame and taken out.
- Errors of successive velocities of one piece cancel (they share a position), those of different pieces do not: the
  uncertainty is that of pieces as a whole (cluster-robust).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eclips4d.metrology.quantity import UNKNOWN, Quantity

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

LEAST_BLOCKS = 5
MOST_DOUBTFUL = 0.1
LEAST_HEIGHT = 0.6
"""Share of the median step below which a step is fading out, as at a dislocation, or is none."""
_ROUNDS = 4
_CUT = 5.0
_NO_DRIFT_NM_S = 1e-6
_MEDIAN = 0.4549
"""Of a squared normal deviate."""


@dataclass(frozen=True, slots=True)
class CurvatureLaw:
    """v = v_inf (1 - r_c · curvature).

    Attributes
    ----------
    v_inf_nm_s : Quantity
        Of a straight step. Neither slope scale nor heights enter; the pixel size is the systematic part here as below.
    critical_radius_nm : Quantity
        r_c; unknown where v_inf does not differ from zero by three of its uncertainties.
    stiffness_nm2_s : Quantity
        v_inf · r_c, what curvature alone does; known where v_inf is zero, too.
    scatter : float
        Rms of the residuals over what the slopes' noise would make: 1 for a law that holds.
    blocks, pairs : int
        Pieces of edges and pairs of frames used.
    """

    v_inf_nm_s: Quantity
    critical_radius_nm: Quantity
    stiffness_nm2_s: Quantity
    scatter: float
    blocks: int
    pairs: int


NO_LAW = CurvatureLaw(UNKNOWN, UNKNOWN, UNKNOWN, float("nan"), 0, 0)


def fit(blocks: pd.DataFrame) -> CurvatureLaw:
    """Fit the law.

    Parameters
    ----------
    blocks : pandas.DataFrame
        As `Followed.advance` gives them, of any number of frames; doubtful ones and steps that fade out are left out.
        The drift of each pair of frames is fitted along within its `drift_u_nm_s`.

    Returns
    -------
    CurvatureLaw
        `NO_LAW` for fewer than five pieces.
    """
    known = np.isfinite(blocks["velocity_nm_s"]) & np.isfinite(blocks["curvature_per_nm"])
    whole = blocks["height_nm"] >= LEAST_HEIGHT * blocks["height_nm"].median()
    used = blocks[(blocks["doubtful"] <= MOST_DOUBTFUL) & known & whole]
    if used["block"].nunique() < LEAST_BLOCKS:
        return NO_LAW
    rows = _Rows(used)
    noise = _curvature_noise(used)
    solution = _solve(rows, noise)
    for _ in range(_ROUNDS - 1):
        rows.weigh(solution.left)
        solution = _solve(rows, noise)
    rows.weigh(solution.left)
    return _law(solution, rows)


class _Rows:
    """The table as arrays, and the weights that the rounds refine."""

    def __init__(self, used: pd.DataFrame) -> None:
        column = {name: used[name].to_numpy(np.float64) for name in used.columns}
        self.velocity, self.curvature = column["velocity_nm_s"], column["curvature_per_nm"]
        self.normal = np.column_stack([column["normal_x"], column["normal_y"]])
        self.pair = np.unique(used["frame"].to_numpy(), return_inverse=True)[1]
        self.cluster = np.unique(used["block"].to_numpy(), return_inverse=True)[1]
        count = np.bincount(self.pair)
        self.drift_u = np.maximum(np.bincount(self.pair, weights=column["drift_u_nm_s"]) / count, _NO_DRIFT_NM_S)
        # One factor for all velocities, so that any of them tells it.
        speed = float(np.linalg.norm(self.velocity))
        self.scale_u = float(np.linalg.norm(column["scale_u_nm_s"])) / max(speed, 1e-300)
        self.predicted = np.maximum(column["velocity_u_nm_s"], 1e-9) ** 2
        self.variance = self.predicted.copy()
        self.scatter = 1.0
        self.kept = np.ones(len(used), np.bool_)

    @property
    def weight(self) -> F64:
        """One over the variance; zero for outliers."""
        return np.asarray(np.where(self.kept, 1.0 / self.variance, 0.0))

    def weigh(self, left: F64) -> None:
        """What residuals have beyond the predicted noise is scatter of the pieces, alike for all."""
        ratio = left**2 / self.predicted
        self.scatter = float(np.sqrt(np.median(ratio) / _MEDIAN))
        if self.scatter > 1.0:
            extra = np.median(left**2) / _MEDIAN - np.median(self.predicted)
            self.variance = self.predicted + max(float(extra), 0.0)
        else:
            self.variance = self.predicted
        spread = max(1.0, float(np.median(left**2 / self.variance)) / _MEDIAN)
        self.kept = np.asarray(left**2 < _CUT**2 * spread * self.variance)


@dataclass(frozen=True, slots=True, eq=False)
class _Solution:
    theta: F64
    covariance: F64
    left: F64


def _curvature_noise(used: pd.DataFrame) -> F64:
    """Variance of each piece's curvature (mean of two frames): a quarter of that of its change, by length.

    A circle's curvature changes by itself, by -curvature² times its way.
    """
    way = used["velocity_nm_s"] * used["seconds"]
    jitter = (used["curvature_change_per_nm"] + used["curvature_per_nm"] ** 2 * way).to_numpy(np.float64)
    length = used["length_nm"].to_numpy(np.float64)
    per_length = np.median(jitter**2 * length) / _MEDIAN
    return np.asarray(per_length / np.maximum(length, 1e-12) / 4.0)


def _solve(rows: _Rows, noise: F64) -> _Solution:
    """Least squares for (v_inf, -v_inf·r_c), the drift of each pair profiled out within its prior."""
    weight, pairs = rows.weight, int(rows.pair.max()) + 1
    design = np.column_stack([np.ones_like(rows.curvature), rows.curvature])
    across, inverse = _drift_terms(rows, weight, design, pairs)
    # What is left of design and velocity once drift has taken its part.
    shift = np.einsum("tab,tbk->tak", inverse, across["design"])
    design_left = design - np.einsum("na,nak->nk", rows.normal, shift[rows.pair])
    normal = (design * weight[:, None]).T @ design_left
    normal[1, 1] -= float((weight * noise).sum())
    bread = np.linalg.inv(normal)
    score = design_left * weight[:, None]
    theta = bread @ (score.T @ rows.velocity)
    drift = np.einsum("tab,tb->ta", inverse, across["velocity"] - across["design"] @ theta)
    left = rows.velocity - design @ theta - np.einsum("na,na->n", rows.normal, drift[rows.pair])
    clustered = np.zeros((int(rows.cluster.max()) + 1, 2))
    np.add.at(clustered, rows.cluster, score * left[:, None])
    clustered[:, 1] += np.bincount(rows.cluster, weights=weight * noise, minlength=len(clustered)) * theta[1]
    count = int((np.bincount(rows.cluster, weights=weight) > 0).sum())
    meat = clustered.T @ clustered * (count / max(count - 2, 1))
    covariance = bread @ meat @ bread
    open_part = np.eye(2) - np.einsum("tab,tbc->tac", inverse, across["drift"])
    reach = np.einsum("ij,taj,tab->tib", bread, across["design"], open_part)
    covariance = covariance + np.einsum("t,tib,tjb->ij", rows.drift_u**2, reach, reach)
    return _Solution(theta, covariance, left)


def _drift_terms(rows: _Rows, weight: F64, design: F64, pairs: int) -> tuple[dict[str, F64], F64]:
    """Sums over each pair of frames: normals against normals, design and velocity; and the drift's inverse."""

    def summed(values: F64) -> F64:
        out = np.zeros((pairs, *values.shape[1:]))
        np.add.at(out, rows.pair, values)
        return out

    weighted = rows.normal * weight[:, None]
    across = {
        "drift": summed(np.einsum("na,nb->nab", weighted, rows.normal)),
        "design": summed(np.einsum("na,nk->nak", weighted, design)),
        "velocity": summed(weighted * rows.velocity[:, None]),
    }
    prior = np.eye(2) / rows.drift_u[:, None, None] ** 2
    return across, np.linalg.inv(across["drift"] + prior)


def _law(solution: _Solution, rows: _Rows) -> CurvatureLaw:
    (v_inf, bend), covariance = solution.theta, solution.covariance
    u_v, u_bend = np.sqrt(np.diag(covariance))
    radius = UNKNOWN
    if abs(v_inf) > 3.0 * u_v:
        slope = np.array([bend / v_inf**2, -1.0 / v_inf])
        radius = Quantity(float(-bend / v_inf), float(np.sqrt(slope @ covariance @ slope))).with_scale(rows.scale_u)
    return CurvatureLaw(
        Quantity(float(v_inf), float(u_v)).with_scale(rows.scale_u),
        radius,
        Quantity(float(-bend), float(u_bend)).with_scale(2.0 * rows.scale_u),
        rows.scatter,
        int(rows.cluster.max()) + 1,
        int(rows.pair.max()) + 1,
    )
