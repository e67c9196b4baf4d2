"""`eclips4d export`: a run's surfaces in the formats of other programs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.console import Console

from eclips4d.core.errors import InputError

if TYPE_CHECKING:
    from eclips4d.metrology.export.film import Look
    from eclips4d.metrology.export.selection import Selection

SUFFIXES = {"gwy": ".gwy", "tiff": ".ome.tif", "hdf5": ".h5", "csv": ".csv", "mp4": ".mp4"}
NEWEST_ONLY = ("gwy", "csv")
"""Formats of which one frame is meant unless more are asked for."""
WORDS = {"gwy": "channels of", "tiff": "heights of", "hdf5": "arrays of", "csv": "pixels of", "mp4": "a movie of"}


def export(
    store: Path,
    /,
    *,
    to: Literal["gwy", "tiff", "hdf5", "csv", "mp4"],
    out: Path | None = None,
    frames: str | None = None,
    mark: int | None = None,
    around: float = 10.0,
    stack: int | None = None,
    level: Literal["none", "offset", "plane", "datum"] | None = None,
    trust: int = 50,
    raw: bool = False,
    fps: float = 10.0,
    span: str | None = None,
    force: bool = False,
) -> int:
    """Write a run's surfaces for another program: Gwyddion, OME-TIFF, HDF5, CSV, or a movie.

    Example: `eclips4d export movie.zarr --to gwy --frames 40:50`

    gwy: heights, slopes and standard deviations as channels in SI units, pixels with little trust as mask. tiff:
    heights in nm as float32 OME-TIFF with pixel size and times. hdf5: all arrays of the store with their attributes.
    csv: one line per pixel, and FILE.frames.csv with one line per frame. mp4: a movie with scale bar, time and colour
    bar. Of gwy and csv the newest frame is written unless --frames says otherwise, of the others all frames. gwy and
    hdf5 need `pip install 'eclips4d[formats]'`, mp4 `pip install 'eclips4d[video]'`.

    Parameters
    ----------
    store
        The store of a run, finished or growing.
    to
        The format.
    out
        The file; named like the store, in the folder one is in, when not given.
    frames
        N, A:B or A:B:STEP; B is left out, negative numbers count from the end.
    mark
        The frames around a mark of a trigger instead: 1 for the first, -1 for the last; `eclips4d info` lists them.
    around
        Seconds before and after the mark.
    stack
        Means of so many frames that end with each, 1 to 64.
    level
        What is taken off every height: nothing, its median, its plane, or its datum, on which frames compare.
        Nothing when not given; of a movie the median.
    trust
        gwy: mask pixels with less trust, 0 to 100.
    raw
        hdf5: the recorded segments as well.
    fps
        mp4: frames per second of the movie.
    span
        mp4: LOW,HIGH in nm, the heights of the first and the last colour.
    force
        Replace a file that exists.
    """
    from eclips4d.metrology.export.flattened import Flatten
    from eclips4d.metrology.export.selection import select

    if mark is not None:
        from eclips4d.pipeline.triggers.around import frames_around

        if frames is not None:
            raise InputError("these are two choices of frames", where="--mark and --frames", cure="give one of them")
        frames = frames_around(store, mark, around)
    target = out or Path(f"{store.name.removesuffix('.zarr')}{SUFFIXES[to]}")
    _check(target, to, force)
    look = _look(fps, span)
    flatten = Flatten(level or ("offset" if to == "mp4" else "none"))
    chosen = select(store, frames, newest=to in NEWEST_ONLY, stack=stack, flatten=flatten)
    with chosen.run:
        written = _write(chosen, to, target, trust, raw, look)
    console = Console(markup=False)
    count = len(chosen.frames)
    counted = f"{WORDS[to]} {count} {'frame' if count == 1 else 'frames'}"
    console.print(f"{target}: {counted}", soft_wrap=True, highlight=False)
    for other in written:
        console.print(f"{other}: one line per frame", soft_wrap=True, highlight=False)
    return 0


def _check(target: Path, to: str, force: bool) -> None:
    if not target.absolute().parent.is_dir():
        raise InputError("no such folder", where=str(target.parent), cure="create it or choose another --out")
    if target.is_dir():
        raise InputError("is a folder", where=str(target), cure="choose another --out")
    if force:
        return
    for file in (target, *_beside(target, to)):
        if file.exists():
            raise InputError("exists already", where=str(file), cure="choose another --out, or give --force")


def _beside(target: Path, to: str) -> tuple[Path, ...]:
    from eclips4d.metrology.export.csv_table import frames_beside

    return (frames_beside(target),) if to == "csv" else ()


def _look(fps: float, span: str | None) -> Look:
    from eclips4d.metrology.export.film import Look

    if not (math.isfinite(fps) and 0 < fps <= 240):
        raise InputError(f"{fps:g} frames per second are no movie", where="--fps", cure="give 1 to 240")
    if span is None:
        return Look(fps)
    try:
        low, high = (float(part) for part in span.split(","))
    except ValueError:
        low = high = math.nan
    if not (math.isfinite(high - low) and low < high):
        raise InputError(f"{span!r} is no range of heights", where="--span", cure="give LOW,HIGH in nm")
    return Look(fps, (low, high))


def _write(chosen: Selection, to: str, target: Path, trust: int, raw: bool, look: Look) -> tuple[Path, ...]:
    # Under another name until it is whole: what stands at the target is never half a file.
    partial = target.with_name(f".{target.name}.partial")
    try:
        _written(chosen, to, partial, trust, raw, look)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    beside = _beside(target, to)
    for file in beside:
        from eclips4d.metrology.export.csv_table import write_frames

        write_frames(chosen, file)
    return beside


def _written(chosen: Selection, to: str, path: Path, trust: int, raw: bool, look: Look) -> None:
    from eclips4d.metrology.export import csv_table, film, gwyddion, hdf5, ome_tiff

    if to == "gwy":
        gwyddion.write_gwy(chosen, path, trust)
    elif to == "tiff":
        ome_tiff.write_tiff(chosen, path)
    elif to == "hdf5":
        hdf5.write_hdf5(chosen, path, raw)
    elif to == "csv":
        csv_table.write_csv(chosen, path)
    else:
        film.write_film(chosen, path, look)
