"""Collisions with single electrons of the solid: they deflect the beam's electron, and make its losses uneven.

The hybrid model of Murata, Kyser and Ting (J. Appl. Phys. 52, 4396 (1981)): collisions that cost more than a threshold
are events of their own, with Møller's cross-section for electrons that are bound less tightly than the loss; all other
losses stay continuous, so that the mean loss is Joy and Luo's. The struck electron itself is not followed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.emission.elastic.angles import ENERGIES, QUANTILES, energies_ev
from eclips4d.physics.emission.materials import Material

F64 = NDArray[np.float64]

_COULOMB: Final = 1.439964
"""e²/(4πε0), eV nm."""
_REST_EV: Final = 510_998.95
_SHARE: Final = 0.003
_LEAST_EV: Final = 30.0
_LOSSES: Final = 400
_SHELLS: Final[dict[int, tuple[tuple[int, float], ...]]] = {
    8: ((2, 543.0), (6, 20.0)),
    14: ((2, 1839.0), (8, 110.0), (4, 8.0)),
    26: ((2, 7112.0), (2, 846.0), (6, 712.0), (8, 65.0), (8, 7.0)),
    29: ((2, 8979.0), (2, 1097.0), (6, 938.0), (8, 90.0), (11, 7.0)),
    79: (
        (2, 80_725.0),
        (2, 14_353.0),
        (6, 12_600.0),
        (8, 2950.0),
        (10, 2250.0),
        (8, 610.0),
        (10, 344.0),
        (14, 86.0),
        (19, 20.0),
    ),
}
"""Electrons and binding energy, eV, of the shells (X-ray Data Booklet, table 1-1; near levels joined)."""


class Collisions(NamedTuple):
    """Of a material, on `energies_ev()`.

    Attributes
    ----------
    per_nm, loss_per_nm : float64 [E]
        Events, and energy lost in them in eV, per path.
    versine, lost : float64 [E, QUANTILES + 1]
        1 − cos of the deflection, and the loss over the energy, at s = 0 … 1 where `(1 − s)⁴` is the share of events
        with larger losses.
    """

    per_nm: F64
    loss_per_nm: F64
    versine: F64
    lost: F64


def collisions(of: Material) -> Collisions:
    """Collisions with electrons of a material."""
    return Collisions(*(np.array(part) for part in zip(*(_at_energy(of, e) for e in energies_ev()), strict=True)))


def no_collisions() -> Collisions:
    """None at all."""
    never = np.zeros(ENERGIES)
    return Collisions(never, never, np.zeros((ENERGIES, QUANTILES + 1)), np.zeros((ENERGIES, QUANTILES + 1)))


def _at_energy(of: Material, energy: float) -> tuple[float, float, F64, F64]:
    """Of the two electrons after a collision the faster one is the beam's, so it loses half its energy at most."""
    least = max(_SHARE * energy, _LEAST_EV)
    share = np.linspace(0.0, 1.0, QUANTILES + 1)
    if least >= energy / 2.0:
        return 0.0, 0.0, np.zeros_like(share), np.zeros_like(share)
    loss = np.geomspace(least, energy / 2.0, _LOSSES)
    rate = np.pi * _COULOMB**2 / energy * _free_electrons(of, loss) * _moeller(loss, energy)
    below = _integral(rate, loss)
    lost = np.interp(1.0 - (1.0 - share) ** 4, below / below[-1], loss) / energy
    cosine = np.sqrt((1.0 - lost) * (energy + 2.0 * _REST_EV) / (energy * (1.0 - lost) + 2.0 * _REST_EV))
    return float(below[-1]), float(_integral(rate * loss, loss)[-1]), 1.0 - cosine, lost


def _moeller(loss: F64, energy: float) -> F64:
    """Møller's cross-section without its relativistic part, over πe⁴/E, 1/eV²."""
    rest = energy - loss
    return 1.0 / loss**2 + 1.0 / rest**2 - 1.0 / (loss * rest)


def _free_electrons(of: Material, loss: F64) -> F64:
    """Electrons per nm³ that are bound less tightly than the loss."""
    density = np.zeros_like(loss)
    for share, z in zip(of.atoms, of.atomic_number, strict=True):
        for electrons, binding in _SHELLS[z]:
            density += of.atoms_per_nm3 * share * electrons * (loss > binding)
    return density


def _integral(values: F64, at: F64) -> F64:
    return np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) / 2.0 * np.diff(at))])
