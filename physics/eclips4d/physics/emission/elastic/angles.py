"""Cross-sections of an atom over energy, and the scattering angle as a function of a random number."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.emission.elastic.partial_waves import differential, phase_shifts, total

F64 = NDArray[np.float64]

LOWEST_EV: Final = 50.0
HIGHEST_EV: Final = 30_500.0
ENERGIES: Final = 48
QUANTILES: Final = 256
_ANGLES = 1600


class Scattering(NamedTuple):
    """Of one element, on `energies_ev()`.

    Attributes
    ----------
    total, transport : float64 [E]
        Cross-section and first transport cross-section `∫(1 − cos) dσ`, bohr².
    quantile : float32 [E, QUANTILES + 1]
        1 − cos(angle) at s = 0 … 1 where `(1 − s)⁴` is the share of events with larger angles: rare large angles,
        on which backscattering hangs, are as finely resolved as frequent small ones.
    """

    total: F64
    transport: F64
    quantile: NDArray[np.float32]


def energies_ev() -> F64:
    """Energies of the tables, eV, equal steps of their logarithm."""
    return np.geomspace(LOWEST_EV, HIGHEST_EV, ENERGIES)


@lru_cache(maxsize=16)
def scattering(atomic_number: int) -> Scattering:
    """Compute an element's tables; a few seconds.

    Raises
    ------
    InputError
        An element without screening parameters.
    """
    columns = [_at_energy(atomic_number, float(energy)) for energy in energies_ev()]
    total_, transport, quantile = zip(*columns, strict=True)
    return Scattering(np.array(total_), np.array(transport), np.array(quantile, dtype=np.float32))


def _at_energy(atomic_number: int, energy_ev: float) -> tuple[float, float, F64]:
    shifts = phase_shifts(atomic_number, energy_ev)
    angle = np.pi * np.linspace(0.0, 1.0, _ANGLES) ** 2
    versine = 2.0 * np.sin(angle / 2.0) ** 2
    ring = 2.0 * np.pi * differential(shifts, 1.0 - versine) * np.sin(angle)
    beyond = np.concatenate([[0.0], np.cumsum((ring[1:] + ring[:-1]) / 2.0 * np.diff(angle))])
    whole = beyond[-1]
    transport = float(np.trapezoid(ring * versine, angle))
    share = (1.0 - np.linspace(0.0, 1.0, QUANTILES + 1)) ** 4
    return total(shifts), transport * total(shifts) / whole, np.interp(1.0 - share, beyond / whole, versine)
