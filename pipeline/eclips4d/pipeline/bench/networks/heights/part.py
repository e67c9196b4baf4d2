"""Part `heights` of `eclips4d bench networks`: every table about heights, and their pictures."""

from __future__ import annotations

from pathlib import Path

from eclips4d.pipeline.bench.networks.context import BenchContext
from eclips4d.pipeline.bench.networks.heights.coverage import coverage_rows
from eclips4d.pipeline.bench.networks.heights.indent import indent_rows
from eclips4d.pipeline.bench.networks.heights.real_facets import facet_rows
from eclips4d.pipeline.bench.networks.heights.recorded import recording_rows
from eclips4d.pipeline.bench.networks.heights.steep import steep_rows
from eclips4d.pipeline.bench.networks.heights.steep_bounds import bound_rows
from eclips4d.pipeline.bench.rows import Row


def rows(context: BenchContext) -> list[Row]:
    """All tables; those on recordings and real frames only where they are."""
    models = context.models
    with context.console.status("heights of recordings over the floor"):
        found = recording_rows(context.data, models)
    with context.console.status("steep simulated facets"):
        found += steep_rows(context.seeds, models) + bound_rows(context.seeds)
    with context.console.status("a real indent, and real facets"):
        if (indent := real(context.data, "vickers")) is not None:
            found += indent_rows(indent, models)
        if (facets := real(context.data, "facets")) is not None:
            found += facet_rows(facets, models)
    with context.console.status("stated uncertainty of height differences"):
        found += coverage_rows(context.seeds, models)
    return found


def pictures(context: BenchContext, folder: Path) -> None:
    """The indent's slopes and faces, real facets, frusta, height differences against their stated sd."""
    from eclips4d.pipeline.bench.networks.heights.pictures import draw

    draw(context.models, folder, context.data)


def real(data: Path | None, name: str) -> Path | None:
    """Folder of a real frame, where it is."""
    folder = data / "real" / name if data else None
    return folder if folder and folder.is_dir() else None
