"""Part `height_ablations`: height errors of small integrators with one thing changed, over those of the full recipe."""

from __future__ import annotations

from pathlib import Path

from eclips4d.pipeline.bench.networks.ablations.part import HEIGHTS_SUBJECT, subject_rows
from eclips4d.pipeline.bench.networks.context import BenchContext
from eclips4d.pipeline.bench.rows import Row


def rows(context: BenchContext) -> list[Row]:
    """Train what was not trained before, and judge."""
    return subject_rows(HEIGHTS_SUBJECT, context)


def pictures(context: BenchContext, folder: Path) -> None:
    """None: losses of heights are in several bands."""
