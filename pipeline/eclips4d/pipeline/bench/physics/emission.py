"""Backscattered electrons: cross-sections, yields and directional contrast of the tables, and a fresh simulation."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from eclips4d.pipeline.bench.physics.emission_fresh import fresh_rows
from eclips4d.pipeline.bench.physics.emission_pictures import draw
from eclips4d.pipeline.bench.physics.emission_published import published_rows
from eclips4d.pipeline.bench.physics.emission_tables import table_rows
from eclips4d.pipeline.bench.rows import Row


def rows(console: Console) -> list[Row]:
    """All tables of this part; about a minute of tracing."""
    with console.status("cross-sections and tables"):
        found = [*published_rows(), *table_rows()]
    with console.status("fresh electrons"):
        return [*found, *fresh_rows()]


def pictures(folder: Path) -> None:
    """Scattering by angle, yield over energy, contrast over tilt, lobes."""
    draw(folder)
