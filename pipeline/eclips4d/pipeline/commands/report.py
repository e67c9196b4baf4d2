"""`eclips4d report`: one HTML page about a run, with everything in it."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from eclips4d.core.errors import InputError
from eclips4d.core.stacking import check_frames
from eclips4d.storage.objects import is_object

MEASURING = "measuring"


def report(
    store: Path,
    /,
    *,
    out: Path | None = None,
    line: str | None = None,
    stack: int | None = None,
    lattice: str | None = None,
    planes: str | None = None,
    wall: str | None = None,
) -> int:
    """Write a report of a run as one HTML file that needs nothing else: figures, tables, uncertainties, provenance.

    Example: `eclips4d report movie.zarr --out movie.html --lattice Cu --planes 100,111`

    It opens in any browser, without a network, and prints. What could not be measured is listed, each with its reason.
    The run may be going on: the report then tells what is committed.

    Parameters
    ----------
    store
        The store of a run, finished or growing.
    out
        The page, `FILE.html`; beside the store, with its name, when not given.
    line
        X0,Y0,X1,Y1 in nm: where steps are followed. Through the middle, along the steepest descent, when not given.
    stack
        Measure the mean of so many frames, 1 to 64, where one frame shows nothing; what the run was begun with when not
        given.
    lattice
        Of the crystal whose planes the facets are: `cubic`, `tetragonal:C/A`, `hexagonal:C/A`, six numbers
        `A,B,C,ALPHA,BETA,GAMMA` (lengths in any unit, degrees), or a material such as `Cu`, `Si`, `Ti`. Cubic when not
        given. How it lies is found from the facets.
    planes
        Families that facets may be, three indices each: `100,110,223`, with blanks where one is negative:
        `1 -1 1,110`. Those of low indices when not given.
    wall
        DEG or DEG:U: how steep the walls of the steps are, and the standard uncertainty of that, 1 when not given.
        Heights of steps whose walls are narrower than a pixel depend on it.
    """
    from eclips4d.pipeline.preparation import counting
    from eclips4d.pipeline.profile_report.wall import declared_wall
    from eclips4d.pipeline.run_report.assembly import make_page, make_sections
    from eclips4d.pipeline.run_report.chosen_line import parse_line
    from eclips4d.pipeline.run_report.crystal import parse_crystal
    from eclips4d.pipeline.run_report.reading import open_content

    beside = Path(store.name) if is_object(store) else store
    target = out or (beside.with_suffix(".html") if store.name else Path("report.html"))
    _check_target(target)
    given = None if line is None else parse_line(line)
    crystal = parse_crystal(lattice, planes)
    known = declared_wall(wall)
    if stack is not None:
        check_frames(stack, "--stack")
    with (
        counting(Console(stderr=True, markup=False), MEASURING) as measured,
        open_content(store, given, stack, measured, crystal, known) as content,
    ):
        sections = make_sections(content)
        page = make_page(content, sections)
    target.write_text(page, encoding="utf-8")
    size = f"{target.stat().st_size / 1e6:.1f} MB"
    Console(markup=False).print(f"{target}: {len(sections)} parts, {size}", soft_wrap=True, highlight=False)
    return 0


def _check_target(path: Path) -> None:
    if path.suffix not in (".html", ".htm") or not path.absolute().parent.is_dir():
        cure = "give NAME.html in a folder that exists"
        raise InputError("not a file that can be made", where=str(path), cure=cure)
