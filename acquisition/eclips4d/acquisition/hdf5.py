"""HDF5 files: `FILE.h5::/entry/data`, read frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from eclips4d.acquisition.arrays import UNREADABLE, Checked, Stack, stack_pixels
from eclips4d.acquisition.description import described
from eclips4d.acquisition.indexed import IndexedSource
from eclips4d.acquisition.pace import Pace
from eclips4d.acquisition.recording import as_source, instrument_beside
from eclips4d.acquisition.vendor.says import VendorSays
from eclips4d.core.errors import InputError

SUFFIXES = (".h5", ".hdf5", ".hdf", ".nxs")


def open_hdf5(path: Path, dataset: str, *, instrument: Path | None, pace: Pace, run_id: str) -> IndexedSource:
    """A data set [frame, segment, row, column] or [segment, row, column] as a source.

    Parameters
    ----------
    dataset
        Address inside the file; empty where there is only one that fits.

    Raises
    ------
    InputError
        Not an HDF5 file, no such data set, several to choose from, or another shape than frames.
    """
    try:
        import h5py
    except ImportError as error:
        raise InputError("reading HDF5 needs h5py", where=str(path), cure="pip install 'eclips4d[formats]'") from error
    description, text = described(instrument, instrument_beside(path, None), VendorSays(), str(path))
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise InputError("not a readable HDF5 file", where=str(path), cure="copy the recording again") from error
    try:
        found = _chosen(_data_sets(file, h5py.Dataset, path), dataset, path)
        where = f"{path}::{found.name}"
        started = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()
        stack = Stack(arrays=(Checked(found, where),), where=where, start_utc=started, close=file.close)
        pixels = stack_pixels(stack, description.segments)
        address = f"{path}::{dataset}" if dataset else str(path)
        return as_source(pixels, description, text, kind="hdf5", address=address, pace=pace, run_id=run_id)
    except BaseException:
        file.close()
        raise


def _data_sets(file: Any, kind: Any, path: Path) -> list[Any]:
    found: list[Any] = []

    def look(_name: str, item: Any) -> None:
        if isinstance(item, kind) and getattr(item, "ndim", 0) in (3, 4) and np.issubdtype(item.dtype, np.integer):
            found.append(item)

    try:
        file.visititems(look)
    except UNREADABLE as error:
        raise InputError(f"cannot be read: {error}", where=str(path), cure="copy the recording again") from error
    return found


def _chosen(found: Sequence[Any], dataset: str, path: Path) -> Any:
    wanted = "/" + dataset.strip("/")
    named = [item for item in found if item.name == wanted] if dataset else list(found)
    if len(named) == 1:
        return named[0]
    there = ", ".join(f"{item.name} {tuple(item.shape)}" for item in found[:8]) or "none"
    raise InputError(
        f"no data set {wanted} of whole numbers and three or four axes" if dataset else f"{len(found)} data sets",
        where=str(path),
        cure=f"give {path.name}::/ADDRESS of one of these: {there}",
    )
