"""What an electron meets on its way through a solid, as tables on equal steps of the logarithm of its energy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.emission.elastic.angles import Scattering, energies_ev, scattering
from eclips4d.physics.emission.inelastic import collisions, no_collisions
from eclips4d.physics.emission.materials import Material
from eclips4d.physics.emission.stopping import range_nm, stopping_ev_per_nm

F64 = NDArray[np.float64]

_BOHR_NM: Final = 0.0529177211
_FINER: Final = 16
"""Losses are tabulated in so many steps per step of the scattering tables."""


class Medium(NamedTuple):
    """Tables of a material; E energies of scattering, L of losses, K elements.

    Attributes
    ----------
    log_lowest, step, fine_step
        Logarithm of the lowest energy in eV, and its steps.
    free_path : float64 [E]
        Mean path between events, nm.
    kind : float64 [E, K + 1]
        Share of events of kinds up to this one: elastic at each element, then collisions with electrons.
    versine : float32 [K + 1, E, Q + 1]
        1 − cos of the scattering angle, as `Scattering.quantile`.
    lost : float32 [E, Q + 1]
        Loss in a collision with an electron, over the energy, as `Collisions.lost`.
    stopping : float64 [L]
        Energy lost between events, eV/nm.
    reach : float64 [L]
        Mean path until the lowest energy, nm; no electron comes back from such a depth.
    """

    log_lowest: float
    step: float
    fine_step: float
    free_path: F64
    kind: F64
    versine: NDArray[np.float32]
    lost: NDArray[np.float32]
    stopping: F64
    reach: F64


def medium(of: Material, *, atom: Callable[[int], Scattering] = scattering, struck: bool = True) -> Medium:
    """The tables of a material; atoms scatter independently.

    Parameters
    ----------
    atom
        Elastic scattering at an element, by atomic number.
    struck
        Collisions with electrons are events; otherwise all losses are continuous and deflect nothing.

    Raises
    ------
    InputError
        An element without screening parameters.
    """
    energy = energies_ev()
    atoms = [atom(z) for z in of.atomic_number]
    hits = collisions(of) if struck else no_collisions()
    density = of.atoms_per_nm3 * _BOHR_NM**2
    elastic = [density * share * one.total for share, one in zip(of.atoms, atoms, strict=True)]
    per_nm = np.stack([*elastic, hits.per_nm], axis=-1)
    fine = np.geomspace(energy[0], energy[-1], (len(energy) - 1) * _FINER + 1)
    share_soft = 1.0 - hits.loss_per_nm / stopping_ev_per_nm(of, energy)
    stopping = stopping_ev_per_nm(of, fine)
    return Medium(
        log_lowest=float(np.log(energy[0])),
        step=float(np.log(energy[1] / energy[0])),
        fine_step=float(np.log(fine[1] / fine[0])),
        free_path=1.0 / per_nm.sum(axis=1),
        kind=np.ascontiguousarray(np.cumsum(per_nm, axis=1) / per_nm.sum(axis=1, keepdims=True)),
        versine=np.stack([*(one.quantile for one in atoms), hits.versine.astype(np.float32)]),
        lost=hits.lost.astype(np.float32),
        stopping=stopping * np.interp(np.log(fine), np.log(energy), share_soft),
        reach=range_nm(stopping, fine),
    )
