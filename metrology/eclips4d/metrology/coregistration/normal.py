"""One step of Gauss and Newton: how the run's slopes differ from those of the map in its place, and what changes that.

Fitted along with the six numbers of the place are the ratio of the heights, the plane, and a bow of second order:
scanners bend, and no run knows its mean plane. Where the run tells how its slopes change with the tip, what is not
known of that is fitted, too, and held by what is known beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.slopes import MapSlopes, RunSlopes

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

PLACE = 6
"""Parameters that move the map: push along x and y, strain xx, xy, yx, yy (times half the field); the others follow."""
RATIO = PLACE
TERMS = PLACE + 1 + 5
"""Those of the tip come after these."""
SHARED = 20.0
"""Pixels that err together after the smoothing: so many count once beside what is known beforehand."""
OUTLYING = 3.0
"""Standard deviations at which a difference counts a quarter."""
EXPECTED = 0.1
"""Standard deviation of a difference over the slope, from what no fit mends."""


@dataclass(frozen=True, slots=True, eq=False)
class Normal:
    """At one place of the map; values of x come before those of y.

    Attributes
    ----------
    design : float64 [2, n, term]
    error : float64 [2, n]
        Of the run's slopes, plane and bow not yet taken off.
    run, chart : float64 [2, n]
        Both slopes, of the map in its place.
    known : bool [n]
        Pixels of the run that lie on the map; the others count nothing.
    pull, sd : float64 [term of the tip]
        By how much the tip is off from what is known of it, and how well that is known.
    """

    design: F64
    error: F64
    run: F64
    chart: F64
    known: Mask
    pull: F64
    sd: F64

    def solved(self, weight: F64, fixed: Iterable[int] = (), spread: float = 0.0) -> F64:
        """[term] the step that fits best; weight [n] holds for both components, fixed terms stay 0.

        `spread` is the standard deviation of a component, against which what is known of the tip is weighed.
        """
        free = np.ones(self.design.shape[2], np.bool_)
        free[list(fixed)] = False
        design = self.design[:, :, free]
        size = np.sqrt(np.mean(design**2, axis=(0, 1)))
        scale = np.where(size > 0.0, size, 1.0)
        flat, both = (design / scale).reshape(-1, scale.size), np.tile(weight, 2)
        weighted = (flat * both[:, None]).T
        firm, pull = self.firmness(spread)[free] / scale**2, np.concatenate([np.zeros(TERMS), self.pull])[free] * scale
        normal_matrix, right = weighted @ flat + np.diag(firm), weighted @ self.error.ravel() + firm * pull
        step = np.zeros(free.size)
        step[free] = np.linalg.lstsq(normal_matrix, right, rcond=None)[0] / scale
        return step

    def firmness(self, spread: float) -> F64:
        """[term] what is known beforehand, in the units of the weighted sums of squares."""
        return np.concatenate([np.zeros(TERMS), SHARED * (spread / self.sd) ** 2])

    def levelled(self) -> F64:
        """[2, n] the error with plane and bow taken off."""
        held = [*range(RATIO + 1), *range(TERMS, self.design.shape[2])]
        return self.rest(self.solved(weights(self.error, self.run)[0], held))

    def rest(self, step: F64) -> F64:
        """[2, n] what is left of the error after a step."""
        return np.asarray(self.error - self.design @ step, np.float64)


def normal(
    run: RunSlopes, chart: MapSlopes, affine: Affine, ratio: float, half_nm: float, tip: F64 | None = None
) -> Normal:
    """How the run's slopes depend on the place of the map, from `affine` on, and on the tip, from `tip` on."""
    slope, curvature, known = chart.at(*affine.to_map(run.x, run.y))
    back = np.asarray(np.linalg.inv(affine.matrix()), np.float64)
    here = back.T @ slope[:, known]
    bent, x, y = _turned(curvature[:, known], back), run.x[known] / half_nm, run.y[known] / half_nm
    terms = run.by_tip.shape[2]
    off = np.zeros(terms) if tip is None else tip
    design = np.zeros((2, int(known.sum()), TERMS + terms))
    for i in range(2):
        for j in range(2):
            push = -ratio * bent[i + j]
            design[i, :, j], design[i, :, 2 + 2 * j], design[i, :, 3 + 2 * j] = push, push * x, push * y
            # A strain turns and stretches the slopes themselves, too.
            design[i, :, 2 + 2 * j + i] -= ratio * here[j] / half_nm
        design[i, :, RATIO], design[i, :, RATIO + 1 + i] = here[i], 1.0
    design[0, :, RATIO + 3], design[0, :, RATIO + 4] = x, y
    design[1, :, RATIO + 4], design[1, :, RATIO + 5] = x, y
    by_tip = run.by_tip[:, known]
    design[:, :, TERMS:] = -by_tip
    measured = run.slope[:, known] + by_tip @ off
    return Normal(design, measured - ratio * here, measured, here, known, run.tip_expected - off, run.tip_sd)


def _turned(curvature: F64, back: F64) -> F64:
    """[3, n] d²h/dx², d²h/dxdy, d²h/dy² on the grid, from those on the map."""
    (a, b), (c, d) = back
    onto = np.array([[a * a, 2 * a * c, c * c], [a * b, a * d + b * c, c * d], [b * b, 2 * b * d, d * d]])
    return np.asarray(onto @ curvature, np.float64)


def weights(rest: F64, slope: F64) -> tuple[F64, float]:
    """[n] by how much each pixel counts, and the standard deviation of a component among those that agree.

    On a flank a difference is expected that grows with its slope, by what a tip or a calibration makes of it.
    """
    square, steep = (rest**2).sum(axis=0), (slope**2).sum(axis=0)
    spread = float(np.sqrt(np.median(square) / (2.0 * np.log(2.0)))) or 1e-12
    return 1.0 / (1.0 + square / OUTLYING**2 / (spread**2 + EXPECTED**2 * steep)) ** 2, spread
