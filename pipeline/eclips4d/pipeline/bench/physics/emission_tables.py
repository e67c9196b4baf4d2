"""What the shipped tables say, and how well they say it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.emission.contrast import directional_contrast
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.emission.lobe import cosine_to_facet
from eclips4d.physics.emission.materials import MATERIALS
from eclips4d.physics.emission.tables import TABLES, load_tables, monte_carlo_law
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

_TILTS_DEG = (5.0, 10.0, 20.0, 30.0, 45.0, 60.0)


def table_rows() -> list[Row]:
    """Directional contrast over tilt, energy, material and dead layer; the fits; the size."""
    return [*_contrast_rows(), *_material_rows(), *_detector_rows(), *_quality_rows()]


def kappas(law: EmissionLaw, tilts_deg: tuple[float, ...] = _TILTS_DEG) -> list[float]:
    """Directional contrast of 14–42° at some tilts."""
    return [directional_contrast(law, float(np.radians(tilt))) for tilt in tilts_deg]


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)


def _contrast_rows() -> list[Row]:
    title = f"Emission: directional contrast, 14–42°, at {', '.join(f'{t:g}' for t in _TILTS_DEG)}° tilt; value: at 20°"
    laws = [("Lambert", lambert_law())]
    laws += [(f"Cu, {kev:g} keV", monte_carlo_law("Cu", kev)) for kev in (2.0, 5.0, 10.0, 20.0, 30.0)]
    return [Row(title, f"{name}: {_listed(kappas(law))}", kappas(law, (20.0,))[0]) for name, law in laws]


def _material_rows() -> list[Row]:
    title = "Emission: directional contrast, 14–42°, at 10, 20, 45° tilt, 10 keV; value: at 20°"
    found = []
    for name in MATERIALS:
        values = kappas(monte_carlo_law(name, 10.0), (10.0, 20.0, 45.0))
        found.append(Row(title, f"{name}: {_listed(values)}", values[1]))
    return found


def _detector_rows() -> list[Row]:
    title = "Emission: a detector's energy response: directional contrast at 20° tilt against counting, %"
    found = []
    for name, kev, dead in (
        ("Cu", 10.0, 0.0),
        ("Cu", 10.0, 1.0),
        ("Cu", 10.0, 3.0),
        ("Cu", 5.0, 2.0),
        ("Au", 10.0, 2.0),
    ):
        plain, seen = (kappas(monte_carlo_law(name, kev, dead_layer_kev=d), (20.0,))[0] for d in (None, dead))
        found.append(Row(title, f"{name}, {kev:g} keV, gain linear above {dead:g} keV", 100.0 * (seen / plain - 1.0)))
    return found


def _quality_rows() -> list[Row]:
    title, tables = "Emission: quality of the tables", load_tables()
    chi2 = tables.chi2[..., 0]
    laws = [monte_carlo_law(name, kev) for name in MATERIALS for kev in (2.0, 10.0, 30.0)]
    lowest = min(_lowest(law) for law in laws)
    return [
        Row(title, "electrons traced, millions", float(tables.electrons.sum()) / 1e6),
        at_most(title, "greatest chi²/dof of a lobe's fit to the counts", float(chi2.max()), 1.3),
        Row(title, "median chi²/dof", float(np.median(chi2))),
        at_most(title, "terms of a law, at most", float(max(law.terms for law in laws)), 16),
        Row(title, "lowest value above the horizon, per sr (straight up: 0.34)", lowest, "≥ -0.015", lowest >= -0.015),
        at_most(title, "size, MB", TABLES.stat().st_size / 1e6, 1.5),
    ]


def _lowest(law: EmissionLaw) -> float:
    """The smallest value of the terms' sum where a facet is not below its own horizon."""
    theta, side = np.radians(np.arange(0.0, 89.5, 2.0)), np.radians(np.arange(0.0, 181.0, 6.0))
    tilt = np.radians(np.arange(0.0, 76.0, 5.0))
    polar = np.stack([np.interp(theta, law.theta, part) for part in law.polar])
    strength = np.stack([np.interp(tilt, law.tilt, part) for part in law.amplitude])
    turns = np.cos(law.order[:, None] * side)
    values = np.einsum("ja,jb,jp->abp", polar, strength, turns)
    above = cosine_to_facet(np.cos(theta)[:, None, None], np.cos(tilt)[:, None], side) > 0.0
    return float(values[above].min())
