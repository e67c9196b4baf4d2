"""From slopes and their sd to height: what the network proposes, least squares makes a surface of.

1. Slopes at the pixel borders, weights from their variance, gaps filled.
2. The network corrects the border slopes and says how far to rely on what.
3. Least squares over all borders of the corrected slopes: a surface, whatever the network said.
4. On a coarse grid the height goes back to the slopes as measured, where they are to be relied on.
5. A network that says how far its slopes can be relied on takes its time: walls may be higher than they were read.
6. Waves of a few pixels, of which borders see less than there is, are sharpened where they stand out of the noise.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.inference.engines.network import MOST_SIZES, Network
from eclips4d.inference.integrate import divergence
from eclips4d.inference.integrator.borders import borders_of, sanitised
from eclips4d.inference.integrator.coarse import corrected_drift
from eclips4d.inference.integrator.features import Features, Workspace, features
from eclips4d.inference.integrator.heads import CAUTION, Layout, confidence, corrected, layout
from eclips4d.inference.integrator.lenient import counted
from eclips4d.inference.integrator.long_range import long_range
from eclips4d.inference.integrator.readings import Readings, read_borders, readings
from eclips4d.inference.integrator.sharpened import sharpened
from eclips4d.inference.integrator.solve import Laplacian, solve
from eclips4d.inference.integrator.walls import Proposed, long_weight, with_walls

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Integrator:
    """Slopes and their sd to height, for frames of one pixel size.

    Calling it is pure, but not for two threads at once: the network reuses its buffers.

    Attributes
    ----------
    pixel_size_xy_nm
        (x, y).
    network
        None: least squares with weights from the sd alone.
    iterations
        Of conjugate gradients after the cosine transform's solution, where there are weights.
    walls
        They may be higher than they were read: errors of slopes as measured have one sign there, those of slopes that a
        network has mended have either.
    """

    pixel_size_xy_nm: tuple[float, float]
    network: Network | None = None
    iterations: int = 0
    walls: bool = True
    _known: dict[tuple[int, int], tuple[Laplacian, Workspace]] = field(default_factory=dict, repr=False, compare=False)
    _layout: Layout | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.network is not None:
            found = layout(self.network.channels)
            if found is None:
                planes = f"{self.network.channels[0]} planes in, {self.network.channels[1]} out"
                raise InputError(f"a network with {planes} is no integrator")
            object.__setattr__(self, "_layout", found)

    def __call__(self, slope: F32, slope_sd: F32, *, valid: Mask | None = None) -> F32:
        """Integrate one frame.

        Parameters
        ----------
        slope
            dh/dx, dh/dy, [2, y, x]; NaN where nothing was measured.
        slope_sd
            Per pixel, white, [y, x]; only its ratios count.
        valid
            False where nothing was measured, whatever the slopes say, [y, x].

        Returns
        -------
        float32 [y, x]
            nm, of zero mean, its mean plane kept; finite everywhere: where nothing was measured it goes on smoothly.
        """
        shape = (slope.shape[1], slope.shape[2])
        laplacian, space = self._of(shape)
        finite, variance, measured = sanitised(slope, slope_sd, valid)
        border, weight = space.border, space.weight
        borders_of(finite, variance, measured, border, weight)
        if self.network is None or self._layout is None:
            return solve(border, weight if _varies(weight, measured) else None, laplacian, self.iterations)
        blocks = self.network.blocks(space.padded)
        seen = features(border, weight, variance, measured, self.pixel_size_xy_nm, space, blocks)
        output = self.network(seen.planes)
        read = self._read(slope, slope_sd, valid, border, weight, seen.unit)
        height = composed(border, weight, seen, output, self._layout, laplacian, self.iterations, read=read)
        dx, dy = self.pixel_size_xy_nm
        return sharpened(height, (seen.unit * dx, seen.unit * dy))

    def _read(
        self, slope: F32, slope_sd: F32, valid: Mask | None, border: F32, weight: F32, unit: float
    ) -> Readings | tuple[F32, F32] | None:
        """What walls are looked for in: pixels that are not valid lie on most of them."""
        if not self.walls:
            return None
        if self._layout is not None and self._layout.weighted:
            return readings(slope, slope_sd, valid, unit)
        return (border, weight) if valid is None or valid.all() else read_borders(slope, slope_sd)

    def plain(self, slope: F32) -> F32:
        """By least squares with all weights alike, without the network: that of `inference.integrate`, but prepared.

        Parameters
        ----------
        slope
            Finite, [2, y, x].
        """
        dx, dy = self.pixel_size_xy_nm
        source = np.empty(slope.shape[1:], np.float32)
        divergence(np.ascontiguousarray(slope), np.float32(1.0 / dx), np.float32(1.0 / dy), source)
        return self._of((slope.shape[1], slope.shape[2]))[0].inverse(source)

    def _of(self, shape: tuple[int, int]) -> tuple[Laplacian, Workspace]:
        """What images of one size share, made once; of the last few sizes."""
        known = self._known.get(shape)
        if known is None:
            while len(self._known) >= MOST_SIZES:
                self._known.pop(next(iter(self._known)))
            known = self._known[shape] = Laplacian(shape, self.pixel_size_xy_nm), Workspace(shape)
        return known


def composed(
    border: F32,
    weight: F32,
    seen: Features,
    output: F32,
    of: Layout,
    laplacian: Laplacian,
    iterations: int,
    caution: float = CAUTION,
    read: Readings | tuple[F32, F32] | None = None,
) -> F32:
    """Height from border slopes [2, y, x], their weights and the network's output.

    With walls if `read` is given: in many rounds, or, of slopes and weights alone, in one over long distances.
    """
    shape = (border.shape[1], border.shape[2])
    proposed = corrected(border, seen, output, of.fold)
    relied_on = confidence(output, shape, of.fold) if of.weighted else None
    height = solve(proposed, relied_on, laplacian, iterations)
    per = (laplacian.per_dx, laplacian.per_dy)
    if isinstance(read, tuple):
        border, share = read[0], counted(*read, height, seen.unit, per)
    else:
        share = (weight > 0.0).astype(np.float32)
    seen_far = long_range(border, share, output, of.fold, height, per, caution)
    corrected_drift(seen_far.source, seen_far.weight, seen_far.trust, laplacian.pixel_size_xy_nm, height)
    if relied_on is None or not isinstance(read, Readings):
        return height
    said = Proposed(proposed, relied_on, long_weight(output, of.fold, shape), seen_far.trust)
    return with_walls(height, read, said, laplacian)


def _varies(weight: F32, measured: Mask | None) -> bool:
    """Whether borders differ in weight."""
    if measured is not None:
        return True
    inside = weight[0, :, :-1] if weight.shape[2] > 1 else weight[1, :-1]
    return bool(inside.size) and bool(
        (weight[0, :, :-1] != inside.flat[0]).any() or (weight[1, :-1] != inside.flat[0]).any()
    )


def integrate_weighted(
    slope: F32,
    slope_sd: F32,
    pixel_size_xy_nm: tuple[float, float],
    *,
    valid: Mask | None = None,
    network: Network | None = None,
    iterations: int = 0,
) -> F32:
    """Height of one frame, [y, x], nm; see `Integrator`, which keeps what many frames share."""
    return Integrator(pixel_size_xy_nm, network, iterations)(slope, slope_sd, valid=valid)
