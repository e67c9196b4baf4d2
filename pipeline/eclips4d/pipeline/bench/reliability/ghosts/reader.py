"""Readers that open a growing store again and again, each time looking at its newest frame, now and then at one before.

`python -m eclips4d.pipeline.bench.reliability.ghosts.reader STORE HOW[,HOW…] OPENS` opens until it has, or until its
input ends, and then says what it saw as one line of JSON.
"""

from __future__ import annotations

import select
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.reliability.ghosts.growing import height_value, raw_value

Look = tuple[int, dict[str, Callable[[int], NDArray[Any]]]]
"""Number of frames that are shown, and how to read one frame of an array."""
OLDER_EVERY = 8
"""Opens that look at an older frame besides the newest."""
LOOKED_AT = ("raw", "height", "status", "time")


class Seen(msgspec.Struct):
    """What the opens found, for one way of reading."""

    opens: int = 0
    exceptions: int = 0
    ghosts: int = 0
    lengths: int = 0
    newest: int = 0
    first_error: str = ""

    def add(self, other: Seen) -> None:
        """Count another reader's in."""
        self.opens, self.exceptions = self.opens + other.opens, self.exceptions + other.exceptions
        self.ghosts, self.lengths = self.ghosts + other.ghosts, self.lengths + other.lengths
        self.first_error = self.first_error or other.first_error


def by_xarray(store: Path) -> Look:
    """Plain xarray, no option given."""
    import xarray as xr

    return _of_dataset(xr.open_zarr(store))


def by_storage(store: Path) -> Look:
    """Our own `open`."""
    import eclips4d.storage as storage

    return _of_dataset(storage.open(store))


def by_zarr(store: Path) -> Look:
    """zarr-python: the group and its arrays."""
    import zarr

    group: Any = zarr.open_group(store, mode="r")
    arrays = {name: group[name] for name in LOOKED_AT}
    lengths = {array.shape[0] for array in arrays.values()}
    if len(lengths) != 1:
        raise ValueError(f"arrays of different lengths: {sorted(lengths)}")
    return lengths.pop(), {name: (lambda k, a=array: np.asarray(a[k])) for name, array in arrays.items()}  # type: ignore[misc]


def by_tensorstore(store: Path) -> Look:
    """tensorstore, which reads no consolidated metadata: the group's counter tells how many frames there are."""
    import tensorstore as ts

    count = int(msgspec.json.decode((store / "zarr.json").read_bytes())["attributes"]["committed"])

    def read(name: str, k: int) -> NDArray[Any]:
        request = {"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{store / name}/"}}
        return np.asarray(ts.open(request, read=True).result()[k].read().result())

    return count, {name: (lambda k, n=name: read(n, k)) for name in LOOKED_AT}  # type: ignore[misc]


WAYS: dict[str, Callable[[Path], Look]] = {
    "xarray.open_zarr": by_xarray,
    "zarr-python": by_zarr,
    "tensorstore": by_tensorstore,
    "eclips4d.storage.open": by_storage,
}


def look(way: Callable[[Path], Look], store: Path, seen: Seen) -> None:
    """Open the store once and note what is there."""
    seen.opens += 1
    try:
        count, arrays = way(store)
        looked_at = {count - 1, count // 2 if seen.opens % OLDER_EVERY == 0 else count - 1}
        ghosts = [k for k in looked_at if k >= 0 and not _is_there(arrays, k)]
    except Exception as error:  # noqa: BLE001 - whatever a plain reader meets is what is counted here
        seen.exceptions += 1
        seen.first_error = seen.first_error or repr(error)
        return
    seen.ghosts += len(ghosts)
    seen.lengths += count > seen.newest
    seen.newest = max(seen.newest, count)


def _is_there(arrays: dict[str, Callable[[int], NDArray[Any]]], k: int) -> bool:
    """Whether every pixel and every value of this frame is what was written."""
    whole = (arrays["raw"](k) == raw_value(k)).all() and (arrays["height"](k) == height_value(k)).all()
    return bool(whole and int(arrays["status"](k)) & 1 and float(arrays["time"](k)) == float(k))


def _of_dataset(dataset: Any) -> Look:
    count = int(dataset.sizes["time"])
    return count, {name: (lambda k, v=dataset[name]: v[k].values) for name in LOOKED_AT}  # type: ignore[misc]


def main(store: Path, ways: list[str], opens: int) -> None:
    """Open, in turn in each of the ways."""
    warnings.simplefilter("error")
    seen = {way: Seen() for way in ways}
    for turn in range(opens):
        if select.select([sys.stdin], [], [], 0)[0]:
            break
        way = ways[turn % len(ways)]
        look(WAYS[way], store, seen[way])
    sys.stdout.write(msgspec.json.encode(seen).decode() + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].split(","), int(sys.argv[3]))
