"""Heights with the datum's plane taken off, when they are read and not before."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from xarray.backends import BackendArray
from xarray.core import indexing

from eclips4d.core.errors import InputError

NOTE = "subtracted: compares with the reference frame where static; NaN in frames whose datum is unobservable"


def with_datum(dataset: xr.Dataset, where: str) -> xr.Dataset:
    """The dataset, its `height` less the plane of `datum`; pixels are read when they are asked for.

    Raises
    ------
    InputError
        There are no heights, or they were stored before there was a datum.
    """
    if "height" not in dataset or "datum" not in dataset:
        lacking = "height" if "height" not in dataset else "datum"
        cure = "invert its raw frames again into a new store" if lacking == "datum" else "open it without datum"
        raise InputError(f"shows no {lacking}, so that no plane can be taken off", where=where, cure=cure)
    stored = dataset["height"]
    levelled = LevelledHeight(stored.variable, *(dataset[name].values for name in ("datum", "y", "x")))
    attributes = {**stored.attrs, "datum": NOTE}
    variable = xr.Variable(stored.dims, indexing.LazilyIndexedArray(levelled), attributes, stored.encoding)
    changed: xr.Dataset = dataset.assign(height=variable)
    return changed


class LevelledHeight(BackendArray):  # type: ignore[misc,unused-ignore]
    """Array [time, y, x] that subtracts a plane per frame from what it reads.

    Parameters
    ----------
    stored : xarray.Variable
        float32 [time, y, x], nm.
    planes : float64 [time, 3]
        Offset in the middle (nm), dh/dx, dh/dy; NaN where unknown.
    y, x : float64
        Coordinates, nm.
    """

    def __init__(
        self, stored: xr.Variable, planes: NDArray[np.float64], y: NDArray[np.float64], x: NDArray[np.float64]
    ) -> None:
        self.shape, self.dtype = stored.shape, stored.dtype
        self._stored, self._planes = stored, planes
        self._y, self._x = y - y.mean(), x - x.mean()

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._read)

    def _read(self, key: tuple[Any, ...]) -> NDArray[np.float32]:
        height = self._stored[key].values
        offset, tilt_x, tilt_y = np.atleast_2d(self._planes[key[0]]).T[:, :, None, None]
        y, x = np.atleast_1d(self._y[key[1]])[:, None], np.atleast_1d(self._x[key[2]])
        plane = offset + tilt_x * x + tilt_y * y
        return np.asarray(height - plane.reshape(height.shape), height.dtype)
