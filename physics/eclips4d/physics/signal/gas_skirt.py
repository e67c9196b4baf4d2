"""The skirt of electrons that a gas scatters around the beam: a share of every pixel's signal is everyone's mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.gas_dilution import GasDilution
from eclips4d.physics.signal.gas_scattering import BOLTZMANN_J_K, GASES, cross_section_m2

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

PRESSURE_PREFIX = "pressure_"
"""A side value `pressure_<gas>`, Pa, is the partial pressure of a gas in `GASES`."""


def gas_dilution(
    path_mm: float,
    energy_kev: float,
    temperature_k: float = 293.15,
    at: Mapping[str, float] | None = None,
) -> GasDilution:
    """Share of scattered electrons as a function of the partial pressures: `1 − exp(−Σ σ·p·L/(k_B·T))`.

    Parameters
    ----------
    path_mm
        Way of the beam through the gas.
    energy_kev
        Of the beam.
    temperature_k
        Of the gas; the hot layer above a heated specimen is thinner, so its way counts less.
    at
        Side values at which a calibration's contrast was determined; without them in vacuum.

    Returns
    -------
    GasDilution
        One coefficient per gas in `GASES`, for the side values `pressure_h2`, `pressure_o2`, …
    """
    per_pa = path_mm * 1e-3 / (BOLTZMANN_J_K * temperature_k)
    return GasDilution(
        per_unit=tuple(
            (PRESSURE_PREFIX + name, cross_section_m2(gas, energy_kev) * per_pa) for name, gas in GASES.items()
        ),
        at=tuple(sorted((at or {}).items())),
    )


def share_over_rows(dilution: GasDilution, sides: Sequence[Mapping[str, float]], rows: int) -> F64:
    """Share of scattered electrons in every row, from side values at equidistant moments of the frame; [rows]."""
    known = np.array([dilution.share(side) for side in sides])
    return np.asarray(np.interp(np.linspace(0.0, len(known) - 1.0, rows), np.arange(len(known)), known))


def dilute(electrons: F32, share: F64, surroundings: float = 1.0) -> F32:
    """Mix the share [y] of every row's signal with each segment's mean over the image, in place; [n, y, x].

    The skirt is some micrometres wide or more (`skirt_radius_um`), the details in the field are not: what it sees is
    taken to be like the field on average, or `surroundings` times as bright.
    Backscattered electrons are scattered on their way up, too, by angles small beside the segments'; that is left out.
    """
    wide = surroundings * electrons.mean(axis=(1, 2), dtype=np.float64)
    electrons *= (1.0 - share).astype(np.float32)[:, None]
    electrons += (wide[:, None] * share).astype(np.float32)[:, :, None]
    return electrons
