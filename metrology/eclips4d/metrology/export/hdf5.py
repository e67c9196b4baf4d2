"""An HDF5 file with the arrays of the store under their own names, dimension scales, units and attributes.

It is laid out as netCDF-4 lays out its dimensions, so that xarray opens it with h5netcdf as well.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from eclips4d.metrology.export.selection import Selection
from eclips4d.metrology.optional import needed

SCALES = ("time", "y", "x")


def write_hdf5(chosen: Selection, path: Path, raw: bool = False) -> None:
    """Write all arrays of the frames chosen, a frame at a time.

    Parameters
    ----------
    raw : bool
        The recorded segments as well.

    Raises
    ------
    InputError
        The package h5py is missing.
    """
    h5py = needed("h5py", "formats", path)
    with h5py.File(path, "w") as file:
        for name, value in {**chosen.about, **_attributes(dict(chosen.run.attrs))}.items():
            file.attrs[name] = value
        for name in SCALES:
            _column(file, chosen, name)
            file[name].make_scale(name)
        others = (str(name) for name in chosen.run.variables if name not in SCALES)
        for name in others:
            if "x" not in chosen.run[name].dims:
                _column(file, chosen, name)
            elif raw or name != "raw":
                _planes(file, chosen, name)
        _attach(file, chosen)


def _column(file: Any, chosen: Selection, name: str) -> None:
    array = chosen.run[name]
    values = array.values[list(chosen.frames)] if array.dims[:1] == ("time",) else array.values
    file.create_dataset(name, data=values)
    file[name].attrs.update(_attributes(dict(array.attrs)))


def _planes(file: Any, chosen: Selection, name: str) -> None:
    array = chosen.run[name]
    shape = (len(chosen.frames), *array.shape[1:])
    # Half precision is the store's way of saving room; not every program reads it.
    dtype = np.float32 if array.dtype == np.float16 else array.dtype
    made = file.create_dataset(
        name, shape, dtype, chunks=(1, *shape[1:]), compression="gzip", compression_opts=1, shuffle=True
    )
    for k, frame in enumerate(chosen.frames):
        made[k] = chosen.plane(name, frame)
    made.attrs.update(_attributes(dict(array.attrs)))


def _attach(file: Any, chosen: Selection) -> None:
    for name in file:
        dims = chosen.run[name].dims
        for k, dim in enumerate(dims):
            if name == dim:
                continue
            if dim not in file:
                # A dimension without coordinates, as netCDF names one.
                file.create_dataset(dim, data=np.arange(chosen.run.sizes[dim], dtype=np.int32))
                file[dim].make_scale(dim)
            file[name].dims[k].attach_scale(file[dim])


def _attributes(held: dict[str, Any]) -> dict[str, Any]:
    """Numbers, words and lists as they are, everything else as JSON; not what only the store's owner understands."""
    made: dict[str, Any] = {}
    for name, value in held.items():
        if isinstance(value, dict):
            made[name] = json.dumps({key: part for key, part in value.items() if key != "state"}, default=str)
        elif isinstance(value, (list, tuple)):
            made[name] = json.dumps(value, default=str)
        elif isinstance(value, (str, bool, int, float, np.generic)):
            made[name] = value
    return made
