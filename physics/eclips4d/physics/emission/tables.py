"""The shipped tables of backscattering, and the emission laws made of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.emission.lobe import law_of
from eclips4d.physics.emission.materials import material

F64 = NDArray[np.float64]

TABLES: Final = Path(__file__).with_name("backscatter.npz")
SHARES: Final = np.array([0.01, 0.02, 0.05, *np.arange(0.1, 0.91, 0.1), 0.95, 0.98, 0.99])
"""Shares of electrons whose distances and depths are tabulated."""


_CUBIC = 4


@dataclass(frozen=True, slots=True)
class Tables:
    """Backscattering by M materials at E energies; made by `python -m eclips4d.physics.emission.make_tables`.

    Attributes
    ----------
    material : str [M]
    energy_kev : float64 [E]
    tilt_deg : float64 [T]
    dead_layer : float64 [W − 1]
        Thresholds of the detector in beam energies.
    electrons, seed : int64 [M, E]
        Paths traced, and what the random numbers were seeded with.
    coefficients : float32 [M, E, W, …]
        Lobes: electrons alike, then weighted by `(E − threshold)⁺`; see `lobe`.
    signal : float64 [M, E, W]
        Of a flat spot per beam electron: their number, then the sum of `(E − threshold)⁺` in beam energies.
    chi2 : float64 [M, E, W]
        Of the fits.
    yields, energy : float64 [M, E, T]
        Electrons that leave a facet, per beam electron; their mean energy in beam energies.
    distance_nm, depth_nm : float64 [M, E, SHARES]
        Flat spot: distance from the beam within which this share leaves; depth that this share has not gone beyond.
    """

    material: NDArray[np.str_]
    energy_kev: F64
    tilt_deg: F64
    dead_layer: F64
    electrons: NDArray[np.int64]
    seed: NDArray[np.int64]
    coefficients: NDArray[np.float32]
    signal: F64
    chi2: F64
    yields: F64
    energy: F64
    distance_nm: F64
    depth_nm: F64

    def at(self, values: NDArray[Any], name: str, energy_kev: float, *, smooth: bool = False) -> F64:
        """Rows `[M, E, …]` of a material at an energy.

        Parameters
        ----------
        smooth
            A cubic through all energies takes out scatter; otherwise linear between neighbours. Both over log energy.

        Raises
        ------
        InputError
            A material or an energy outside the tables; what there is is named.
        """
        found = np.flatnonzero(self.material == material(name).name)
        low, high = float(self.energy_kev[0]), float(self.energy_kev[-1])
        if not found.size or not self.electrons[found[0]].all():
            raise InputError(
                f"no emission table of {name!r}", where="material", cure=f"one of {', '.join(self.material)}"
            )
        if not low <= energy_kev <= high:
            raise InputError(
                f"no emission table at {energy_kev:g} keV",
                where="energy_kev",
                cure=f"{low:g} to {high:g} keV, or lambert",
            )
        at = float(np.interp(np.log(energy_kev), np.log(self.energy_kev), np.arange(len(self.energy_kev))))
        i = min(int(at), len(self.energy_kev) - 2)
        rows = values[found[0]].astype(np.float64)
        if smooth:
            return np.tensordot(_smoothing(self.energy_kev, energy_kev), rows, axes=1)
        return np.asarray(rows[i] * (i + 1 - at) + rows[i + 1] * (at - i))


@lru_cache(maxsize=4)
def load_tables(path: Path = TABLES) -> Tables:
    """The tables of a file; those shipped unless told otherwise."""
    with np.load(path, allow_pickle=False) as stored:
        return Tables(**{name: stored[name] for name in Tables.__slots__})


def monte_carlo_law(name: str, energy_kev: float, *, dead_layer_kev: float | None = None) -> EmissionLaw:
    """Emission of a material as the Monte Carlo simulation found it.

    Parameters
    ----------
    name
        One of `MATERIALS`.
    energy_kev
        Of the beam, 2 to 30 keV.
    dead_layer_kev
        None counts all electrons alike. Otherwise an electron counts as `(E − dead_layer)⁺`, as in a semiconductor
        diode whose surface layer takes this much from it.

    Raises
    ------
    InputError
        A material, energy or dead layer that the tables do not hold; what they hold is named.
    """
    tables = load_tables()
    lobes = tables.at(tables.coefficients, name, energy_kev, smooth=True)
    signal = tables.at(tables.signal, name, energy_kev)
    seen = "all electrons alike" if dead_layer_kev is None else f"dead layer {dead_layer_kev:g} keV"
    weights = _weights(tables, energy_kev, dead_layer_kev) * signal
    coefficients = np.tensordot(weights / weights.sum(), lobes, axes=1)
    eta = float(tables.at(tables.yields, name, energy_kev)[0])
    return law_of(f"{name}, {energy_kev:g} keV, {seen}", coefficients, eta)


def _smoothing(energies_kev: F64, energy_kev: float) -> F64:
    """Weights of the tabulated energies in the least-squares cubic at an energy; their sum is 1."""
    middle = float(np.log(energies_kev).mean())
    powers = np.vander(np.log(energies_kev) - middle, _CUBIC)
    return np.asarray(np.vander([np.log(energy_kev) - middle], _CUBIC)[0] @ np.linalg.pinv(powers))


def _weights(tables: Tables, energy_kev: float, dead_layer_kev: float | None) -> F64:
    """How much of every tabulated weighting a detector's is: linear between thresholds."""
    weights = np.zeros(1 + len(tables.dead_layer))
    if dead_layer_kev is None:
        weights[0] = 1.0
        return weights
    thickest = float(tables.dead_layer[-1]) * energy_kev
    if not 0.0 <= dead_layer_kev <= thickest:
        raise InputError(
            f"no emission table for a dead layer of {dead_layer_kev:g} keV at {energy_kev:g} keV",
            where="dead_layer_kev",
            cure=f"0 to {thickest:g} keV",
        )
    for i, corner in enumerate(np.eye(len(tables.dead_layer))):
        weights[1 + i] = np.interp(dead_layer_kev / energy_kev, tables.dead_layer, corner)
    return weights
