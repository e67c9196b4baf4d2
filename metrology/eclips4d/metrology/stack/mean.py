"""The mean of some frames, its uncertainty, and whether steps moved meanwhile: arrays in, arrays out.

Slope: mean weighted with 1/slope_sd²; height: with 1/height_sd², for its noise is that of its surroundings. `slope_sd`,
`height_sd`: of these means, frames being independent; the datum's own uncertainty is not in them. `residual`: root of
the mean square. `trust`: the weighted mean, rounded down, so that one frame in which a place was dark takes its share
of the trust and no more. The height keeps the plane of the newest frame. Sums are in float64 and made anew for every
stack, so nothing accumulates in a long run.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Protocol, overload

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.stack.layers import Layer, Motion, Shown, Stack
from eclips4d.metrology.stack.level import Lattice, plane_off
from eclips4d.metrology.stack.moving import moved
from eclips4d.metrology.stack.shift import edge_shift
from eclips4d.metrology.stack.sums import Plane, WeightedSum


class Layers(Protocol):
    """Frames that are read one after the other, so that not all of them need be in memory."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Layer]: ...


def stack_layers(newest: Layer, earlier: Layers, lattice: Lattice, shared_px: float = 1.0) -> Stack:
    """The mean of `newest` and what came before it.

    Parameters
    ----------
    newest : Layer
        The frame whose plane the height keeps.
    earlier : Layers
        Such as a list: oldest first, with the same planes; each is looked at once.
    lattice : Lattice
        Of all of them.
    shared_px : float
        Effective number of pixels that share one value of the slopes' noise.
    """
    sums = _Sums(newest, lattice)
    half = (len(earlier) + 1) // 2
    for k, layer in enumerate(chain(earlier, [newest])):
        # With an odd number the middle one counts in the mean, and in neither half.
        sums.add(layer, 0 if k < half else 2 if k > len(earlier) - half else 1)
    return Stack(sums.means(), sums.count, sums.motion(shared_px))


class _Sums:
    """Everything that is summed over the frames of one stack."""

    def __init__(self, newest: Layer, lattice: Lattice) -> None:
        self._newest, self._lattice = newest, lattice
        shapes = {name: plane.shape for name, plane in newest.planes.items()}
        self._image = next(iter(shapes.values()))[-2:]
        self._of = {name: WeightedSum.zero(shapes[name]) for name in ("height", "residual", "trust") if name in shapes}
        slope = shapes.get("slope")
        self._thirds = [WeightedSum.zero(slope) for _ in range(3)] if slope else []
        self._times: list[list[float]] = [[], [], []]
        self.count = np.zeros(self._image, np.uint8)

    def add(self, layer: Layer, third: int) -> None:
        """One frame, in the older half (0), the newer (2) or between them (1)."""
        planes, slope_sd = layer.planes, _float(layer.planes.get("slope_sd"))
        self._times[third].append(layer.time_s)
        seen = []
        if self._thirds:
            seen.append(self._thirds[third].add(_float(planes["slope"]), slope_sd))
        if "height" in self._of:
            seen.append(self._add_height(layer, slope_sd))
        if "residual" in self._of:
            seen.append(self._of["residual"].add(np.square(_float(planes["residual"])), slope_sd))
        if "trust" in self._of:
            seen.append(self._of["trust"].add(_float(planes["trust"]), slope_sd))
        self.count += seen[0]

    def _add_height(self, layer: Layer, slope_sd: Plane | None) -> NDArray[np.bool_]:
        height, newest = _float(layer.planes["height"]), _float(self._newest.planes["height"])
        height_sd = _float(layer.planes.get("height_sd"))
        plane = None
        if layer is not self._newest:
            plane = plane_off(height, newest, (layer.datum, self._newest.datum), self._lattice)
            if plane is None:
                return np.zeros(self._image, bool)
        levelled = height if plane is None else height - self._lattice.plane(plane)
        return self._of["height"].add(levelled, slope_sd if height_sd is None else height_sd)

    def means(self) -> dict[str, Shown]:
        """The planes of the stack."""
        made: dict[str, Shown] = {}
        planes = self._newest.planes
        slope = self._thirds[0].plus(self._thirds[1]).plus(self._thirds[2]) if self._thirds else None
        for name, total in (("height", self._of.get("height")), ("slope", slope)):
            if total is not None:
                made[name] = total.mean().astype(np.float32)
                if f"{name}_sd" in planes:
                    made[f"{name}_sd"] = np.sqrt(total.mean_variance()).astype(np.float32)
        if "residual" in self._of:
            made["residual"] = np.sqrt(self._of["residual"].mean()).astype(np.float32)
        if "trust" in self._of:
            # A sum of equal numbers may come out a rounding error below what it is.
            made["trust"] = np.floor(np.nan_to_num(self._of["trust"].mean()) + 1e-6).astype(np.uint8)
        return made

    def motion(self, shared_px: float) -> Motion:
        """What differs between the halves."""
        older, newer = self._times[0], self._times[2]
        if not (older and newer and self._thirds and "slope_sd" in self._newest.planes):
            return Motion()
        first, last = self._thirds[0], self._thirds[2]
        found = moved(first, last, shared_px)
        if not found.beyond_doubt:
            return Motion(found.share)
        y, x = self._lattice.y, self._lattice.x
        size = tuple(float(axis[1] - axis[0]) if axis.size > 1 else 1.0 for axis in (x, y))
        shift = edge_shift(first.mean(), last.mean(), found.where, (size[0], size[1]))
        apart = float(np.mean(newer) - np.mean(older))
        whole = max(newer) - min(older)
        # Frames without times of their own are taken for equally far apart.
        steps = len(older) + len(newer) + len(self._times[1])
        return Motion(found.share, True, shift * (whole / apart if apart > 0 else 2.0 * (steps - 1) / steps))


@overload
def _float(plane: NDArray[np.generic]) -> NDArray[np.float32]: ...


@overload
def _float(plane: None) -> None: ...


def _float(plane: NDArray[np.generic] | None) -> NDArray[np.float32] | None:
    return None if plane is None else plane.astype(np.float32, copy=False)
