"""Roughness after ISO 25178 of rough scenes, as seen and with the noise taken out, against that of the truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.roughness.parameters import parameters
from eclips4d.metrology.roughness.roughness import prepared, roughness
from eclips4d.pipeline.bench.metrology.simulated import measured
from eclips4d.pipeline.bench.metrology.terraces.films import DOSES
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

ROUGH = "Roughness: scenes of Sq 0.5 nm and 3 nm, one frame of 192², levelled, S-filter 24 nm"
S_NM = 24.0


def rough_rows(seeds: int) -> list[Row]:
    """Seen and corrected over true."""
    rows = [Row(ROUGH, "scenes each; values over true ones, mean over scenes", seeds)]
    for rms in (0.5, 3.0):
        for dose in DOSES:
            table = np.array([_one(s, dose, rms) for s in range(1, seeds + 1)])
            seen, corrected, u, sa, sdr, sdr_corrected = table.mean(axis=0)
            off = float(np.sqrt(np.mean(((table[:, 1] - 1.0) / table[:, 2]) ** 2)))
            name = f"Sq {rms:g} nm, {dose} electrons"
            rows += [
                Row(ROUGH, f"{name}: Sq corrected; seen {seen:.3f}, u of one {u:.3f}", corrected),
                at_most(ROUGH, f"{name}: error of Sq corrected over its u, rms", off, 1.6),
                Row(ROUGH, f"{name}: Sa as seen", sa),
                Row(ROUGH, f"{name}: Sdr corrected; seen {sdr:.3f}", sdr_corrected),
            ]
    return rows


def _one(seed: int, dose: int, rms: float) -> F64:
    scene = f"rms_nm={rms}&longest_nm=300&shortest_nm=30"
    run = measured(f"sim://rough?size=192&dose={dose}&seed={seed}&drift_px=0&{scene}", 1)
    frame, grid = run.movie.read(0), run.movie.grid
    found = roughness(frame, grid, s_nm=S_NM)
    true_height = run.truth.height_nm[0]
    seen = np.isfinite(frame.height)
    true = parameters(prepared(true_height, grid.pixel_size_nm, seen, 1, S_NM), grid.pixel_size_nm)
    return np.array(
        [
            found.seen.sq / true.sq,
            found.sq_nm.value / true.sq,
            found.sq_nm.u / true.sq,
            found.seen.sa / true.sa,
            found.seen.sdr / true.sdr,
            found.sdr.value / true.sdr,
        ]
    )
