"""Part `peers` of `eclips4d bench metrology`: heights of terraces beside sati, steps and roughness beside surfalize."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.roughness.parameters import parameters
from eclips4d.metrology.roughness.roughness import prepared
from eclips4d.pipeline.bench.metrology.context import MetrologyContext
from eclips4d.pipeline.bench.metrology.peers import maps, programs
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

SATI = "Peers: heights of terraces over the base, ours and sati's, on the same maps, nm"
STEP = "Peers: depth of one round pit, ours and surfalize's, on the same maps, nm"
ROUGH = "Peers: parameters of ISO 25178, ours over surfalize's on the same surfaces"
SEEDS, MANY = 5, 4
"""Seeds; times as many single pits, each of which gives one number: five of them may favour either program."""
DOSES, STEPS_NM = (300, 1000, 3000), (2.0, 8.0)
FLOOD = 0.25
"""Tolerance of sati's flood over the step: with half of it its start fails at 300 electrons."""


def rows(context: MetrologyContext) -> list[Row]:
    """All tables; where a program is not installed its table says so."""
    seeds = range(1, (context.seeds or SEEDS) + 1)
    with context.console.status("terraces beside sati"):
        found = _compared(SATI, seeds, "sati", _terraces)
    with context.console.status("steps beside surfalize"):
        found += _compared(STEP, range(1, MANY * len(seeds) + 1), "surfalize", _step)
    return found + roughness_rows(seeds)


def roughness_rows(seeds: Sequence[int]) -> list[Row]:
    """Largest relative difference of every parameter."""
    if not programs.installed("surfalize"):
        return [Row(ROUGH, "surfalize is not installed", float("nan"))]
    differences: dict[str, list[float]] = {}
    for seed in seeds:
        frame, grid = maps.one_step(seed, DOSES[1], STEPS_NM[1])
        surface = prepared(frame.height, grid.pixel_size_nm, np.isfinite(frame.height))
        ours = parameters(surface, grid.pixel_size_nm)
        for name, theirs in programs.surfalize_roughness(surface, grid.pixel_size_nm[0]).items():
            differences.setdefault(name, []).append(abs(getattr(ours, name.lower()) / theirs - 1.0))
    return [at_most(ROUGH, f"{name}, largest relative difference", max(d), 1e-6) for name, d in differences.items()]


def _compared(
    table: str, seeds: Sequence[int], program: str, measure: Callable[[int, int, float], tuple[F64, F64]]
) -> list[Row]:
    """Errors at every dose and step, all seeds together."""
    found = [Row(table, f"scenes; {program} is told the number of levels, we are not", len(seeds))]
    if not programs.installed(program):
        found = [Row(table, f"{program} is not installed: its columns are left out", float("nan"))]
    for step in STEPS_NM:
        for dose in DOSES:
            ours, theirs = (np.concatenate(e) for e in zip(*(measure(s, dose, step) for s in seeds), strict=True))
            name = f"steps of {step:g} nm, {dose} electrons"
            found.append(Row(table, f"{name}: ours, rms error; bias {_said(ours)}", _rms(ours)))
            if programs.installed(program):
                found.append(Row(table, f"{name}: {program}, rms error; bias {_said(theirs)}", _rms(theirs)))
    return found


def _terraces(seed: int, dose: int, step_nm: float) -> tuple[F64, F64]:
    frame, grid, truth = maps.many_terraces(seed, dose, step_nm)
    away = truth != 0.0
    theirs = None
    if programs.installed("sati"):
        theirs = programs.sati_heights(np.asarray(frame.height, np.float64), len(truth), FLOOD * step_nm)
    return tuple(_over_base(found, truth, away) for found in (maps.our_levels(frame, grid), theirs))  # type: ignore[return-value]


def _over_base(found: F64 | None, truth: F64, away: NDArray[np.bool_]) -> F64:
    """Errors of the steps from the base to the other levels; NaN where the number of levels is wrong."""
    if found is None or len(found) != len(truth):
        return np.full(int(away.sum()), np.nan)
    base = found[~away][0]
    return np.asarray((np.sign(truth) * (found - base - truth))[away])


def _step(seed: int, dose: int, step_nm: float) -> tuple[F64, F64]:
    frame, grid = maps.one_step(seed, dose, step_nm)
    levels = maps.our_levels(frame, grid)
    ours = levels[-1] - levels[0] - step_nm if len(levels) == 2 else np.nan
    theirs = np.nan
    if programs.installed("surfalize"):
        theirs = programs.surfalize_step(np.asarray(frame.height, np.float64), grid.pixel_size_nm[0]) - step_nm
    return np.array([ours]), np.array([theirs])


def _rms(error: F64) -> float:
    known = error[np.isfinite(error)]
    return float(np.sqrt(np.mean(known**2))) if known.size else float("nan")


def _said(error: F64) -> str:
    known = error[np.isfinite(error)]
    if not known.size:
        return "–, no result"
    failed = f", {len(error) - known.size} of {len(error)} without a result" if known.size < len(error) else ""
    return f"{known.mean():+.3f}{failed}"
