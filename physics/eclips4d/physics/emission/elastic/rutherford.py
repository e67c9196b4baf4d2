"""Scattering at a screened nucleus in first Born approximation: what many simulators use, here for comparison."""

from __future__ import annotations

import numpy as np

from eclips4d.physics.emission.elastic.angles import QUANTILES, Scattering, energies_ev

_CM2_PER_BOHR2 = 2.8002852e-17


def screened_rutherford(atomic_number: int) -> Scattering:
    """Tables of an element in the form of `angles.scattering`.

    Screening `α = 3.4e-3 Z^0.67/E`, cross-section `5.21e-21 Z²/E² · 4π/(α(1 + α)) · ((E + 511)/(E + 1024))²` cm² with E
    in keV (Joy, Monte Carlo Modeling for Electron Microscopy and Microanalysis, 1995, chapter 3).
    """
    kev = energies_ev() / 1000.0
    alpha = 3.4e-3 * atomic_number**0.67 / kev
    unscreened = 5.21e-21 * 4.0 * np.pi * (atomic_number / kev * (kev + 511.0) / (kev + 1024.0)) ** 2 / _CM2_PER_BOHR2
    total = unscreened / (alpha * (1.0 + alpha))
    larger = (1.0 - np.linspace(0.0, 1.0, QUANTILES + 1)) ** 4
    versine = 2.0 * alpha[:, None] * (1.0 - larger) / (alpha[:, None] + larger)
    mean = 2.0 * alpha * ((1.0 + alpha) * np.log1p(1.0 / alpha) - 1.0)
    return Scattering(total, total * mean, versine.astype(np.float32))
