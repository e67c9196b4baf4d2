"""The energies at which backscattered electrons fly to the detector, and what they count for there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import roots_jacobi

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument

F64 = NDArray[np.float64]

REST_ENERGY_EV = 510_998.95
MEAN_ENERGY = {"Cu": 0.70, "Cu2O": 0.69, "Si": 0.63, "SiO2": 0.60, "Au": 0.77, "steel": 0.69}
"""Mean energy of backscattered electrons over the beam's, at 10 keV from a flat spot (`emission.tables`)."""
OTHER_MATERIALS = "Cu"
_ENERGIES = 3


def flight_energies(instrument: Instrument) -> tuple[F64, F64]:
    """Emission energies that stand for the spectrum, eV [e], and their weights, which sum to 1.

    Gauss-Jacobi nodes of a density `w^power` of `w = E/E_beam` that has the mean energy of the specimen's material,
    copper's where it is not told or not known. Where the detector has a dead layer, an electron counts in proportion
    to its energy on landing above that layer.

    Raises
    ------
    InputError
        The dead layer stops every electron.
    """
    beam_ev = 1e3 * instrument.beam.energy_kev
    material = (instrument.specimen or {}).get("material")
    mean = MEAN_ENERGY.get(material if isinstance(material, str) else "", MEAN_ENERGY[OTHER_MATERIALS])
    unit, weight = roots_jacobi(_ENERGIES, 0.0, (2.0 * mean - 1.0) / (1.0 - mean))
    energy = beam_ev * (unit + 1.0) / 2.0
    dead_kev = instrument.detector.dead_layer_kev
    if dead_kev is not None:
        volts = instrument.electrodes.detector_v if instrument.electrodes is not None else 0.0
        weight = weight * np.maximum(energy + volts - 1e3 * dead_kev, 0.0)
    if weight.sum() == 0.0:
        raise InputError(
            f"a dead layer of {dead_kev:g} keV stops what a beam of {instrument.beam.energy_kev:g} keV sends back",
            where="detector.dead_layer_kev",
            cure="give the energy that electrons lose before they count, usually 1 to 3",
        )
    return energy, weight / weight.sum()
