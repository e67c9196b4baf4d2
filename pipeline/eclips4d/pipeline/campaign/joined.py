"""One table over many runs: each run's own table with what tells the runs apart in front."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from eclips4d.core.errors import EclipsError
from eclips4d.pipeline.campaign.entry import RunEntry

if TYPE_CHECKING:
    import pandas as pd

FRONT = ("run_id", "run", "begun_utc", "material", "gas")
"""Columns that come before those of the runs' own tables; `run` is the store's path."""
MakeTable = Callable[[RunEntry], "pd.DataFrame"]


def joined(
    runs: Sequence[RunEntry], make: MakeTable, report: Callable[[int, int], None] = lambda done, total: None
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The tables of all runs, one below the other, and what could not be had: path and reason.

    Columns that one run has and another has not are empty where they are missing. Mean values of side streams stand as
    `mean_<name>`, so that steps can be plotted over temperature or pressure at once.
    """
    import pandas as pd

    tables: list[pd.DataFrame] = []
    failed: dict[str, str] = {}
    for done, run in enumerate(runs):
        report(done, len(runs))
        try:
            own = make(run)
        except EclipsError as error:
            failed[run.path] = str(error)
            continue
        tables.append(_with_front(own, run))
    report(len(runs), len(runs))
    told = [table for table in tables if len(table)] or tables[:1]
    return (pd.concat(told, ignore_index=True) if told else pd.DataFrame(columns=list(FRONT))), failed


def _with_front(own: pd.DataFrame, run: RunEntry) -> pd.DataFrame:
    front = {
        "run_id": run.run_id,
        "run": run.path,
        "begun_utc": run.begun_utc,
        "material": run.material,
        "gas": run.gas,
    }
    side = {f"mean_{value.name}": value.mean for value in run.side}
    table = own.copy()
    for place, (name, value) in enumerate({**front, **side}.items()):
        table.insert(place, name, value)
    return table
