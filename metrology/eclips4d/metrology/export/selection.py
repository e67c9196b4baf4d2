"""What is exported: some frames of a run, one after the other, and what is said about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eclips4d import storage
from eclips4d.core.errors import InputError
from eclips4d.core.results import Status
from eclips4d.metrology.export.flattened import Flatten, flattened
from eclips4d.metrology.stack.dataset import open_stacked

if TYPE_CHECKING:
    import xarray as xr

F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Frames of a run.

    Attributes
    ----------
    run : xarray.Dataset
        Open; single frames or means of several.
    frames : tuple of int
        Those that have a surface, among the ones asked for.
    flatten : Flatten
        What is taken off every height.
    pixel_size_nm : (float, float)
        Along x and y.
    name : str
        Of the store.
    about : dict of str to str
        Where the heights come from.
    """

    run: xr.Dataset
    frames: tuple[int, ...]
    flatten: Flatten
    pixel_size_nm: tuple[float, float]
    name: str
    about: dict[str, str]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.run.sizes["y"], self.run.sizes["x"]

    @property
    def origin_nm(self) -> tuple[float, float]:
        """Coordinates (x, y) of the middle of the first pixel."""
        return float(self.run["x"].values[0]), float(self.run["y"].values[0])

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Start of each frame, since `start_utc`."""
        return np.asarray(self.run["time"].values[list(self.frames)], np.float64)

    def has(self, name: str) -> bool:
        """Whether the run keeps such an array."""
        return name in self.run.variables

    def plane(self, name: str, frame: int) -> NDArray[Any]:
        """One array of one frame as stored, heights flattened."""
        found: NDArray[Any] = self.run[name][frame].values
        return self.height(frame) if name == "height" else found

    def height(self, frame: int) -> F32:
        """nm, [y, x], NaN where nothing was seen."""
        datum = self.run["datum"][frame].values if self.flatten == Flatten.DATUM else None
        return flattened(self.run["height"][frame].values, self.flatten, self.pixel_size_nm, datum)

    def heights(self) -> Iterator[F32]:
        """Of all frames, one read after the other."""
        return map(self.height, self.frames)


def select(
    path: Path, frames: str | None, *, newest: bool, stack: int | None = None, flatten: Flatten = Flatten.NONE
) -> Selection:
    """Open a run and choose frames.

    Parameters
    ----------
    path : Path
        A store, finished or growing.
    frames : str or None
        `N`, `A:B` or `A:B:STEP` as Python counts: B is left out, negative numbers count from the end.
    newest : bool
        Without `frames`: only the newest that has a surface, rather than all.
    stack : int, optional
        Means of so many frames.
    flatten : Flatten
        What is taken off every height.

    Raises
    ------
    InputError
        The run keeps no heights, or none of the frames has one.
    """
    held = storage.summary(path)
    run = storage.open(path) if stack is None else open_stacked(path, stack)
    if "height" not in run.variables:
        raise InputError("keeps no heights", where=str(path), cure="run again and let --keep name height")
    if flatten == Flatten.DATUM and "datum" not in run.variables:
        raise InputError("tells no datum", where=str(path), cure="choose another --level")
    done = (run["status"].values.astype(np.int64) & int(Status.DONE)) > 0
    there = [k for k in _numbers(frames, run.sizes["time"]) if done[k]]
    if not there:
        raise InputError("none of these frames has heights", where=str(path), cure="choose other --frames")
    chosen = tuple(there[-1:] if frames is None and newest else there)
    about = _about(run, held, stack, flatten)
    return Selection(run, chosen, flatten, held.pixel_size_nm, path.name.removesuffix(".zarr"), about)


def _numbers(text: str | None, count: int) -> range:
    if text is None:
        return range(count)
    try:
        parts = [int(part) if part.strip() else None for part in text.split(":")]
        if len(parts) == 1 and parts[0] is not None:
            single = range(count)[parts[0]]
            return range(single, single + 1)
        if not 2 <= len(parts) <= 3:
            raise ValueError(text)
        return range(count)[slice(*parts)]
    except (ValueError, IndexError) as error:
        raise InputError(f"{text!r} names no frames of {count}", where="--frames", cure="give N or A:B") from error


def _about(run: xr.Dataset, held: storage.StoreSummary, stack: int | None, flatten: Flatten) -> dict[str, str]:
    return {
        "made by": f"eclips4d {held.version}",
        "run": held.run_id,
        "source": held.source.address,
        "start_utc": str(run.attrs.get("start_utc", "")),
        "models": ", ".join(dict.fromkeys(held.models)),
        "instrument fingerprint": held.source.instrument,
        "height scale": f"± {100 * held.scale_u:.2g} % common to all" if held.calibrated else "not calibrated",
        "frames averaged": str(stack or 1),
        "taken off the heights": str(flatten),
        "axes": "x to the right, y downwards, heights towards the detector",
    }
