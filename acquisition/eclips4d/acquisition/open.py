"""From what the user writes to a source. What a kind of source needs is imported only when one is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from eclips4d.acquisition.pace import Pace, parse_speed
from eclips4d.acquisition.source import Source
from eclips4d.core.errors import InputError, MissingInputError

SCHEMES = ("sim",)
Report: TypeAlias = Callable[[int, int], None]
"""`report(done, total)`."""


def _no_report(done: int, total: int) -> None:
    """Nobody wants to know."""


def open_source(address: str, *, instrument: Path | None = None, speed: str = "max", run_id: str = "") -> Source:
    """Open a recording, a folder of segments, a store to replay, or an address.

    Parameters
    ----------
    address
        `NAME.ome.tif`, a folder, `RUN.zarr`, or `sim://SCENE?…`.
    instrument
        Used instead of the instrument file beside a recording.
    speed
        `realtime`, `max` or a factor such as `4x`; live addresses keep their own time whatever it says.
    run_id
        Stands in every frame's header.

    Raises
    ------
    InputError
        Not there, not readable, or of an unknown kind.

    Examples
    --------
    >>> with open_source("sim://copper-redox?size=64&fps=50&frames=2") as source:
    ...     [frame.header.sequence for frame in source.frames()]
    [0, 1]
    """
    pace = Pace(parse_speed(speed))
    if "://" in address:
        scheme = address.split("://", 1)[0]
        if scheme not in SCHEMES:
            known = ", ".join(f"{s}://" for s in SCHEMES)
            raise InputError(f"unknown scheme {scheme}://", where=address, cure=f"use one of {known} or a recording")
        from eclips4d.acquisition.sim import open_sim

        return open_sim(address, run_id=run_id)
    return _open_path(Path(address), instrument, pace, run_id)


def prepare_source(address: str, report: Report = _no_report) -> bool:
    """What has to be done once before a source's clock may start: the simulated microscope may have to render ahead.

    Parameters
    ----------
    report
        Called as `report(done, total)` while that goes on.

    Returns
    -------
    bool
        Whether there was anything to do, now or at an earlier time.

    Raises
    ------
    InputError
        The source cannot keep its time, or what it needs does not fit.
    """
    if not address.startswith("sim://"):
        return False
    from eclips4d.acquisition.render_ahead import render_ahead

    return render_ahead(address, report)


def rehearse(address: str) -> None:
    """Compile what a source needs for its frames: the simulated microscope renders one that nobody gets.

    Raises
    ------
    InputError
        Bad address.
    """
    if address.startswith("sim://"):
        from eclips4d.acquisition.sim import rehearse_sim

        rehearse_sim(address)


def _open_path(path: Path, instrument: Path | None, pace: Pace, run_id: str) -> Source:
    if not path.exists():
        raise MissingInputError(
            "no such file or folder", where=str(path), cure="give a *.ome.tif, a folder of segments or a RUN.zarr"
        )
    if path.is_dir() and (path / "zarr.json").exists():
        from eclips4d.acquisition.replay import open_replay

        return open_replay(path, instrument=instrument, pace=pace, run_id=run_id)
    if path.is_dir():
        from eclips4d.acquisition.folder import open_folder

        return open_folder(path, instrument=instrument, pace=pace, run_id=run_id)
    if path.suffix.lower() in (".tif", ".tiff"):
        from eclips4d.acquisition.ome_tiff import open_ome_tiff

        return open_ome_tiff(path, instrument=instrument, pace=pace, run_id=run_id)
    raise InputError(
        f"files of kind {path.suffix or '(none)'} are no recordings",
        where=str(path),
        cure="give a *.ome.tif, a folder of segments or a RUN.zarr",
    )
