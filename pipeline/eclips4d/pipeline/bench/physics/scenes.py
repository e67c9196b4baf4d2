"""The scenes' validation: growth spirals against theory, facets against crystallography, processor time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.console import Console

from eclips4d.physics.scenes import SCENES, build_scene
from eclips4d.physics.scenes.bcf.radial import steady_spiral
from eclips4d.pipeline.bench.physics import scenes_measured as measured
from eclips4d.pipeline.bench.physics import scenes_pictures
from eclips4d.pipeline.bench.rows import Row, at_most

_SPIRALS = "Growth spirals against the theory of Burton, Cabrera and Frank"
_FACETS = "Facets, from planes through pixel means"
_TIME = "Processor time of a 512² frame, s"
_ANGLES = {"100": (45.0, 54.7356), "110": (45.0, 35.2644, 60.0), "111": (54.7356, 35.2644, 70.5288)}
_FAST_S = 0.2


def rows(console: Console) -> list[Row]:
    """All tables."""
    console.print("scenes: spirals", style="dim")
    made = [*_theory(), *_rendered()]
    console.print("scenes: facets", style="dim")
    made += [row for top in _ANGLES for row in _facets(top)]
    console.print("scenes: time", style="dim")
    return made + _times()


def pictures(folder: Path) -> None:
    """All scenes, and the spirals over time."""
    scenes_pictures.draw(folder)


def _theory() -> list[Row]:
    spiral = steady_spiral()
    errors = {cell: 100.0 * abs(measured.rotation_error(cell)) for cell in (1.0, 0.5, 0.25)}
    order = float(np.log2(errors[0.5] / errors[0.25]))
    rotation, spacing = spiral.rotation, spiral.spacing
    return [
        Row(_SPIRALS, "rotation of the steady solution, v_inf/r_c", rotation, "0.331", _near(rotation, 0.331)),
        Row(_SPIRALS, "its far spacing, r_c", spacing, "19.0", _near(spacing, 19.0)),
        at_most(_SPIRALS, "level set, cells of r_c: rotation off by, %", errors[1.0], None),
        at_most(_SPIRALS, "level set, cells of r_c/2 (what is used): rotation off by, %", errors[0.5], 2.0),
        at_most(_SPIRALS, "level set, cells of r_c/4: rotation off by, %", errors[0.25], None),
        Row(_SPIRALS, "order of convergence", order, "2", order > 1.7),
    ]


def _rendered() -> list[Row]:
    scene = build_scene("spiral", (600.0, 600.0), 1, 12.0, spacing_nm=100.0, cores=1, riser_nm=4.0)
    turns = measured.turns_by_theory(scene, 80.0, 390.0)
    volume = measured.volume_balance(scene, 220.0)
    three = build_scene("spiral", (800.0, 800.0), 2, 12.0, spacing_nm=100.0, cores=3, riser_nm=4.0)
    defect = float(np.asarray(three.labels()["periodicity_defect_rad"])) / (2.0 * np.pi)
    return [
        at_most(
            _SPIRALS, "rendered: spacing over that of the steady solution, off by, %", 100.0 * abs(turns - 1.0), 1.0
        ),
        at_most(
            _SPIRALS, "rendered: volume grown over volume swept by the step, off by, %", 100 * abs(volume - 1), 3.0
        ),
        at_most(
            _SPIRALS, "three merging cores: what did not repeat and was evened out, % of a step", 100.0 * defect, 1.0
        ),
    ]


def _near(value: float, wanted: float) -> bool:
    return abs(value / wanted - 1.0) < 0.002


def _facets(top: str) -> list[Row]:
    normals = measured.facet_normals(top)
    tilt = np.degrees(np.arccos(np.clip(normals[:, 2], -1.0, 1.0)))
    made = []
    for angle in _ANGLES[top]:
        here = tilt[np.abs(tilt - angle) < 2.0]
        worst = float(np.abs(here - angle).max()) if len(here) else float("nan")
        made.append(at_most(_FACETS, f"({top}) top, facets of {angle:.2f}°: {len(here)} pixels, worst, °", worst, 0.01))
    if top == "100":
        direction = np.degrees(np.arctan2(-normals[:, 1], normals[:, 0]))
        first, second = (direction[np.abs(tilt - angle) < 0.1] for angle in _ANGLES["100"])
        crossing = float(np.median(np.mod(second[:, None] - first[None, ::7], 90.0)))
        made.append(
            Row(
                _FACETS,
                "(100) top: traces of the two families cross at, °",
                crossing,
                "45 (135)",
                abs(crossing - 45.0) < 0.01,
            )
        )
    return made  # fmt: skip


def _times() -> list[Row]:
    made = []
    for name in sorted(set(SCENES) - {"afm"}):
        scanned, means = measured.frame_seconds(build_scene(name, (2560.0, 2560.0), 1, 12.0))
        bar = _FAST_S if name == "copper-redox" else None
        made.append(at_most(_TIME, f"{name}, as scanned", scanned, bar))
        made.append(at_most(_TIME, f"{name}, true pixel means", means, bar))
    return made
