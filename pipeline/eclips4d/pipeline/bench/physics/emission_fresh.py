"""A fresh simulation with another seed: the tables again within their scatter, and what coarser physics would give."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.emission.contrast import directional_contrast
from eclips4d.physics.emission.elastic.rutherford import screened_rutherford
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.emission.lobe import fit_lobe, law_of
from eclips4d.physics.emission.materials import MATERIALS
from eclips4d.physics.emission.medium import medium
from eclips4d.physics.emission.spread import exit_spread
from eclips4d.physics.emission.tables import load_tables, monte_carlo_law
from eclips4d.physics.emission.tally import (
    AZIMUTH_CELLS,
    LENGTH_CELLS,
    LENGTHS_NM,
    POLAR_CELLS,
    TILTS_DEG,
    Tally,
    facets,
)
from eclips4d.physics.emission.trajectories import trace
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

_ELECTRONS, _SEED = 60_000, 20
_FEW, _RUNS = 4_000, 16
_TILTS_DEG = (10.0, 20.0, 30.0, 45.0)
_RUTHERFORD = (0.79, 0.765, 0.737, 0.651)
"""Copper at 10 keV, 14–42°, from an independent program with screened Rutherford scattering; ± 0.02 … 0.009."""


def fresh_rows() -> list[Row]:
    """Copper at 10 keV with the full physics, and with less."""
    copper = MATERIALS["Cu"]
    full = trace(copper, 10.0, _ELECTRONS, _SEED)
    elastic = trace(copper, 10.0, _ELECTRONS, _SEED, solid=medium(copper, struck=False))
    rough = trace(copper, 10.0, _ELECTRONS, _SEED, solid=medium(copper, atom=screened_rutherford, struck=False))
    return [*_again_rows(full), *_common_rows(), *_less_rows(full, elastic, rough), *_distance_rows(full)]


def _again_rows(tally: Tally) -> list[Row]:
    title, tables = f"Emission: {_ELECTRONS} fresh electrons, Cu, 10 keV, another seed", load_tables()
    eta, law = float(tables.at(tables.yields, "Cu", 10.0)[0]), monte_carlo_law("Cu", 10.0)
    scatter = float(np.sqrt(eta * (1.0 - eta) / _ELECTRONS))
    fresh = _law(tally)
    apart = [abs(directional_contrast(fresh, t) / directional_contrast(law, t) - 1.0) for t in np.radians(_TILTS_DEG)]
    return [
        at_most(title, "yield off the table's, standard deviations", abs(_eta(tally) - eta) / scatter, 3.0),
        at_most(title, "chi²/dof of the counts about the table's law, no fit", _chi2(tally, law, eta), 1.3),
        at_most(title, "directional contrast off the table's, greatest of 10 to 45°, %", 100.0 * max(apart), 5.0),
    ]


def _common_rows() -> list[Row]:
    """Asymmetry between quadrants downhill and uphill: its scatter between runs, against that of independent counts."""
    found, counted = [], 0.0
    for seed in range(_RUNS):
        cells = trace(MATERIALS["Cu"], 10.0, _FEW, seed).direction[1, :, :, 0].sum(axis=0)
        up, down = cells[: AZIMUTH_CELLS // 4].sum(), cells[-AZIMUTH_CELLS // 4 :].sum()
        found.append((down - up) / (down + up))
        counted += (down + up) / _RUNS / facets().per_tilt[1]
    gain = counted**-0.5 / float(np.std(found, ddof=1))
    title = "Emission: common paths: scatter of the asymmetry at 10° tilt, separate runs over common ones"
    return [Row(title, f"Cu, 10 keV, as many electrons, {_RUNS} runs each", gain)]


def _less_rows(full: Tally, elastic: Tally, rough: Tally) -> list[Row]:
    title = "Emission: coarser physics, Cu, 10 keV: directional contrast at 10, 20, 30, 45°; value: yield"
    named = (
        ("partial waves, collisions with electrons", full),
        ("partial waves, all losses continuous", elastic),
        ("screened Rutherford, all losses continuous", rough),
    )
    found, contrasts = [], []
    for what, tally in named:
        law = _law(tally)
        contrasts = [directional_contrast(law, t) for t in np.radians(_TILTS_DEG)]
        found.append(Row(title, f"{what}: {', '.join(f'{kappa:.3f}' for kappa in contrasts)}", _eta(tally)))
    off = max(abs(kappa - known) for kappa, known in zip(contrasts, _RUTHERFORD, strict=True))
    known = ", ".join(f"{kappa:.3f}" for kappa in _RUTHERFORD)
    return [*found, at_most(title, f"screened Rutherford off an independent program's {known}", off, 0.03)]


def _distance_rows(tally: Tally) -> list[Row]:
    title = "Emission: share of electrons that leave near the beam, Cu, %"
    edges = np.geomspace(*LENGTHS_NM, LENGTH_CELLS + 1)
    share = np.concatenate([[0.0], np.cumsum(tally.distance)]) / tally.distance.sum()
    found = [
        Row(title, f"10 keV, within {near:g} nm", 100.0 * float(np.interp(near, edges, share))) for near in (1.1, 20.0)
    ]
    for kev in (2.0, 5.0, 10.0, 20.0):
        spread = exit_spread("Cu", kev)
        what = f"{kev:g} keV, in the core: standard deviation {spread.core_nm:.1f} nm, skirt {spread.skirt_nm:.0f} nm"
        found.append(Row(title, what, 100.0 * spread.core_share))
    return found


def _law(tally: Tally) -> EmissionLaw:
    counts = tally.direction[..., 0]
    return law_of("fresh", fit_lobe(counts, counts, _ELECTRONS).coefficients, _eta(tally))


def _eta(tally: Tally) -> float:
    return float(tally.electrons[0]) / _ELECTRONS


def _chi2(tally: Tally, law: EmissionLaw, eta: float) -> float:
    """Mean squared deviation over the variance of counts, in blocks of cells with 30 electrons or more."""
    theta = np.radians((np.arange(POLAR_CELLS * 2) + 0.5) * 90.0 / (POLAR_CELLS * 2))[:, None]
    side = np.radians((np.arange(AZIMUTH_CELLS * 2) + 0.5) * 180.0 / (AZIMUTH_CELLS * 2))
    solid = 2.0 * np.sin(theta) * (np.pi / 4.0 / POLAR_CELLS) * (np.pi / 2.0 / AZIMUTH_CELLS)
    squares: list[F64] = []
    for at, per in enumerate(facets().per_tilt):
        slope = (float(np.tan(np.radians(TILTS_DEG[at]))), 0.0)
        means = (
            (law.density(theta, side, slope) * solid).reshape(18, 4, 12, 4).sum(axis=(1, 3)) * eta * _ELECTRONS * per
        )
        counts = tally.direction[at, ..., 0].reshape(18, 2, 12, 2).sum(axis=(1, 3))
        squares.append(((counts - means) ** 2 / np.maximum(means, 1.0))[means > 30.0])
    return float(np.concatenate(squares).mean())
