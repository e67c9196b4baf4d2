"""Stacks of a store's frames, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import StoreError
from eclips4d.core.stacking import check_frames
from eclips4d.metrology.stack.layers import MOTION_NEEDS, PRODUCTS, Layer, Motion, Stack, needs
from eclips4d.metrology.stack.level import Lattice
from eclips4d.metrology.stack.mean import stack_layers
from eclips4d.metrology.stack.members import Columns
from eclips4d.metrology.stack.memory import PlaneMemory

if TYPE_CHECKING:
    from eclips4d.storage.glance import Run

_DECIDING = ("status", "reference", "time", "y", "x")


class Stacker:
    """Makes the stacks of what is committed at this moment.

    Parameters
    ----------
    run : Run
        As `eclips4d.storage.open` gives it, heights with their planes.
    frames : int
        How many are averaged at most.
    memory : PlaneMemory, optional
        To be shared by stackers of the same run.

    Raises
    ------
    InputError
        `frames` is out of range.
    StoreError
        A column is missing.
    """

    def __init__(self, run: Run, frames: int, memory: PlaneMemory | None = None) -> None:
        self.frames = check_frames(frames)
        gone = [name for name in _DECIDING if name not in run.variables]
        if gone:
            raise StoreError(f"its {gone[0]} is missing", cure="run eclips4d info --repair on it")
        self._run = run
        self._memory = memory or PlaneMemory()
        y, x, status, reference, time = (run[name].values for name in ("y", "x", "status", "reference", "time"))
        self._lattice = Lattice.of(y, x)
        self.columns = Columns(status.astype(np.int64), reference.astype(np.int64), time.astype(np.float64))
        count = len(self.columns)
        self._datum = run["datum"].values if "datum" in run else np.full((count, 3), np.nan)
        said = run["slope_sd"].attrs.get("noise_correlation_px", 1.0) if "slope_sd" in run else 1.0
        self._shared_px = float(said)

    @property
    def products(self) -> tuple[str, ...]:
        """What the store keeps of all that can be averaged."""
        return tuple(name for name in PRODUCTS if name in self._run)

    def members(self, frame: int) -> tuple[int, ...]:
        """The frames of one stack, oldest first, `frame` last; none when it has no surface."""
        return self.columns.members(frame, self.frames)

    def stack(self, frame: int, wanted: Iterable[str] | None = None) -> Stack:
        """The stack that ends with `frame`.

        Parameters
        ----------
        frame : int
            Among the committed ones; one without a surface gives a stack of nothing, as it is stored.
        wanted : iterable of str, optional
            Planes that are needed, everything that is kept when not given; others may be missing. Motion is told
            where slopes and their sd are among what these are made of.
        """
        asked = self.products if wanted is None else [name for name in wanted if name in self._run]
        needed = dict.fromkeys(n for name in asked for n in needs(name, self.products))
        members = self.members(frame)
        if len(members) < 2:
            return self._single(frame, tuple(needed), len(members))
        names = tuple(needed)
        earlier = _Stored(members[:-1], lambda member: self._layer(member, names))
        return stack_layers(self._layer(frame, names), earlier, self._lattice, self._shared_px)

    def motion_needs(self) -> tuple[str, ...]:
        """What `stack` must be asked for to tell motion; none where the store cannot tell."""
        return MOTION_NEEDS if all(name in self._run for name in MOTION_NEEDS) else ()

    def _layer(self, frame: int, names: Iterable[str]) -> Layer:
        planes = {name: self._memory.read(self._run, name, frame) for name in names}
        return Layer(float(self.columns.time_s[frame]), planes, self._datum[frame])

    def _single(self, frame: int, names: tuple[str, ...], members: int) -> Stack:
        """One frame as it is stored, bit for bit, whatever its status."""
        planes = {name: _shown(self._run[name][frame].values) for name in names}
        main = next((planes[name] for name in ("slope", "height") if name in planes), None)
        image = (self._run.sizes["y"], self._run.sizes["x"])
        seen = np.zeros(image, bool) if main is None else np.isfinite(main.reshape(-1, *image)).all(axis=0)
        return Stack(planes, np.asarray(seen & (members > 0), np.uint8), Motion())


@dataclass(frozen=True, slots=True)
class _Stored:
    """Frames of a store, read when their turn comes."""

    members: tuple[int, ...]
    read: Callable[[int], Layer]

    def __len__(self) -> int:
        return len(self.members)

    def __iter__(self) -> Iterator[Layer]:
        return map(self.read, self.members)


def _shown(plane: NDArray[np.generic]) -> NDArray[np.float32] | NDArray[np.uint8]:
    return plane if plane.dtype == np.uint8 else plane.astype(np.float32)  # type: ignore[return-value]
