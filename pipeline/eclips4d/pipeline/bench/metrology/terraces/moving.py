"""Moving edges: the velocity-curvature law on islands and spirals, growth, volume with and without a datum."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.quantity import Quantity
from eclips4d.metrology.terraces import curvature_law
from eclips4d.metrology.terraces.series import TerraceSeries, terraces_over_time
from eclips4d.pipeline.bench.metrology.simulated import measured
from eclips4d.pipeline.bench.metrology.terraces.films import (
    CRITICAL_NM,
    DOSES,
    FRAMES,
    PERIOD_S,
    PIXEL_NM,
    SIZE,
    V_INF_NM_S,
    growing,
)
from eclips4d.pipeline.bench.metrology.terraces.round_islands import RoundIslands
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

LAW = f"Terraces: velocity-curvature law, islands and pits that obey it, {FRAMES} frames with drift"
SPIRAL = "Terraces: velocity-curvature law on growth spirals, 8 frames of 256²"
VOLUME = "Terraces: growth and change of volume, the same islands and pits"
LEAST_WITHIN = 0.92
FLOW = "Terraces: growth from moving edges on `stepflow`, where nothing is static, 6 frames of 256²"


def law_rows(seeds: int) -> list[Row]:
    """Round islands: v_inf and r_c, and single velocities."""
    rows, all_errors = [Row(LAW, "scenes per dose", seeds)], []
    for dose in DOSES:
        laws = [curvature_law.fit(growing(seed, dose)[1].blocks) for seed in range(1, seeds + 1)]
        for name, truth, found in (
            ("v_inf", V_INF_NM_S, [law.v_inf_nm_s for law in laws]),
            ("r_c", CRITICAL_NM, [law.critical_radius_nm for law in laws]),
        ):
            rows += _judged(LAW, f"{dose} electrons: {name}", truth, found)
            all_errors += [q.normalised_error(truth) for q in found]
    rows.append(Row(LAW, f"share of {len(all_errors)} within 2 u", float(np.mean(np.array(all_errors) <= 1.0))))
    return rows


def spiral_rows(seeds: int) -> list[Row]:
    """Growth spirals of the level-set solver: arms far out move with v_inf."""
    rows = [Row(SPIRAL, "scenes", seeds)]
    laws, truth = zip(*(_spiral(seed) for seed in range(1, seeds + 1)), strict=True)
    v_inf, critical = np.array(truth).mean(axis=0)
    rows += _judged(SPIRAL, "1000 electrons: v_inf", v_inf, [law.v_inf_nm_s for law in laws])
    rows += _judged(SPIRAL, "1000 electrons: r_c", critical, [law.critical_radius_nm for law in laws], bar=None)
    return rows


def volume_rows(seeds: int) -> list[Row]:
    """Growth read off edges, and volume where registration found a datum."""
    rows = []
    for dose in DOSES:
        growth, volume, known = [], [], []
        for seed in range(1, seeds + 1):
            scene, series, _ = growing(seed, dose)
            growth.append(_growth_errors(scene, series))
            errors = _volume_errors(scene, series)
            known.append(len(errors) / max(len(series.frames) - 1, 1))
            volume.append(errors)
        rows += _growth_judged(VOLUME, f"{dose} electrons", np.concatenate(growth), bar=None)
        rows.append(Row(VOLUME, f"{dose} electrons: share of frames whose volume is observable", float(np.mean(known))))
        rows += _volume_judged(f"{dose} electrons", np.concatenate(volume))
    return rows


def flow_rows(seeds: int) -> list[Row]:
    """Growth of a surface that moves everywhere."""
    found, observable = zip(*(_flow(seed) for seed in range(1, seeds + 1)), strict=True)
    rows = [Row(FLOW, "scenes", seeds), *_growth_judged(FLOW, "1000 electrons", np.concatenate(found), bar=None)]
    rows.append(Row(FLOW, "share of frames whose volume is observable", float(np.mean(observable))))
    return rows


def _judged(table: str, name: str, truth: float, found: list[Quantity], bar: float | None = 0.03) -> list[Row]:
    error = np.array([q.value for q in found]) / truth - 1.0
    stated = float(np.mean([q.u for q in found])) / truth
    what = f"{name}, bias of the mean over scenes, relative; one scene {_rms(error):.3f} rms, stated {stated:.3f}"
    return [at_most(table, what, abs(float(error.mean())), bar)]


def _growth_judged(table: str, name: str, errors: F64, bar: float | None = 0.03) -> list[Row]:
    """Columns: error, uncertainty, truth."""
    error, u, truth = errors.T
    size = float(np.mean(np.abs(truth)))
    inside = float(np.mean(np.abs(error) <= 2.0 * u))
    what = f"{name}: growth from edges, bias over {size:.3g} nm/s; pairs {_rms(error) / size:.3f} rms"
    within = f"{name}: share of {len(error)} single pairs within 2 u"
    return [
        at_most(table, f"{what}, stated {_rms(u) / size:.3f}", abs(float(error.mean())) / size, bar),
        Row(table, within, inside, f"≥ {LEAST_WITHIN}", inside >= LEAST_WITHIN),
    ]


def _volume_judged(name: str, errors: F64) -> list[Row]:
    if not errors.size:
        return [Row(VOLUME, f"{name}: no volume observable", float("nan"))]
    error, u, _ = errors.T
    per_area = 1.0 / (SIZE * PIXEL_NM) ** 2
    inside = float(np.mean(np.abs(error) <= 2.0 * u))
    what = f"{name}: volume over area, rms error, nm; stated {_rms(u) * per_area:.3g}; {inside:.2f} within 2 u"
    return [Row(VOLUME, what, _rms(error) * per_area)]


def _growth_errors(scene: RoundIslands, series: TerraceSeries) -> F64:
    """Of each pair of frames; the truth is what the edges swept."""
    rows = []
    for before, row in zip(series.frames.itertuples(), series.frames.iloc[1:].itertuples(), strict=False):
        seconds = row.time_s - before.time_s
        grown = _filled(scene, row.time_s, row.growth_rim_px) - _filled(scene, before.time_s, row.growth_rim_px)
        truth = grown / seconds / ((SIZE - 2 * row.growth_rim_px) * PIXEL_NM) ** 2
        rows.append((row.growth_nm_s - truth, row.growth_u_nm_s, truth))
    return np.array(rows).reshape(-1, 3)


def _volume_errors(scene: RoundIslands, series: TerraceSeries) -> F64:
    rows = []
    for row in series.frames.iloc[1:].itertuples():
        if row.volume_observable:
            truth = _filled(scene, row.time_s) - _filled(scene, 0.0)
            rows.append((row.volume_change_nm3 - truth, row.volume_change_u_nm3, truth))
    return np.array(rows).reshape(-1, 3)


def _filled(scene: RoundIslands, start_s: float, rim: int = 0) -> float:
    """Volume of islands less that of pits inside the image without its rim, each row at its own time, nm³."""
    at: F64 = (np.arange(SIZE, dtype=np.float64) - (SIZE - 1) / 2) * PIXEL_NM
    row_s: F64 = start_s + 0.96 * PERIOD_S / SIZE * np.arange(SIZE, dtype=np.float64)
    smooth = RoundIslands(**{n: getattr(scene, n) for n in RoundIslands.__slots__} | {"tile": 0.0 * scene.tile})
    lines = smooth.lines(np.full(SIZE, at[0], np.float64), PIXEL_NM, SIZE, at, row_s)
    inner = slice(rim, SIZE - rim)
    return float(lines.height[inner, inner].sum()) * PIXEL_NM**2


@lru_cache(maxsize=8)
def _spiral(seed: int) -> tuple[curvature_law.CurvatureLaw, tuple[float, float]]:
    address = f"sim://spiral?size=256&dose=1000&fps=0.5&seed={seed}&spacing_nm=240&turn_s=120"
    run = measured(address, 8)
    series = terraces_over_time(run.movie)
    return curvature_law.fit(series.blocks), (run.labels["velocity_nm_s"], run.labels["critical_radius_nm"])


@lru_cache(maxsize=8)
def _flow(seed: int) -> tuple[F64, float]:
    run = measured(f"sim://stepflow?size=256&dose=1000&fps=0.5&seed={seed}&patches_per_um2=0&bunching=0.3", 6)
    series = terraces_over_time(run.movie)
    frames, rows = series.frames, []
    for k in range(1, len(frames)):
        inner = slice(int(frames["growth_rim_px"][k]), 256 - int(frames["growth_rim_px"][k]))
        before, now = run.truth.height_nm[k - 1 : k + 1, inner, inner].mean(axis=(1, 2), dtype=np.float64)
        truth = (now - before) / 2.0
        rows.append((frames["growth_nm_s"][k] - truth, frames["growth_u_nm_s"][k], truth))
    return np.array(rows), float(frames["volume_observable"][1:].mean())


def _rms(values: F64) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else float("nan")
