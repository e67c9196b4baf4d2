"""Facets and crossed steps against crystals known exactly."""

from __future__ import annotations

from pathlib import Path

from eclips4d.pipeline.bench.metrology.context import MetrologyContext
from eclips4d.pipeline.bench.metrology.facets.crossed_rows import crossed_rows
from eclips4d.pipeline.bench.metrology.facets.frusta_rows import frusta_rows
from eclips4d.pipeline.bench.metrology.facets.frusta_trials import trials
from eclips4d.pipeline.bench.metrology.facets.pictures import draw
from eclips4d.pipeline.bench.metrology.facets.recorded import recorded_rows
from eclips4d.pipeline.bench.rows import Row

_SEEDS = 6


def rows(context: MetrologyContext) -> list[Row]:
    """All tables."""
    seeds = context.seeds or _SEEDS
    found = [*frusta_rows(list(trials(seeds))), *crossed_rows(seeds)]
    return found if context.data is None else [*found, *recorded_rows(context.data)]


def pictures(context: MetrologyContext, folder: Path) -> None:
    """Stereogram and label map."""
    draw(folder)
