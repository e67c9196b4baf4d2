"""`eclips4d afm`: a height map measured elsewhere, brought onto a run's grid."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

from rich.console import Console

from eclips4d.core.errors import InputError

SIGNS = {"up": (1,), "down": (-1,), "either": (1, -1)}


def afm(
    source: str,
    map_file: Path,
    /,
    *,
    out: Path,
    frame: int | None = None,
    stack: int | None = None,
    pixel_size: float | None = None,
    channel: str | None = None,
    turn: float = 0.0,
    mirror: bool = False,
    sign: Literal["up", "down", "either"] = "up",
    height_scale: Literal["fit", "keep"] = "fit",
    tip: float | None = None,
    plot: Path | None = None,
) -> int:
    """Bring a height map of an atomic force microscope onto a run's grid: scale, turn, shear, shift, tip.

    Example: `eclips4d afm movie.zarr afm.gwy --out aligned.npz --plot aligned.png`

    The map's scale may be wrong by 10 %, its turn by 15 degrees, its shear by 3 %, its place by half the field; it may
    have another pixel size, a plane and a bow, streaks, and a blunt tip, whose radius is found. A map that is not found
    with confidence is refused. What is written is a height file on the run's grid, as `eclips4d compare` reads it.

    Parameters
    ----------
    source
        The store of a run, or a recording, one frame of which is inverted by the model `live`.
    map_file
        The height map: .npz with `height_nm` and `pixel_size_nm`, .tif with heights in nm, .gwy, .spm, .ibw.
    out
        The map in its place, `FILE.npz`.
    frame
        Which frame; a run's newest that is aligned, a recording's first, when not given.
    stack
        The mean of so many of the run's frames that end with this one, 1 to 64; when not given, of as many as show a
        surface that stands still, which tells more of a place than one noisy frame.
    pixel_size
        Size of the map's pixels, nm, for files that do not tell.
    channel
        Which image of the file, by name or number; otherwise the first that is called a height.
    turn
        By how many degrees the map is turned counter-clockwise on the screen, to some 15 degrees.
    mirror
        Left and right of the map are exchanged.
    sign
        Whether its heights grow upwards, downwards, or nobody knows.
    height_scale
        `fit`: the ratio of the heights is found; `keep`: both are taken as true while the place is fitted.
    tip
        Radius of the tip, nm, where it is known; 0 for a needle.
    plot
        Picture, `FILE.png`: the run, the map, the map in its place, what is left.
    """
    from eclips4d.core.stacking import check_frames
    from eclips4d.metrology.coregistration.coregister import coregister
    from eclips4d.metrology.coregistration.result import Settings
    from eclips4d.metrology.coregistration.search import Range
    from eclips4d.metrology.maps.reading.files import read_map
    from eclips4d.pipeline.afm_report.surface import surface_of
    from eclips4d.pipeline.afm_report.words import words
    from eclips4d.pipeline.afm_report.written import write
    from eclips4d.pipeline.drift_report.table import check_target

    for target, suffix in ((out, ".npz"), (plot, ".png")):
        if target is not None:
            check_target(target, (suffix,))
    _check(turn, "--turn", -math.inf)
    _check(tip, "--tip", 0.0)
    chart = read_map(map_file, channel=channel, pixel_size_nm=pixel_size)
    if stack is not None:
        check_frames(stack, "--stack")
    seen = surface_of(source, frame, stack)
    tried = Range(turn, (mirror,), SIGNS[sign])
    settings = Settings(tried, fixed_ratio=height_scale == "keep", tip_radius_nm=tip)
    found = coregister(seen.height_nm, seen.pixel_nm, chart, settings)
    console = Console(markup=False)
    for line in words(found, seen):
        console.print(line, highlight=False, soft_wrap=True)
    write(found, out)
    console.print(f"{out}: the map on the grid of {seen.name}", highlight=False, soft_wrap=True)
    if plot is not None:
        from eclips4d.metrology.coregistration.picture import picture

        title = f"{chart.source} on {seen.name}"
        picture(seen.height_nm, seen.pixel_nm, found, title).savefig(plot, dpi=110)
        console.print(f"{plot}: run, map, map in its place, what is left", highlight=False, soft_wrap=True)
    return 0


def _check(value: float | None, where: str, least: float) -> None:
    if value is not None and not (math.isfinite(value) and value >= least):
        raise InputError(f"{value:g} cannot be", where=where, cure="see eclips4d afm --help")
