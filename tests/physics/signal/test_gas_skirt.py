"""Gas scattering against cross-sections from other theories, and the mixing against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.physics.signal.gas_scattering import (
    GASES,
    cross_section_m2,
    elastic_m2,
    ionisation_m2,
    skirt_radius_um,
)
from eclips4d.physics.signal.gas_skirt import dilute, gas_dilution, share_over_rows

BOHR_M, RYDBERG_EV = 5.29177e-11, 13.6057
ORBITALS = {
    "he": [(24.59, 39.51, 2)],
    "h2": [(15.43, 15.98, 2)],
    "n2": [(41.72, 71.13, 2), (21.0, 63.18, 2), (17.07, 44.3, 4), (15.58, 54.91, 2)],
    "h2o": [(36.88, 70.71, 2), (19.83, 48.36, 2), (15.57, 59.52, 2), (12.61, 61.91, 2)],
}
"""Binding energy, kinetic energy (eV) and electrons of each orbital."""


def binary_encounter_bethe_m2(gas: str, energy_kev: float) -> float:
    """Ionisation from orbital constants alone (Kim and Rudd 1994)."""
    total = 0.0
    for binding, kinetic, electrons in ORBITALS[gas]:
        t, u = 1e3 * energy_kev / binding, kinetic / binding
        size = 4 * np.pi * BOHR_M**2 * electrons * (RYDBERG_EV / binding) ** 2
        total += size / (t + u + 1) * (np.log(t) / 2 * (1 - t**-2) + 1 - 1 / t - np.log(t) / (t + 1))
    return total


@pytest.mark.parametrize("gas", sorted(ORBITALS))
@pytest.mark.parametrize("energy_kev", [5.0, 10.0, 20.0])
def test_ionisation_against_binary_encounter_theory(gas: str, energy_kev: float) -> None:
    wanted = binary_encounter_bethe_m2(gas, energy_kev)
    assert ionisation_m2(GASES[gas], energy_kev) == pytest.approx(wanted, rel=0.26)


@pytest.mark.parametrize(("gas", "z"), [("n2", 7), ("o2", 8), ("ar", 18)])
def test_elastic_against_the_screened_rutherford_total(gas: str, z: int) -> None:
    """Wentzel's atom: `Z^(4/3)·λ²·(1 + E/mc²)²/π` per atom, here at 10 keV."""
    wavelength = 12.2e-12
    wentzel = len(GASES[gas].atoms) * z ** (4 / 3) * wavelength**2 * (1 + 10 / 511) ** 2 / np.pi
    assert elastic_m2(GASES[gas], 10.0) == pytest.approx(wentzel, rel=0.45)


def test_share_at_a_hundred_pascal() -> None:
    """By hand for N2, 10 keV, 2 mm, 293 K: 3.0e-21 m² · 2.47e22 m⁻³ · 2e-3 m = 0.149."""
    side = {"pressure_n2": 100.0, "temperature": 800.0}
    assert gas_dilution(2.0, 10.0).share(side) == pytest.approx(1 - np.exp(-0.149), rel=0.02)
    hydrogen = gas_dilution(2.0, 10.0).share({"pressure_h2": 100.0})
    assert 0.02 < hydrogen < 0.05, "a few per cent"
    assert (
        gas_dilution(2.0, 20.0).share(side) < gas_dilution(2.0, 10.0).share(side) < gas_dilution(4.0, 10.0).share(side)
    )
    assert gas_dilution(2.0, 10.0, 600.0).share(side) < gas_dilution(2.0, 10.0).share(side)
    assert gas_dilution(2.0, 10.0).share({}) == 0.0


def test_heavier_molecules_scatter_more_and_farther() -> None:
    section = {name: cross_section_m2(gas, 10.0) for name, gas in GASES.items()}
    assert section["he"] < section["h2"] < section["h2o"] < section["n2"] < section["o2"] < section["ar"]
    radius = {name: skirt_radius_um(gas, 100.0, 2.0, 10.0, 293.0) for name, gas in GASES.items()}
    assert radius["n2"] == pytest.approx(364 * 7 / 1e4 * np.sqrt(100 / 293) * 0.002**1.5 * 1e6)
    assert radius["h2"] < radius["n2"] < radius["ar"]


def test_shares_scatter_one_after_the_other_and_the_calibration_s_gas_is_kept() -> None:
    there, here = {"pressure_h2": 100.0}, {"pressure_o2": 60.0}
    dilution = gas_dilution(2.0, 10.0, at=there)
    assert dict(dilution.at) == there
    unscattered = (1 - dilution.share(here)) * (1 - dilution.share(there))
    assert 1 - dilution.share(there | here) == pytest.approx(unscattered)


def test_mixing_keeps_the_mean_and_shrinks_the_contrast_row_by_row() -> None:
    electrons = (100.0 + 10.0 * np.random.default_rng(1).standard_normal((3, 40, 50))).astype(np.float32)
    share = np.linspace(0.0, 0.2, 40)
    before, mean = electrons.copy(), electrons.mean((1, 2), keepdims=True)
    after = dilute(electrons, share)
    assert after - mean == pytest.approx((before - mean) * (1 - share)[:, None], abs=1e-3)


def test_the_share_follows_the_gas_within_a_frame() -> None:
    dilution = gas_dilution(2.0, 10.0)
    sides = [{"pressure_o2": p} for p in (0.0, 50.0, 100.0)]
    rows = share_over_rows(dilution, sides, 101)
    assert rows[[0, 50, 100]] == pytest.approx([dilution.share(s) for s in sides])
    assert (np.diff(rows) > 0).all()
