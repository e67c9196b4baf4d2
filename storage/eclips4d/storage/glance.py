"""A store at one commit in NumPy arrays, for whoever looks at every commit.

To open a store with xarray takes 15 ms, and to import xarray and Zarr a second; a glance takes one millisecond and
needs neither. It answers as a dataset does where both do: whoever reads a `Run` reads either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from eclips4d.storage.columns import Column
from eclips4d.storage.durable import disk_errors
from eclips4d.storage.layout import ArraySpec
from eclips4d.storage.planes import Planes
from eclips4d.storage.record import Record

RECORDED = ("raw", "time", "time_end", "line_time", "frame_id", "status", "y", "x")
"""Arrays that tell of a frame as soon as it is recorded; side values do, too."""


class Values(Protocol):
    """An array, or a part of it."""

    @property
    def values(self) -> NDArray[Any]:
        """Read when asked for."""


class Series(Values, Protocol):
    """An array of which parts can be read."""

    @property
    def attrs(self) -> Mapping[Any, Any]:
        """Such as `units`."""

    def __getitem__(self, key: Any, /) -> Values: ...


class Run(Protocol):
    """What is known of a run by name: an `xarray.Dataset`, or a `Glance`."""

    @property
    def sizes(self) -> Mapping[Any, int]:
        """`time`, `y` and `x`."""

    @property
    def variables(self) -> Mapping[Any, Any]:
        """By name."""

    def __contains__(self, name: object, /) -> bool: ...

    def __getitem__(self, name: str, /) -> Series: ...


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A part of an array that was read."""

    values: NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """One array, [time, ...]; nothing of it is read before it is asked for.

    Attributes
    ----------
    count : int
        Along time, or along the one axis that it has.
    attrs : mapping
    read : callable
        Entries `[start, stop)`.
    """

    count: int
    attrs: Mapping[str, Any]
    read: Callable[[int, int], NDArray[Any]]

    @property
    def values(self) -> NDArray[Any]:
        """All of them."""
        return self.read(0, self.count)

    def __getitem__(self, key: int | slice, /) -> Read:
        if isinstance(key, slice):
            start, stop, step = key.indices(self.count)
            return Read(self.read(start, max(start, stop))[::step])
        place = range(self.count)[key]
        return Read(self.read(place, place + 1)[0])


class Glance:
    """A store as one commit shows it.

    Parameters
    ----------
    root : Path
        Folder of the store.
    record : Record
        Of that commit.
    planes : Planes
        The store's big arrays, opened.
    recorded : bool
        Show what is known of recorded frames, committed or not, as `eclips4d.storage.open` does.
    """

    def __init__(self, root: Path, record: Record, planes: Planes, *, recorded: bool = False) -> None:
        self._root, self._planes = root, planes
        count = record.recorded if recorded else record.committed
        _, rows, columns = record.source.shape
        self.sizes = {"time": count, "y": rows, "x": columns}
        specs = record.specs()
        names = [name for name in specs if not recorded or name in RECORDED or name.startswith("side_")]
        self.variables = {name: self._entries(specs[name], count) for name in names}

    def __contains__(self, name: object, /) -> bool:
        return name in self.variables

    def __getitem__(self, name: str, /) -> Entries:
        return self.variables[name]

    def _entries(self, spec: ArraySpec, count: int) -> Entries:
        if not spec.timed:
            return Entries(spec.row[0], spec.attributes, partial(_axis, spec))
        read = partial(self._planes_of, spec.name) if spec.tile else partial(self._column, spec)
        return Entries(count, spec.attributes, read)

    def _planes_of(self, name: str, start: int, stop: int) -> NDArray[Any]:
        with disk_errors(self._root):
            return self._planes.read_several(name, start, stop)

    def _column(self, spec: ArraySpec, start: int, stop: int) -> NDArray[Any]:
        try:
            return Column(spec, self._root / spec.name).read_range(start, stop)
        except FileNotFoundError:  # as Zarr does, and repair can tell
            return np.full((stop - start, *spec.row), np.nan if spec.fill == "NaN" else spec.fill, spec.dtype)


def _axis(spec: ArraySpec, start: int, stop: int) -> NDArray[np.float64]:
    """Coordinates are multiples of the pixel size."""
    return np.asarray(np.arange(start, stop) * float(spec.attributes["step_nm"]), np.float64)
