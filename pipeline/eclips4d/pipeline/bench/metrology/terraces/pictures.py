"""Terraces and edges of three scenes, and velocities of pieces of edges over their curvature."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from eclips4d.metrology.movie import Grid, SurfaceFrame
from eclips4d.metrology.terraces import curvature_law
from eclips4d.metrology.terraces.contours import edges_of
from eclips4d.metrology.terraces.segmentation import segment
from eclips4d.pipeline.bench.metrology.simulated import measured
from eclips4d.pipeline.bench.metrology.terraces.films import CRITICAL_NM, V_INF_NM_S, growing
from eclips4d.pipeline.bench.registration.drawing import new_figure, save

SCENES = ("stepflow", "islands", "spiral")
_DOSE = 1000


def draw(folder: Path) -> None:
    """Write `metrology-terraces.png` and `metrology-curvature-law.png`."""
    figure = new_figure(9.0, 3.2)
    for axes, scene in zip(figure.subplots(1, len(SCENES)), SCENES, strict=True):
        run = measured(f"sim://{scene}?size=256&dose={_DOSE}&seed=3", 1)
        _terraces(axes, run.movie.read(0), run.movie.grid)
        axes.set_title(scene, fontsize=9)
    save(figure, folder / "metrology-terraces.png")
    figure = new_figure(5.2, 3.2)
    _law(figure.subplots())
    save(figure, folder / "metrology-curvature-law.png")


def _terraces(axes: Axes, frame: SurfaceFrame, grid: Grid) -> None:
    found = segment(frame, grid)
    colours = 0.45 + 0.55 * np.random.default_rng(4).random((found.count + 1, 3))
    colours[0] = 0.0
    axes.imshow(colours[found.label])
    for edge in edges_of(found, frame, grid):
        line = (edge.points_nm - grid.origin_nm) / grid.pixel_size_nm
        line = np.vstack([line, line[:1]]) if edge.closed else line
        axes.plot(*line.T, color="black", lw=0.8)
        axes.quiver(
            *line[:-1:12].T, edge.normal[::12, 0][: len(line[:-1:12])], -edge.normal[::12, 1][: len(line[:-1:12])],
            color="tab:red", scale=30, width=0.004,
        )  # fmt: skip
    axes.set_xticks([])
    axes.set_yticks([])


def _law(axes: Axes) -> None:
    blocks = growing(1, _DOSE)[1].blocks
    law = curvature_law.fit(blocks)
    bend = 1e3 * blocks["curvature_per_nm"]
    axes.errorbar(bend, blocks["velocity_nm_s"], 2 * blocks["velocity_u_nm_s"], fmt=".", ms=3, lw=0.5, color="0.5")
    at = np.linspace(float(bend.min()), float(bend.max()), 2)
    axes.plot(at, V_INF_NM_S * (1 - CRITICAL_NM * 1e-3 * at), "k-", lw=1.0, label="true")
    v, r = law.v_inf_nm_s, law.critical_radius_nm
    said = f"found: {v.value:.2f} ± {v.u:.2f} nm/s, r$_c$ {r.value:.1f} ± {r.u:.1f} nm"
    axes.plot(at, v.value * (1 - r.value * 1e-3 * at), "r--", lw=1.0, label=said)
    axes.set_xlabel("curvature, 1/µm; pits left, islands right", fontsize=8)
    axes.set_ylabel("velocity along the normal, nm/s", fontsize=8)
    axes.tick_params(labelsize=7)
    axes.legend(fontsize=7)
