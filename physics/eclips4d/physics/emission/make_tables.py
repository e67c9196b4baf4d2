"""Make the tables of backscattering anew: `python -m eclips4d.physics.emission.make_tables`.

Paths are traced for every material and energy, and the lobes fitted; what is not asked for stays as it is in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from itertools import product
from pathlib import Path
from typing import Any, Final

import cyclopts
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from eclips4d.core.errors import InputError
from eclips4d.physics.emission import materials
from eclips4d.physics.emission.lobe import DEGREES, fit_lobe
from eclips4d.physics.emission.materials import MATERIALS
from eclips4d.physics.emission.tables import SHARES, TABLES, Tables, load_tables
from eclips4d.physics.emission.tally import DEAD_LAYERS, LENGTH_CELLS, LENGTHS_NM, TILTS_DEG, Tally, facets
from eclips4d.physics.emission.trajectories import trace

F64 = NDArray[np.float64]

ENERGIES_KEV: Final = (2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0)


def make_tables(
    *,
    material: tuple[str, ...] = tuple(MATERIALS),
    energy: tuple[float, ...] = ENERGIES_KEV,
    electrons: int = 1_000_000,
    seed: int = 1,
    out: Path = TABLES,
) -> None:
    """Trace electrons and write the tables of backscattering.

    Example: `python -m eclips4d.physics.emission.make_tables --material Cu --energy 10 --electrons 200000`

    Parameters
    ----------
    material
        Materials; all by default.
    energy
        Energies of the beam, keV; those of the tables by default.
    electrons
        Paths per material and energy.
    seed
        The same seed gives the same tables.
    out
        File to write; the package's own by default.

    Raises
    ------
    InputError
        A material or an energy that is not of the tables.
    """
    for asked in set(energy) - set(ENERGIES_KEV):
        raise InputError(f"the tables have no energy {asked:g} keV", where="--energy", cure=f"one of {ENERGIES_KEV}")
    console = Console()
    tables = load_tables(out) if out.exists() else _empty()
    for name, energy_kev, row in rows(material, energy, electrons, seed):
        put(tables, name, energy_kev, row)
        console.print(f"{name:6} {energy_kev:4g} keV  eta {row['yields'][0]:.4f}  chi2 {row['chi2'][0]:.3f}")
        np.savez_compressed(out, **{field.name: getattr(tables, field.name) for field in fields(tables)})


def rows(
    names: tuple[str, ...], energies_kev: tuple[float, ...], electrons: int, seed: int
) -> Iterator[tuple[str, float, dict[str, Any]]]:
    """Trace and fit, one material and energy after the other.

    Raises
    ------
    InputError
        No such material.
    """
    for name, energy_kev in product(names, energies_kev):
        tally = trace(materials.material(name), energy_kev, electrons, seed)
        yield name, energy_kev, {**summary(tally, electrons), "electrons": electrons, "seed": seed}


def summary(tally: Tally, electrons: int) -> dict[str, Any]:
    """What the tables hold of one material and energy; see `Tables`."""
    counts = tally.direction[..., 0]
    fits = [fit_lobe(counts, tally.direction[..., k], electrons) for k in range(tally.direction.shape[-1])]
    return {
        "coefficients": np.stack([fit.coefficients for fit in fits]),
        "signal": tally.direction[0].sum(axis=(0, 1)) / electrons,
        "chi2": np.array([fit.chi2 for fit in fits]),
        "yields": tally.electrons / (facets().per_tilt * electrons),
        "energy": tally.energy / tally.electrons,
        "distance_nm": _quantiles(tally.distance),
        "depth_nm": _quantiles(tally.depth),
    }


def put(tables: Tables, name: str, energy_kev: float, row: dict[str, Any]) -> None:
    """Write a row into tables."""
    i, j = list(tables.material).index(name), list(tables.energy_kev).index(energy_kev)
    for key, value in row.items():
        getattr(tables, key)[i, j] = value


def _quantiles(counts: F64) -> F64:
    edges = np.geomspace(*LENGTHS_NM, LENGTH_CELLS + 1)
    share = np.concatenate([[0.0], np.cumsum(counts)]) / counts.sum()
    return np.asarray(np.exp(np.interp(SHARES, share, np.log(edges))))


def _empty() -> Tables:
    shape = (len(MATERIALS), len(ENERGIES_KEV))
    weightings = 1 + len(DEAD_LAYERS)
    return Tables(
        material=np.array(list(MATERIALS)),
        energy_kev=np.array(ENERGIES_KEV),
        tilt_deg=np.array(TILTS_DEG),
        dead_layer=np.array(DEAD_LAYERS),
        electrons=np.zeros(shape, np.int64),
        seed=np.zeros(shape, np.int64),
        coefficients=np.zeros((*shape, weightings, *(degree + 1 for degree in DEGREES)), np.float32),
        signal=np.zeros((*shape, weightings)),
        chi2=np.zeros((*shape, weightings)),
        yields=np.zeros((*shape, len(TILTS_DEG))),
        energy=np.zeros((*shape, len(TILTS_DEG))),
        distance_nm=np.zeros((*shape, len(SHARES))),
        depth_nm=np.zeros((*shape, len(SHARES))),
    )


if __name__ == "__main__":
    cyclopts.run(make_tables)
