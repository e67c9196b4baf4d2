"""From what the user writes to a source. What a kind of source needs is imported only when one is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from pkgutil import resolve_name
from typing import TypeAlias

from eclips4d.acquisition.pace import Pace, parse_speed
from eclips4d.acquisition.source import Source
from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.core.instrument import Instrument, load_instrument
from eclips4d.storage.objects import is_object

OpenDevice: TypeAlias = Callable[[str, Instrument, str], Source]
"""`open(address, instrument, run_id)`."""
DEVICES: Mapping[str, str] = {  # one line per adapter
    "nidaq": "eclips4d.acquisition.nidaq.source:open_nidaq",
    "obi": "eclips4d.acquisition.obi.source:open_obi",
    "sharksem": "eclips4d.acquisition.sharksem.source:open_sharksem",
    "streamv2": "eclips4d.acquisition.streamv2.source:open_streamv2",
    "bridge": "eclips4d.acquisition.bridge.source:open_bridge",
}
"""Scheme of an instrument's address, and the `OpenDevice` that takes it: imported when one is opened."""
SCHEMES = ("sim", "watch", *DEVICES)
INSIDE = "::"
"""Between a file and the address of what is meant in it, between a folder and the pattern of its names."""
Report: TypeAlias = Callable[[int, int], None]
"""`report(done, total)`."""


def _no_report(done: int, total: int) -> None:
    """Nobody wants to know."""


def open_source(address: str, *, instrument: Path | None = None, speed: str = "max", run_id: str = "") -> Source:
    """Open a recording, a folder of segments, a store to replay, or an address.

    Parameters
    ----------
    address
        `NAME.ome.tif`, `NAME.h5::/entry/data`, a folder, `RUN.zarr`, `s3://BUCKET/RUN.zarr`, `sim://SCENE?…`, or an
        instrument's address: docs/instruments.md.
    instrument
        Used instead of the instrument file beside a recording. An instrument's address needs one: no microscope tells
        where its detector's segments are.
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
    if is_object(address):
        from eclips4d.acquisition.replay import open_replay

        return open_replay(Path(address), instrument=instrument, pace=pace, run_id=run_id)
    if "://" in address:
        scheme = address.split("://", 1)[0]
        if scheme not in SCHEMES:
            known = ", ".join(f"{s}://" for s in SCHEMES)
            raise InputError(f"unknown scheme {scheme}://", where=address, cure=f"use one of {known} or a recording")
        if scheme in DEVICES:
            return _open_device(scheme, address, instrument, run_id)
        if scheme == "watch":
            from eclips4d.acquisition.watch import open_watched

            return open_watched(address, instrument=instrument, run_id=run_id)
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


def _open_device(scheme: str, address: str, instrument: Path | None, run_id: str) -> Source:
    if instrument is None:
        raise InputError(
            "no instrument file: the microscope does not tell where its detector's segments are",
            where=address,
            cure="give --instrument FILE.toml",
        )
    opened: OpenDevice = resolve_name(DEVICES[scheme])
    return opened(address, load_instrument(instrument), run_id)


def _open_path(path: Path, instrument: Path | None, pace: Pace, run_id: str) -> Source:
    name, _, inside = str(path).partition(INSIDE)
    path = Path(name)
    if not path.exists():
        raise MissingInputError(
            "no such file or folder", where=str(path), cure="give a *.ome.tif, a folder of segments or a RUN.zarr"
        )
    if path.is_dir() and (path / "zarr.json").exists():
        from eclips4d.acquisition.replay import open_replay

        return open_replay(path, instrument=instrument, pace=pace, run_id=run_id)
    if path.is_dir():
        from eclips4d.acquisition.folder import open_folder

        return open_folder(path, instrument=instrument, pace=pace, run_id=run_id, pattern=inside)
    return _open_file(path, inside, instrument, pace, run_id)


def _open_file(path: Path, inside: str, instrument: Path | None, pace: Pace, run_id: str) -> Source:
    if path.suffix.lower() in (".tif", ".tiff"):
        from eclips4d.acquisition.ome_tiff import open_ome_tiff
        from eclips4d.acquisition.stack_tiff import is_stack, open_stack_tiff

        opened = open_stack_tiff if is_stack(path) else open_ome_tiff
        return opened(path, instrument=instrument, pace=pace, run_id=run_id)
    from eclips4d.acquisition.hdf5 import SUFFIXES, open_hdf5

    if path.suffix.lower() in SUFFIXES or inside:
        return open_hdf5(path, inside, instrument=instrument, pace=pace, run_id=run_id)
    from eclips4d.acquisition.foreign import open_foreign

    return open_foreign(path, instrument=instrument, pace=pace, run_id=run_id)
