"""Part `terraces` of `eclips4d bench metrology`: edges and terraces in two dimensions, and roughness."""

from __future__ import annotations

from pathlib import Path

from eclips4d.pipeline.bench.metrology.context import MetrologyContext
from eclips4d.pipeline.bench.metrology.terraces import moving, passing, rough, still
from eclips4d.pipeline.bench.rows import Row

SEEDS = 5


def rows(context: MetrologyContext) -> list[Row]:
    """All tables."""
    seeds = context.seeds or SEEDS
    found: list[Row] = []
    for said, measure in (
        ("standing islands", still.still_rows),
        ("islands that obey the law", moving.law_rows),
        ("growth and volume", moving.volume_rows),
        ("growth spirals", moving.spiral_rows),
        ("step flow", moving.flow_rows),
        ("growth from passing edges", passing.passing_rows),
        ("roughness", rough.rough_rows),
    ):
        with context.console.status(said):
            found += measure(seeds)
    return found


def pictures(context: MetrologyContext, folder: Path) -> None:
    """Terraces and edges of three scenes, and velocities over curvature."""
    from eclips4d.pipeline.bench.metrology.terraces.pictures import draw

    draw(folder)
