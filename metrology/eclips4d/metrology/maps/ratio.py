"""Ratio of two maps' height scales where both have errors.

Least squares of the run on the map gives too small a ratio, because errors of the map spread it; of the map on the run
too large a one. The truth lies between. Where the noise of the map is known, its share of the map's variance is taken
off (W. A. Fuller, Measurement Error Models, 1987, section 1.2); otherwise the errors count as equally large (Deming),
and half the way between the bounds, over √3, is the uncertainty of that assumption.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.maps.correlated import covariance
from eclips4d.metrology.quantity import UNKNOWN, Quantity

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A height by the run over the same height by the map.

    Attributes
    ----------
    value : Quantity
        Its systematic part is that of not knowing which of both errs.
    least, most : float
        Between these it lies whoever errs.
    """

    value: Quantity
    least: float
    most: float


NO_RATIO = Ratio(UNKNOWN, math.nan, math.nan)


def ratio_of(run: F64, chart: F64, compared: NDArray[np.bool_], map_sd_nm: float | None) -> Ratio:
    """Of two levelled images [y, x], over the pixels compared.

    Parameters
    ----------
    run, chart : float64 [y, x]
        nm.
    compared : bool [y, x]
    map_sd_nm : float, optional
        Standard deviation of the map's noise.

    Raises
    ------
    InputError
        The map's noise is said to be as large as all its relief.
    """
    r, m = run[compared] - run[compared].mean(), chart[compared] - chart[compared].mean()
    rr, mm, rm = (float((a * b).mean()) for a, b in ((r, r), (m, m), (r, m)))
    if rm <= 0.0:
        return NO_RATIO
    least, most = rm / mm, rr / rm
    if map_sd_nm is None:
        value = (rr - mm + math.hypot(rr - mm, 2 * rm)) / (2 * rm)
        systematic = (most - least) / (2 * math.sqrt(3.0))
        relief = mm
    else:
        relief = mm - map_sd_nm**2
        if relief <= 0.0:
            raise InputError(f"a noise of {map_sd_nm:g} nm is more than all the map's relief", where="--map-sd")
        value, systematic = rm / relief, 0.0
    # What the run's heights lie off the line is the map's error times the ratio and the run's own, together.
    rest = np.zeros(run.shape)
    rest[compared] = r - value * m
    weights = np.zeros(run.shape)
    weights[compared] = m
    random = math.sqrt(covariance(rest, compared).of_sum(weights)) / (compared.sum() * relief)
    return Ratio(Quantity(value, random, systematic), least, most)
