"""A store whose planes are stacks: pixels are read and averaged when they are asked for, and not before."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from xarray.backends import BackendArray
from xarray.core import indexing

from eclips4d import storage
from eclips4d.metrology.stack.layers import Motion
from eclips4d.metrology.stack.stacker import Stacker
from eclips4d.storage.levelled import with_datum

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

Row = Callable[[int], NDArray[Any]]

NOTE = "mean of up to {frames} frames that end with this one, see `stacked`"


def open_stacked(path: Path | str, frames: int | None = None, *, datum: bool = False) -> xr.Dataset:
    """The store as `eclips4d.storage.open` gives it, but every surface the mean of the newest frames up to it.

    Only frames on the same `reference` grid that were aligned are averaged. Besides the arrays of the store there are
    `stacked` [time], how many frames were used; `stack_time` [time], their mean time; `stack_count` [time, y, x], how
    many of them saw the pixel; `moving_share`, `blurred` and `blur_nm` [time]: whether steps moved within the stack,
    and over how many nm that blurs edges. The attribute `stack_frames` is the number asked for.

    Parameters
    ----------
    path
        Folder of the store; it may be written at the same time.
    frames
        How many to average at most; what the run was begun with when not given.
    datum
        Take each frame's `datum` off its height, as in `eclips4d.storage.open`.

    Raises
    ------
    InputError
        As `eclips4d.storage.open`, or `frames` is not from 1 to 64.
    StoreError
        The store is damaged.
    """
    count = storage.summary(path).stack if frames is None else frames
    made = stacked_dataset(storage.open(path), count)
    return with_datum(made, str(path)) if datum else made


def stacked_dataset(run: xr.Dataset, frames: int) -> xr.Dataset:
    """As `open_stacked`, of a dataset that is open; its heights must have their planes.

    Raises
    ------
    InputError
        `frames` is out of range.
    StoreError
        A column is missing.
    """
    stacker = Stacker(run, frames)
    image = (run.sizes["y"], run.sizes["x"])
    arrays: dict[str, xr.Variable] = {}
    for name in stacker.products:
        stored = run[name]
        dtype = np.dtype(np.uint8 if stored.dtype == np.uint8 else np.float32)
        attributes = {**stored.attrs, "stack": NOTE.format(frames=frames)}
        arrays[name] = _lazily(stored.dims, stored.shape, dtype, partial(_plane, stacker, name), attributes)
    times = len(stacker.columns)
    main = next((name for name in ("slope", "height") if name in stacker.products), None)
    if main is not None:
        told = {"units": "1", "long_name": "frames averaged at this pixel"}
        row = partial(_count, stacker, main)
        arrays["stack_count"] = _lazily(("time", "y", "x"), (times, *image), np.dtype(np.uint8), row, told)
    return run.assign({**arrays, **_columns(stacker)}).assign_attrs(stack_frames=frames)


def _plane(stacker: Stacker, name: str, frame: int) -> NDArray[Any]:
    return stacker.stack(frame, (name,)).planes[name]


def _count(stacker: Stacker, main: str, frame: int) -> NDArray[np.uint8]:
    return stacker.stack(frame, (main,)).count


def _columns(stacker: Stacker) -> dict[str, xr.Variable]:
    frames, count = stacker.frames, len(stacker.columns)
    known: dict[int, Motion] = {}

    def motion(frame: int) -> Motion:
        if frame not in known:
            needs = stacker.motion_needs()
            known[frame] = stacker.stack(frame, needs).motion if needs else Motion()
        return known[frame]

    def column(dtype: DTypeLike, units: str, name: str, row: Callable[[int], object]) -> xr.Variable:
        told = {"units": units, "long_name": name}
        return _lazily(("time",), (count,), np.dtype(dtype), lambda t: np.asarray(row(t)), told)

    used = {"units": "1", "long_name": "frames averaged"}
    mean = {"units": "s", "long_name": "mean time of the frames averaged, since start_utc"}
    return {
        "stacked": xr.Variable(("time",), stacker.columns.counts(frames), used),
        "stack_time": xr.Variable(("time",), stacker.columns.mean_times(frames), mean),
        "moving_share": column(
            np.float64, "1", "share of places that differ between the stack's halves", lambda t: motion(t).share
        ),
        "blurred": column(np.bool_, "1", "steps moved within the stack", lambda t: motion(t).blurred),
        "blur_nm": column(np.float64, "nm", "how far edges went within the stack", lambda t: motion(t).blur_nm),
    }


def _lazily(
    dims: Any, shape: tuple[int, ...], dtype: np.dtype[Any], row: Row, attributes: dict[str, Any]
) -> xr.Variable:
    return xr.Variable(dims, indexing.LazilyIndexedArray(RowsOnDemand(shape, dtype, row)), attributes)


class RowsOnDemand(BackendArray):  # type: ignore[misc,unused-ignore]
    """Array [time, ...] whose entries are made one by one when any part of them is read.

    Parameters
    ----------
    shape : tuple of int
    dtype : numpy.dtype
    row : callable
        Gives the whole entry of one index along time.
    """

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any], row: Row) -> None:
        self.shape, self.dtype = shape, dtype
        self._row = row

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._read)

    def _read(self, key: tuple[Any, ...]) -> NDArray[Any]:
        times = np.arange(self.shape[0])[key[0]]
        parts = [self._part(int(t), key[1:]) for t in np.atleast_1d(times)]
        if times.ndim == 0:
            return np.asarray(parts[0], self.dtype)
        return np.stack(parts).astype(self.dtype) if parts else self._nothing(key)

    def _part(self, frame: int, key: tuple[Any, ...]) -> NDArray[Any]:
        # One axis after the other, because lists of places along two axes mean their grid here.
        entry = self._row(frame)
        for axis in range(len(key) - 1, -1, -1):
            entry = entry[(slice(None),) * axis + (key[axis],)]
        return entry

    def _nothing(self, key: tuple[Any, ...]) -> NDArray[Any]:
        shape = [np.arange(n)[k].shape for n, k in zip(self.shape, key, strict=True)]
        return np.zeros([n for part in shape for n in part], self.dtype)
