"""Part `slopes` of `eclips4d bench networks`: every table about slopes, and their pictures."""

from __future__ import annotations

from pathlib import Path

from eclips4d.core.cache import cache_folder
from eclips4d.pipeline.bench.networks.context import BenchContext
from eclips4d.pipeline.bench.networks.judge.surfaces import ISSUED
from eclips4d.pipeline.bench.networks.slopes.coverage import coverage_rows, outside_rows
from eclips4d.pipeline.bench.networks.slopes.detection import detection_rows
from eclips4d.pipeline.bench.networks.slopes.errors import error_rows, occluded_rows
from eclips4d.pipeline.bench.networks.slopes.false_steps import false_step_rows
from eclips4d.pipeline.bench.networks.slopes.sharpness import sharpness_rows
from eclips4d.pipeline.bench.networks.slopes.transfer import transfer_rows
from eclips4d.pipeline.bench.rows import Row

FILM = Path("recordings") / "granular_afm.truth.npz"


def rows(context: BenchContext) -> list[Row]:
    """All tables; those on the same frames follow each other."""
    seeds, models, kept = context.seeds, context.models, kept_scores()
    film = context.data / FILM if context.data else None
    scenes = (*ISSUED, f"afm:{film}") if film and film.is_file() else ISSUED
    found: list[Row] = []
    with context.console.status("slope errors beside the best classical filters"):
        found += error_rows(seeds, models, scenes, kept) + occluded_rows(seeds, models)
    with context.console.status("stated uncertainty"):
        found += coverage_rows(seeds, models)
    with context.console.status("sharpness: risers, pairs, structure of a film"):
        found += sharpness_rows(seeds, models, kept) + transfer_rows(seeds, models, kept)
    with context.console.status("false steps and faint ones"):
        found += false_step_rows(seeds, models, kept) + detection_rows(seeds, models)
    with context.console.status("stated uncertainty outside the training range"):
        found += outside_rows(max(seeds // 2, 1), models)
    return found


def pictures(context: BenchContext, folder: Path) -> None:
    """Slopes of every scene by every method, error against edge width, coverage."""
    from eclips4d.pipeline.bench.networks.slopes.pictures import draw

    draw(context, folder)


def kept_scores() -> Path:
    """Where the peers' scores of single frames are kept: they do not change with the networks, and BM3D is slow."""
    return cache_folder() / "bench-networks-slopes"
