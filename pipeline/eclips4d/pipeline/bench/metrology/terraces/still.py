"""Standing round islands and pits: where edges lie, how they curve, how long they are, what they cover."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eclips4d.metrology.terraces.contours import POSITION_SYSTEMATIC_PX, EdgeContour, edges_of
from eclips4d.metrology.terraces.levels import levels_of
from eclips4d.metrology.terraces.segmentation import segment
from eclips4d.pipeline.bench.metrology.terraces.films import DOSES, PIXEL_NM, SIZE, standing
from eclips4d.pipeline.bench.metrology.terraces.round_islands import RoundIslands
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

EDGES = "Terraces: edges of round islands and pits, radius 45 to 130 nm, one frame of 256² at 4 nm"
COVERAGE = "Terraces: coverage and heights of levels, the same frames"


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """Errors at one dose, all seeds together; arrays over edges, `levels` over seeds and islands' or pits' levels.

    Attributes
    ----------
    place, scatter, stated, bend, bend_scatter : float64 [edge]
        Mean displacement and its scatter along the edge, nm; stated random uncertainty of the mean, nm; relative
        errors of mean curvature and scatter of curvature times radius.
    length : float64 [closed edge]
        Relative.
    levels : float64 [level, 6]
        Error of share and its uncertainty; error of the step that leads there, nm, random and systematic uncertainty;
        edges found over edges there.
    """

    place: F64
    scatter: F64
    stated: F64
    bend: F64
    bend_scatter: F64
    length: F64
    levels: F64


def still_rows(seeds: int) -> list[Row]:
    """Both tables."""
    found = {dose: _measured(dose, seeds) for dose in DOSES}
    rows = [Row(EDGES, f"scenes, {np.mean([len(f.place) for f in found.values()]) / seeds:.1f} edges each", seeds)]
    for dose, f in found.items():
        name = f"{dose} electrons"
        mean = f"{f.place.mean() / PIXEL_NM:+.3f}"
        rows += [
            at_most(EDGES, f"{name}: displacement of an edge, rms, px; mean {mean}", _rms(f.place) / PIXEL_NM, 0.1),
            Row(EDGES, f"{name}: scatter of its points, px", _rms(f.scatter) / PIXEL_NM),
            at_most(EDGES, f"{name}: mean curvature times radius less 1, mean", abs(float(f.bend.mean())), 0.01),
            Row(EDGES, f"{name}: scatter of local curvature times radius", _rms(f.bend_scatter)),
            at_most(EDGES, f"{name}: length of closed edges, relative error, rms", _rms(f.length), 0.01),
            Row(EDGES, f"{name}: share of displacements within 2 u", _within(f.place, f.stated)),
        ]
    rows.append(Row(COVERAGE, "scenes", seeds))
    for dose, f in found.items():
        share, share_u, height, random_u, systematic_u, seen = f.levels.T
        name = f"{dose} electrons"
        inside = float(np.mean(np.abs(height) <= 2.0 * np.hypot(random_u, systematic_u)))
        rows += [
            Row(COVERAGE, f"{name}: edges found over edges in the image", float(seen.mean())),
            at_most(COVERAGE, f"{name}: covered share, error rms", _rms(share), 0.005),
            Row(COVERAGE, f"{name}: share of them within 2 u", float(np.mean(np.abs(share) <= 2.0 * share_u))),
            at_most(COVERAGE, f"{name}: height of levels, relative bias", abs(float(height.mean())) / 8.0, 0.01),
            Row(COVERAGE, f"{name}: height of levels, rms error, nm", _rms(height)),
            Row(COVERAGE, f"{name}: share of heights within 2 u", inside),
        ]
    return rows


def _rms(values: F64) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else float("nan")


def _within(error: F64, random_u: F64) -> float:
    u = np.hypot(random_u, POSITION_SYSTEMATIC_PX * PIXEL_NM)
    return float(np.mean(np.abs(error) <= 2.0 * u))


@lru_cache(maxsize=4)
def _measured(dose: int, seeds: int) -> Still:
    edges, levels = [], []
    for seed in range(1, seeds + 1):
        scene, movie = standing(seed, dose)
        frame, grid = movie.read(0), movie.grid
        terraces = segment(frame, grid)
        found = edges_of(terraces, frame, grid)
        edges += [_edge(scene, edge) for edge in found]
        levels += _levels(scene, levels_of(terraces, frame, grid).table, len(found))
    table = np.array(edges)
    place, scatter, stated, bend, bend_scatter, length = table.T
    return Still(place, scatter, stated, bend, bend_scatter, length[np.isfinite(length)], np.array(levels))


def _edge(scene: RoundIslands, edge: EdgeContour) -> list[float]:
    from_middle = edge.points_nm - (SIZE - 1) / 2 * PIXEL_NM
    far = np.hypot(*np.moveaxis(from_middle[:, None] - scene.centres, 2, 0))
    error = far - scene.radii[0]
    k = int(np.argmin(np.abs(error).mean(axis=0)))
    radius, sign = scene.radii[0, k], scene.up[k]
    bend = edge.curvature_per_nm[np.isfinite(edge.curvature_per_nm)] * radius * sign - 1.0
    stated = edge.position_sd_nm.mean() * np.sqrt(min(edge.correlation_nm / edge.length_nm, 1.0))
    length = edge.length_nm / (2 * np.pi * radius) - 1.0 if edge.closed else np.nan
    return [
        float(error[:, k].mean()),
        float(error[:, k].std()),
        float(stated),
        float(bend.mean()),
        float(bend.std()),
        float(length),
    ]


def _levels(scene: RoundIslands, table: pd.DataFrame, found: int) -> list[list[float]]:
    """Against a count on a grid four times as fine."""
    fine = ((np.arange(4 * SIZE) + 0.5) / 4 - SIZE / 2) * PIXEL_NM
    far = np.hypot(fine[None, :, None] - scene.centres[:, 0], fine[:, None, None] - scene.centres[:, 1])
    inside = (far < scene.radii[0]).mean(axis=(0, 1))
    seen = found / max(int((inside > 1e-3).sum()), 1)
    rows = []
    for sign in (1.0, -1.0):
        level = table[np.abs(table["height_nm"] - sign * scene.step_nm) < scene.step_nm / 2]
        if len(level) == 1:
            row = level.iloc[0]
            share_u = float(np.hypot(row["share_u"], row["share_systematic_u"]))
            error = sign * float(row["height_nm"]) - scene.step_nm
            height = [error, float(row["height_u_nm"]), float(row["height_systematic_u_nm"])]
            rows.append([float(row["share"] - inside[scene.up == sign].sum()), share_u, *height, seen])
    return rows
