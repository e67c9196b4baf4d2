"""`eclips4d plan`: what can be seen, before the beam is on."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from eclips4d.core.errors import InputError
from eclips4d.pipeline.planning.wish import Wish


def plan(
    wish: Annotated[Wish | None, Parameter(name="*")] = None,
    *,
    json: Annotated[bool, Parameter(negative="")] = False,
    plot: Path | None = None,
) -> int:
    """Say what can be seen: smallest step, angle and velocity, fluence, fastest steps, interaction volume, disk.

    Example: `eclips4d plan --instrument microscope.toml --current-na 1 --dwell-us 10 --pixel-nm 2 --spacing-nm 60`

    Parameters
    ----------
    json
        Numbers for scripts instead of a table.
    plot
        A picture, `FILE.png`: smallest step over edge length, and angle over facet size.
    """
    from eclips4d.physics.limits.plan import make_plan
    from eclips4d.pipeline.planning.report import disk_gb_per_hour, report
    from eclips4d.pipeline.planning.series_of import planned_series

    if plot is not None and (plot.suffix != ".png" or not plot.absolute().parent.is_dir()):
        raise InputError("not a file that can be made", where=str(plot), cure="give NAME.png in a folder that exists")
    series = planned_series(wish or Wish())
    found = make_plan(series)
    if plot is not None:
        from eclips4d.pipeline.planning.picture import draw

        draw(series, found, plot)
    console = Console(markup=False)
    if json:
        numbers = asdict(found) | {"material": series.material, "disk_gb_per_hour": disk_gb_per_hour(series)}
        console.print(
            msgspec.json.format(msgspec.json.encode(numbers), indent=2).decode(), soft_wrap=True, highlight=False
        )
        return 0
    table = Table("limit", f"{series.sigma:g} σ", "what limits you, and what to change", box=None, pad_edge=False)
    for line in report(series, found):
        table.add_row(*line)
    console.print(table, highlight=False)
    return 0
