"""Cross-sections and yields against published values."""

from __future__ import annotations

import numpy as np

from eclips4d.physics.emission.elastic.angles import energies_ev
from eclips4d.physics.emission.elastic.partial_waves import differential, phase_shifts
from eclips4d.physics.emission.elastic.rutherford import screened_rutherford
from eclips4d.physics.emission.literature import ELSEPA, HEINRICH, HEINRICH_KEV, arnal_ratio
from eclips4d.physics.emission.tables import load_tables
from eclips4d.pipeline.bench.rows import Row

_ELEMENTS = {8: "O", 26: "Fe", 29: "Cu", 79: "Au"}
_YIELD_BAR, _TILT_BAR = 0.05, 0.03


def published_rows() -> list[Row]:
    """Elastic scattering against ELSEPA, yields against Heinrich, yields over tilt against Arnal."""
    return [*_scattering_rows(), *_yield_rows(), *_tilt_rows()]


def transport(atomic_number: int, energy_ev: float) -> float:
    """First transport cross-section from partial waves, bohr²."""
    cosine, weight = np.polynomial.legendre.leggauss(1200)
    return float(2.0 * np.pi * (weight * differential(phase_shifts(atomic_number, energy_ev), cosine)) @ (1.0 - cosine))


def _scattering_rows() -> list[Row]:
    title = "Emission: transport cross-section over ELSEPA's"
    found = []
    for (z, energy_ev), published in ELSEPA.items():
        ratio = transport(z, energy_ev) / published.transport
        what = f"{_ELEMENTS[z]}, {energy_ev / 1000:g} keV"
        found.append(Row(title, what, ratio, "1 ± 0.03", abs(ratio - 1.0) <= 0.03))
    rough = screened_rutherford(29)
    at = float(np.interp(np.log(1e4), np.log(energies_ev()), rough.transport)) / ELSEPA[29, 10_000].transport
    return [*found, Row(title, "Cu, 10 keV, screened Rutherford instead", at)]


def _yield_rows() -> list[Row]:
    tables, found = load_tables(), []
    for name, published in HEINRICH.items():
        for energy_kev, measured in zip(HEINRICH_KEV, published, strict=True):
            eta = float(tables.at(tables.yields, name, energy_kev)[0])
            met = abs(eta / measured - 1.0) <= _YIELD_BAR
            what = f"{name}, {energy_kev:g} keV: {100.0 * (eta / measured - 1.0):+.1f} % of Heinrich's"
            found.append(Row("Emission: backscatter yield", what, eta, f"{measured} ± 5 %", met))
    return found


def _tilt_rows() -> list[Row]:
    tables, found = load_tables(), []
    yields = tables.at(tables.yields, "Cu", 10.0)
    for tilt_deg, eta in zip(tables.tilt_deg, yields, strict=True):
        if 0.0 < tilt_deg <= 60.0:
            arnal = float(arnal_ratio(29, np.radians(tilt_deg)))
            ratio = float(eta / yields[0])
            what = f"Cu, 10 keV, {tilt_deg:g}°: {100.0 * (ratio / arnal - 1.0):+.1f} % of Arnal's"
            met = abs(ratio / arnal - 1.0) <= _TILT_BAR
            found.append(Row("Emission: yield of a facet over a flat one's", what, ratio, f"{arnal:.3f} ± 3 %", met))
    return found
