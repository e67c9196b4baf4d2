"""Phases of a spiral's arms, frame by frame, without what spacing and bend of single frames put into them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.spirals.fit import Fit
from eclips4d.metrology.spirals.model import BEND, PHASE, SPACING
from eclips4d.metrology.spirals.shape import arms_within

F64 = NDArray[np.float64]


def phases_of(fits: Sequence[Fit], spacing: float, bend: float) -> tuple[F64, F64]:
    """What each frame's phase would be if its arms had the mean spacing and bend, and how uncertain that is.

    The phase counts at the core, where no arms are seen: it is carried there by spacing and bend, and errs with them.
    At the distance where arms are seen best it does not, and the rate is that of arms passing there.
    """
    radii = spacing * np.linspace(0.2, 4.0, 77)
    carrying = np.ix_([PHASE, SPACING, BEND], [PHASE, SPACING, BEND])
    gradient = np.stack([np.ones(len(radii)), *_by_shape(radii, spacing, bend)], axis=1)
    stated = np.array([fit.covariance[carrying] for fit in fits])
    scattered = np.array([fit.scatter[carrying] for fit in fits])
    random, scatter = (np.einsum("ri,fij,rj->rf", gradient, each, gradient) for each in (stated, scattered))
    best = int(np.argmin((random + scatter).mean(axis=1)))
    mean = arms_within(radii[best], spacing, bend)
    found = [
        f.parameters[PHASE] - arms_within(radii[best], f.parameters[SPACING], f.parameters[BEND]) + mean for f in fits
    ]
    variance = np.maximum(np.maximum(random[best], scatter[best]), 1e-12)
    return np.array(found, np.float64), np.sqrt(variance)


def _by_shape(radii: F64, spacing: float, bend: float) -> tuple[F64, F64]:
    """Derivatives of minus the arms within some distances by spacing and by bend."""
    small = 0.01 * max(abs(bend), 0.01 * spacing)
    over = (arms_within(radii, spacing, bend + small) - arms_within(radii, spacing, bend - small)) / (2.0 * small)
    return arms_within(radii, spacing, bend) / spacing, -over
