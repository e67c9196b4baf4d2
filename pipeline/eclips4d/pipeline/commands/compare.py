"""`eclips4d compare`: a run's heights against a height map of the same place by another instrument."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from eclips4d.core.errors import InputError

if TYPE_CHECKING:
    from eclips4d.metrology.maps.comparison import Comparison, Settings
    from eclips4d.metrology.movie import Grid, SurfaceFrame
    from eclips4d.metrology.quantity import Quantity

LEVELLED = {
    "plane": "the mean plane is nobody's: it was taken off both, so that their mean difference is 0 by definition",
    "offset": "the mean height is nobody's: it was taken off both, so that their mean difference is 0 by definition",
    "none": "nothing was taken off; a run's mean plane is observable only where a datum tells it",
}
ON_REFERENCE = "the {level} of the reference area was taken off both; figures count what lies outside it"
TIP = (
    "a tip shows pits too shallow and steps too wide: give --tip RADIUS to dilate the run likewise",
    "the run's surface was dilated by a tip of {radius:g} nm",
)


def compare(
    store: Path,
    /,
    *,
    map_file: Annotated[Path, Parameter(name="--with")],
    frame: int | None = None,
    stack: int | None = None,
    channel: str | None = None,
    pixel: float | None = None,
    align: Literal["shift", "turn", "scale"] = "scale",
    turn: str = "0",
    level: Literal["plane", "offset", "none"] = "plane",
    reference: str | None = None,
    map_sd: float | None = None,
    map_scale: float = 0.0,
    tip: float = 0.0,
    trust: int = 0,
    out: Path | None = None,
    plot: Path | None = None,
) -> int:
    """Compare a run's heights with a height map of the same place: bias, scatter, limits of agreement, height scale.

    Example: `eclips4d compare movie.zarr --with afm.gwy --stack 8 --plot agreement.png`

    The map is put onto the run's grid, both are brought to the coarser one's pixel size, and a common plane is taken
    off, because no run knows its own mean plane. Differences are run less map. Every uncertainty counts that
    neighbouring pixels err together. Names of files: .gwy (Gwyddion), .spm (Bruker, Nanoscope) and .ibw (Asylum,
    Igor) need `pip install 'eclips4d[formats]'`; .npz with `height_nm` and `pixel_size_nm`; .tif with heights in nm.

    Parameters
    ----------
    store
        The store of a run, finished or growing.
    map_file
        The height map.
    frame
        Which frame of the run; the newest that is aligned when not given.
    stack
        Compare the mean of so many frames that end with this one, 1 to 64.
    channel
        Which image of the file, by name or number; otherwise the first that is called a height.
    pixel
        Size of the map's pixels, nm, for files that do not tell.
    align
        What is fitted to put the map in place: its shift, its turn too, or its lateral scale besides.
    turn
        By how many degrees the map is turned counter-clockwise on the screen, to some 8 degrees, or `any`: look all
        around, and for its mirror image.
    level
        What is taken off both: their plane, their offset, or nothing.
    reference
        X0,Y0,X1,Y1 in nm: level on this area of the run, flat and the same in both, and compare the rest.
    map_sd
        Standard deviation of the map's own noise, nm; makes the ratio of the height scales sharper.
    map_scale
        Relative standard uncertainty of the map's height scale, such as 0.02.
    tip
        Radius of the tip, nm: dilate the run's surface likewise before it is compared.
    trust
        Leave out pixels of the run with less trust, 0 to 100.
    out
        Table, `FILE.csv`: one row per figure.
    plot
        Picture, `FILE.png`: maps, difference, Bland-Altman plot.
    """
    from eclips4d.metrology.maps.comparison import compare as compared
    from eclips4d.metrology.maps.reading.files import read_map
    from eclips4d.pipeline.drift_report.table import check_target

    for target, suffix in ((out, ".csv"), (plot, ".png")):
        if target is not None:
            check_target(target, (suffix,))
    settings = _settings(align, turn, level, reference)
    settings = _with_instrument(settings, map_sd, map_scale, tip, trust)
    surface, grid = _surface(store, frame, stack)
    found = compared(surface, grid, read_map(map_file, channel=channel, pixel_size_nm=pixel), settings)
    console = Console(markup=False)
    _say(console, found)
    _write(console, found, out, plot, f"{store.name} frame {found.frame} against {map_file.name}")
    return 0


def _settings(align: str, turn: str, level: str, reference: str | None) -> Settings:
    from eclips4d.metrology.maps.comparison import Align, Settings
    from eclips4d.metrology.maps.levelling import Level

    box = None if reference is None else _numbers(reference, "--reference")
    if box is not None and len(box) != 4:
        raise InputError(f"{reference!r} is no area", where="--reference", cure="give X0,Y0,X1,Y1 in nm")
    angle = None if turn == "any" else _numbers(turn, "--turn")[0]
    area = None if box is None else (box[0], box[1], box[2], box[3])
    return Settings(align=Align(align), turn_deg=angle, level=Level(level), reference=area)


def _numbers(text: str, where: str) -> list[float]:
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = [math.nan]
    if not all(map(math.isfinite, found)):
        raise InputError(f"{text!r} is no number", where=where, cure="see eclips4d compare --help")
    return found


def _with_instrument(settings: Settings, sd: float | None, scale: float, tip: float, trust: int) -> Settings:
    from dataclasses import replace

    for name, value in (("--map-sd", sd or 0.0), ("--map-scale", scale), ("--tip", tip), ("--trust", trust)):
        if not (math.isfinite(value) and value >= 0):
            raise InputError(f"{value:g} is less than nothing", where=name)
    return replace(settings, map_sd_nm=sd, map_scale_u=scale, tip_radius_nm=tip, trust=trust)


def _surface(store: Path, frame: int | None, stack: int | None) -> tuple[SurfaceFrame, Grid]:
    from eclips4d import storage
    from eclips4d.metrology.movie import movie_of
    from eclips4d.metrology.stack.dataset import open_stacked

    held = storage.summary(store)
    with storage.open(store) if stack is None else open_stacked(store, stack) as run:
        movie = movie_of(run, held.pixel_size_nm)
        if not len(movie):
            raise InputError("no frame has heights yet", where=str(store), cure="wait for the first frame")
        wanted = movie.frames[-1] if frame is None else frame
        if wanted not in movie.frames:
            raise InputError(
                f"frame {wanted} has no aligned heights",
                where=str(store),
                cure="eclips4d drift shows which frames have",
            )
        return movie.read(wanted), movie.grid


def _say(console: Console, found: Comparison) -> None:
    from eclips4d.metrology.maps.table import agreement_figures, placement_figures

    chart = found.chart
    name = f"{chart.source} ({chart.channel})" if chart.channel else chart.source
    table = Table(show_header=False, box=None, title=f"frame {found.frame} less {name}", title_justify="left")
    for figure, value, unit in (*placement_figures(found), *agreement_figures(found)):
        table.add_row(figure, _text(value), "" if unit == "1" else unit)
    console.print(table, highlight=False)
    for note in _notes(found):
        console.print(note, highlight=False, soft_wrap=True)


def _text(value: Quantity) -> str:
    if not (math.isfinite(value.u) and value.u > 0):
        return f"{value.value:.6g}"
    digits = max(0, 1 - math.floor(math.log10(value.u)))
    return f"{value.value:.{digits}f} ± {value.u:.{digits}f}"


def _notes(found: Comparison) -> list[str]:
    wanted = found.settings
    level = LEVELLED[wanted.level]
    if wanted.reference is not None:
        level = ON_REFERENCE.format(level=wanted.level)
    tip = TIP[1].format(radius=wanted.tip_radius_nm) if wanted.tip_radius_nm > 0 else TIP[0]
    scale = (
        "height scales agree within what is known of both calibrations"
        if found.normalised_ratio_error <= 1
        else "height scales differ by more than both calibrations allow: one of them is doubtful"
    )
    return [level, tip, scale if found.grid.calibrated else "the run's height scale is not calibrated"]


def _write(console: Console, found: Comparison, out: Path | None, plot: Path | None, title: str) -> None:
    if out is not None:
        from eclips4d.metrology.maps.table import as_table

        as_table(found).to_csv(out, index=False, na_rep="NaN", float_format="%.9g")
        console.print(f"{out}: figures", soft_wrap=True)
    if plot is not None:
        from eclips4d.metrology.maps.picture import picture

        picture(found, title).savefig(plot, dpi=120)
        console.print(f"{plot}: maps, difference, limits of agreement", soft_wrap=True)
