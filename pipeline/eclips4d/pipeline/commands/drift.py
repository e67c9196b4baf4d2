"""`eclips4d drift`: where the content of every frame lay, how sure that is, and which frames were not aligned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from eclips4d.core.errors import InputError, StoreError
from eclips4d.storage.objects import address

if TYPE_CHECKING:
    import xarray as xr

    from eclips4d.metrology.drift import DriftSeries
    from eclips4d.pipeline.drift_report.content import Content

FOLLOWING = "following the frames again"


def drift(store: Path, /, *, out: Path | None = None, plot: Path | None = None, smooth: bool = False) -> int:
    """Say how the image content drifted: one row per committed frame as a table, a picture, or a short summary.

    Example: `eclips4d drift movie.zarr --out drift.csv --plot drift.png`

    Displacements are those of the image content at the start of a frame relative to the start of frame 0, x to the
    right and y downwards; rates are changes from a frame's first to its last row. A frame that is not aligned has
    what was predicted; one without results has NaN and reference -1. The datum is the plane by which the frame's height
    lies off its reference frame's, NaN where nothing static tells it. The run may be going on.

    Parameters
    ----------
    store
        The store of a run, finished or growing.
    out
        The table, `FILE.csv` or `FILE.parquet`, instead of the summary.
    plot
        A picture, `FILE.png`: drift over time with bands of one standard deviation, frames not aligned, and changes of
        the reference grid.
    smooth
        Follow all recorded frames once more and give, beside the drift that was found live, the one that they tell
        together: each frame's is then corrected by those after it. Takes some tenths of a second per frame.
    """
    from eclips4d.pipeline.drift_report.table import check_target, write

    if out is not None:
        check_target(out)
    if plot is not None:
        check_target(plot, (".png",))
    content = read_content(store)
    if smooth:
        content = _with_smoothed(content, store)
    console = Console(markup=False)
    if out is not None:
        write(content, out)
        console.print(f"{out}: {_counted(len(content.live))}", soft_wrap=True)
    else:
        console.print(_summary(store, content), highlight=False)
    if plot is not None:
        from eclips4d.pipeline.drift_report.picture import draw

        draw(content, store.name, plot)
        console.print(f"{plot}: drift over time", soft_wrap=True)
    return 0


def read_content(store: Path) -> Content:
    """Drift and datum of what is committed at this moment.

    Raises
    ------
    InputError
        No store, or nothing is committed yet.
    StoreError
        It is damaged.
    """
    from eclips4d import storage
    from eclips4d.metrology.datum import read_datum
    from eclips4d.pipeline.drift_report.content import Content

    held = storage.summary(store)
    with storage.open(store) as run:
        if not run.sizes["time"]:
            raise InputError("no frame is committed yet", where=str(store), cure="wait for the first frame")
        return Content(_read_series(store, run, held.pixel_size_nm), read_datum(run))


def _read_series(store: Path, run: xr.Dataset, pixel_size_nm: tuple[float, float]) -> DriftSeries:
    from eclips4d.metrology.drift import read_drift

    try:
        return read_drift(run, pixel_size_nm)
    except StoreError as error:
        raise StoreError(error.what, where=str(store), cure=error.cure) from error


def _with_smoothed(content: Content, store: Path) -> Content:
    from eclips4d.pipeline.drift_report.again import smoothed_series
    from eclips4d.pipeline.preparation import counting

    with counting(Console(stderr=True, markup=False), FOLLOWING) as report:
        return replace(content, smoothed=smoothed_series(store, content.live, report))


def _counted(frames: int) -> str:
    return f"{frames} {'frame' if frames == 1 else 'frames'}"


def _summary(store: Path, content: Content) -> Table:
    from eclips4d.pipeline.drift_report.summary import alignment_events, summary_rows

    table = Table(show_header=False, box=None, title=address(store), title_justify="left")
    for name, value in summary_rows(content):
        table.add_row(name, value)
    for k, (when, what) in enumerate(alignment_events(store)):
        table.add_row("" if k else "events", f"{when}  {what}" if when else what)
    return table
