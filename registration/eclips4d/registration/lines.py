"""Where a frame shows lines, as steps are, and across which direction: the structure tensor at half resolution.

The tensor's eigenvalues are the mean squared slopes across and along the lines of a neighbourhood (Bigün and Granlund
1987). Their difference is large on steps; it is small on roughness and on particles, however strong, whose slopes
point everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from eclips4d.registration.blur import blurred
from eclips4d.registration.channels import bin_channels

Plane = NDArray[np.float32]
SLOPE_PX = 2.0
"""Gaussian under which slopes are taken: above the noise."""
DIRECTION_PX, LINE_PX = 6.0, 4.0
"""Gaussians over which directions are joined, and lines told from roughness."""
TERRACE_SHARE = 0.4
"""So much of a frame, where it is least like a line, is taken to lie between the steps."""
MARGIN = 3
"""Side of the square, in pixels of half resolution, in which no line may lie."""
FADE = 0.5
"""Gaussian over which terraces fade out, in pixels of half resolution."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a frame.

    Attributes
    ----------
    across : tuple of float32 [y, x]
        Unit vector across the lines: rows, columns.
    terraces : float32 [y, x]
        1 where there are none, fading to exactly 0.
    """

    across: tuple[Plane, Plane]
    terraces: Plane


def find_lines(channels: Plane) -> Lines:
    """Lines in all channels, float32 [c, y, x], together."""
    shape = channels.shape[1:]
    halves = bin_channels(channels, 2) if min(shape) >= 4 else channels
    tensor = _products(halves)
    yy, xx, yx = _smooth(tensor, DIRECTION_PX / 2)
    angle = 0.5 * np.arctan2(2 * yx, xx - yy)
    across = (_enlarged(np.sin(angle), shape), _enlarged(np.cos(angle), shape))
    return Lines(across, _enlarged(_terraces(_smooth(tensor, LINE_PX / 2)), shape))


def _products(channels: Plane) -> tuple[Plane, Plane, Plane]:
    """Squares and product of the slopes along rows and columns, summed over the channels."""
    down = blurred(channels, SLOPE_PX / 2, slope_along=0)
    right = blurred(channels, SLOPE_PX / 2, slope_along=1)
    return np.square(down).sum(axis=0), np.square(right).sum(axis=0), (down * right).sum(axis=0)


def _smooth(tensor: tuple[Plane, Plane, Plane], sigma: float) -> tuple[Plane, Plane, Plane]:
    yy, xx, yx = blurred(np.stack(tensor), sigma)
    return yy, xx, yx


def _likeness_to_a_line(tensor: tuple[Plane, Plane, Plane]) -> Plane:
    """Difference of the tensor's eigenvalues."""
    yy, xx, yx = tensor
    return np.asarray(np.hypot(yy - xx, 2 * yx))


def _terraces(tensor: tuple[Plane, Plane, Plane]) -> Plane:
    near = ndimage.maximum_filter(_likeness_to_a_line(tensor), MARGIN)
    kept = (near <= np.quantile(near, TERRACE_SHARE)).astype(np.float32)
    return np.asarray(blurred(kept[None], FADE, reach=2.0)[0])


def _enlarged(plane: Plane, shape: tuple[int, ...]) -> Plane:
    """Every value twice in both directions, cut or continued to the shape."""
    rows, columns = shape
    twice = plane if plane.shape == shape else np.repeat(np.repeat(plane, 2, axis=0), 2, axis=1)
    fringe = ((0, max(rows - twice.shape[0], 0)), (0, max(columns - twice.shape[1], 0)))
    return np.ascontiguousarray(np.pad(twice, fringe, mode="edge")[:rows, :columns], np.float32)
