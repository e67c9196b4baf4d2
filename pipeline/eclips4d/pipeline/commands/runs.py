"""`eclips4d runs`: a catalogue of many runs, and tables over them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cyclopts import App, Parameter
from rich.console import Console

from eclips4d.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from eclips4d.pipeline.campaign.catalogue import Catalogue
    from eclips4d.pipeline.campaign.entry import RunEntry
    from eclips4d.pipeline.campaign.renewing import Renewed
    from eclips4d.pipeline.campaign.wish import Wish

runs = App(
    name="runs",
    help="""Find runs among many by date, material, gas or model, and make one table over them.

Example: `eclips4d runs add /data/2026`, then `eclips4d runs list --material copper --gas o2 --since 2026-11`

The catalogue remembers what stores say of themselves; stores are never written. It lies in the user's own data folder,
or where `--catalogue` says, and may be deleted: `add` makes it again.""",
)


@Parameter(name="*")
@dataclass(frozen=True)
class Which:
    """Which runs are meant.

    Attributes
    ----------
    since
        Begun at this time or later: 2026, 2026-11, 2026-11-29 or 2026-11-29T14:30, UTC.
    until
        Begun no later than within this year, month, day, hour or minute.
    material
        Part of the specimen's material.
    gas
        Part of the name of a gas that was there.
    model
        Part of a model's name, or the beginning of its fingerprint.
    name
        Part of the store's path or of the run's identity.
    where
        A condition in SQL, such as "frames > 100 AND pixel_nm < 5"; `eclips4d runs sql` shows the columns.
    """

    since: str = ""
    until: str = ""
    material: str = ""
    gas: str = ""
    model: str = ""
    name: str = ""
    where: str = ""

    def wish(self) -> Wish:
        """The same for the catalogue."""
        from eclips4d.pipeline.campaign.wish import Wish

        return Wish(
            since=self.since,
            until=self.until,
            material=self.material,
            gas=self.gas,
            model=self.model,
            name=self.name,
            where=self.where,
        )


ALL = Which()


@runs.command
def add(*folders: Path, catalogue: Path | None = None) -> int:
    """Read all stores under these folders, and remember the folders for `renew`.

    Example: `eclips4d runs add /data/2026 .`

    Exit code 1 when a store could not be read.

    Parameters
    ----------
    folders
        Are walked; links to folders are not followed. A single RUN.zarr will do.
    catalogue
        File of the catalogue.
    """
    from eclips4d.pipeline.campaign.renewing import add as added
    from eclips4d.pipeline.preparation import counting

    if not folders:
        raise InputError("no folder given", where="eclips4d runs add", cure="as in: eclips4d runs add /data/2026")
    console = Console(markup=False, highlight=False)
    with _opened(catalogue) as known, counting(Console(stderr=True, markup=False), "reading stores") as report:
        renewed = added(known, folders, report)
    return _told(console, renewed)


@runs.command
def renew(*, catalogue: Path | None = None) -> int:
    """Look through the folders of `add` again: stores that are new, have grown, were moved or are gone.

    Example: `eclips4d runs renew`

    Stores in folders that are not there at present, such as on a disk that is not mounted, stay known. Exit code 1
    when a store could not be read.

    Parameters
    ----------
    catalogue
        File of the catalogue.
    """
    from eclips4d.pipeline.campaign.renewing import renew as renewed_by
    from eclips4d.pipeline.preparation import counting

    console = Console(markup=False, highlight=False)
    with _opened(catalogue) as known, counting(Console(stderr=True, markup=False), "reading stores") as report:
        _not_empty(known)
        renewed = renewed_by(known, report)
    return _told(console, renewed)


@runs.command(name="list")
def list_(*, which: Which = ALL, catalogue: Path | None = None) -> int:
    """List runs, the oldest first.

    Example: `eclips4d runs list --material copper --gas o2 --since 2026-11`

    Parameters
    ----------
    which
        See the options of the same names.
    catalogue
        File of the catalogue.
    """
    from eclips4d.pipeline.campaign.words import runs_table

    console = Console(markup=False, highlight=False)
    with _opened(catalogue) as known:
        found = _found(known, which)
    console.print(runs_table(found) if found else "no run fits")
    if found:
        frames = sum(run.frames for run in found)
        console.print(f"{len(found)} {'run' if len(found) == 1 else 'runs'}, {frames} frames")
    return 0


@runs.command
def show(name: str, /, *, catalogue: Path | None = None) -> int:
    """Show all that is known of the runs with this in their path or identity.

    Example: `eclips4d runs show redox-3`

    Parameters
    ----------
    name
        Part of the store's path or of the run's identity.
    catalogue
        File of the catalogue.
    """
    from rich.table import Table

    from eclips4d.pipeline.campaign.words import run_rows

    console = Console(markup=False, highlight=False)
    with _opened(catalogue) as known:
        found = _found(known, Which(name=name))
    if not found:
        raise InputError("no run has this in its path or identity", where=name, cure="eclips4d runs list shows all")
    for run in found:
        table = Table(show_header=False, box=None)
        for caption, value in run_rows(run):
            table.add_row(caption, value)
        console.print(table)
    return 0


@runs.command
def forget(name: str, /, *, catalogue: Path | None = None) -> int:
    """Forget runs, and folders, with this in their path or identity. The stores stay where they are.

    Example: `eclips4d runs forget /data/2024`

    What lies in a folder that is not forgotten is found again by `renew`.

    Parameters
    ----------
    name
        Part of the store's path or of the run's identity.
    catalogue
        File of the catalogue.
    """
    console = Console(markup=False, highlight=False)
    with _opened(catalogue) as known:
        found = _found(known, Which(name=name))
        known.forget(run.path for run in found)
        folders = [folder for folder in known.folders if name in folder]
        known.leave(folders)
    for path in sorted({*(run.path for run in found), *folders}):
        console.print(f"{path}: forgotten", soft_wrap=True)
    if not found and not folders:
        raise InputError("no run has this in its path or identity", where=name, cure="eclips4d runs list shows all")
    return 0


@runs.command
def sql(
    question: str = "SELECT * FROM runs LIMIT 3", /, *, out: Path | None = None, catalogue: Path | None = None
) -> int:
    """Ask the catalogue anything in SQL; it is only read.

    Example: `eclips4d runs sql "SELECT material, count(*), sum(frames) FROM runs GROUP BY material"`

    Tables: `runs`, one row per store; `side` with name, unit, least, mean and most of every side value; `models` with
    name, fingerprint, engine and frames. Both have the column `path` of `runs`. The specimen of the instrument file is
    JSON: `specimen ->> 'sample'`.

    Parameters
    ----------
    question
        One statement.
    out
        The answer as `FILE.csv` or `FILE.parquet`.
    catalogue
        File of the catalogue.
    """
    import pandas as pd

    from eclips4d.pipeline.profile_report.table import check_target

    if out is not None:
        check_target(out)
    with _opened(catalogue) as known:
        columns, rows = known.ask(question)
    _write(pd.DataFrame(rows, columns=columns), out, "rows")
    return 0


@runs.command
def table(
    what: Literal["steps", "summary"],
    /,
    *,
    line: str,
    out: Path,
    width: float = 0.0,
    stack: int = 1,
    wall: str | None = None,
    which: Which = ALL,
    catalogue: Path | None = None,
) -> int:
    """Follow the steps on one line through many runs: one table, with run, material, gas and side values in front.

    Example: `eclips4d runs table summary --line 100,400,900,180 --material copper --out speeds.csv`

    Columns are those of `eclips4d profile`. Runs without steps on the line, or without surfaces, are named and left
    out; exit code 1 when that is every run.

    Parameters
    ----------
    what
        `steps`: a row per run, frame and step. `summary`: a row per run and step, with means over time.
    line
        X0,Y0,X1,Y1 in nm, on each run's own grid.
    out
        `FILE.csv` or `FILE.parquet`.
    width
        Over which is averaged across the line, nm.
    stack
        Means of so many successive frames instead of single ones.
    wall
        DEG or DEG:U: how steep the walls of the steps are, in all of these runs, and the standard uncertainty of that,
        1 when not given. Heights of steps whose walls are narrower than a pixel depend on it; it stands in the columns
        `wall_deg` and `wall_u_deg`.
    which
        See the options of the same names.
    catalogue
        File of the catalogue.
    """
    from eclips4d.pipeline.campaign.joined import joined
    from eclips4d.pipeline.campaign.steps import steps_of
    from eclips4d.pipeline.preparation import counting
    from eclips4d.pipeline.profile_report.table import check_target
    from eclips4d.pipeline.profile_report.wall import declared_wall

    check_target(out)
    make = steps_of(line, width, stack, declared_wall(wall), summary=what == "summary")
    console = Console(markup=False, highlight=False)
    with _opened(catalogue) as known:
        found = _found(known, which)
    if not found:
        raise InputError("no run fits", where="eclips4d runs table", cure="eclips4d runs list shows all")
    with counting(Console(stderr=True, markup=False), "following steps, run by run") as report:
        made, failed = joined(found, make, report)
    for path, why in failed.items():
        console.print(f"left out: {why if path in why else f'{path}: {why}'}", soft_wrap=True)
    _write(made, out, f"rows of {len(found) - len(failed)} runs")
    return 1 if len(failed) == len(found) else 0


@contextmanager
def _opened(file: Path | None) -> Iterator[Catalogue]:
    from eclips4d.pipeline.campaign.catalogue import open_catalogue

    with open_catalogue(file) as catalogue:
        if catalogue.begun_anew:
            said = (
                f"{catalogue.file}: begun anew: {catalogue.begun_anew}; eclips4d runs add FOLDER reads the stores again"
            )
            Console(stderr=True, markup=False, highlight=False).print(said, soft_wrap=True)
        yield catalogue


def _not_empty(catalogue: Catalogue) -> None:
    if not catalogue.folders:
        raise InputError("nothing in it", where=str(catalogue.file), cure="begin with: eclips4d runs add FOLDER")


def _found(catalogue: Catalogue, which: Which) -> list[RunEntry]:
    _not_empty(catalogue)
    return catalogue.find(*which.wish().condition())


def _told(console: Console, renewed: Renewed) -> int:
    for path, why in renewed.unreadable.items():
        console.print(why if path in why else f"{path}: {why}", soft_wrap=True)
    for folder in renewed.away:
        console.print(f"{folder}: not there at present; its runs stay known", soft_wrap=True)
    console.print(renewed.line)
    return 1 if renewed.unreadable else 0


def _write(made: pd.DataFrame, out: Path | None, what: str) -> None:
    from eclips4d.pipeline.profile_report.table import write

    console = Console(markup=False, highlight=False)
    if out is None:
        console.print(made.to_string(index=False), soft_wrap=True)
    else:
        write(made, out)
        console.print(f"{out}: {len(made)} {what}", soft_wrap=True)
