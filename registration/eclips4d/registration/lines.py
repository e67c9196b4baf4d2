"""Where a frame shows lines, as steps are, and across which direction: the structure tensor at half resolution.

The tensor's eigenvalues are the mean squared slopes across and along the lines of a neighbourhood (Bigün and Granlund
1987). Their difference is large on steps; it is small on roughness and on particles, however strong, whose slopes
point everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.registration.blur import blurred
from eclips4d.registration.channels import bin_channels

Plane = NDArray[np.float32]
SLOPE_PX = 2.0
"""Gaussian under which slopes are taken: above the noise."""
DIRECTION_PX, LINE_PX = 6.0, 4.0
"""Gaussians over which directions are joined, and lines told from roughness."""
TERRACE_SHARE = 0.4
"""So much of a frame, where it is least like a line, is taken to lie between the steps."""
REACH = 3.0
"""Where these Gaussians are cut off, in standard deviations."""
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
    across = np.empty((2, *halves.shape[1:]), np.float32)
    _directions(_smooth(tensor, DIRECTION_PX / 2), across)
    terraces = _terraces(_smooth(tensor, LINE_PX / 2))
    return Lines((_enlarged(across[0], shape), _enlarged(across[1], shape)), _enlarged(terraces, shape))


def _products(channels: Plane) -> Plane:
    """Squares and product of the slopes along rows and columns, summed over the channels: yy, xx, yx."""
    down = blurred(channels, SLOPE_PX / 2, slope_along=0)
    right = blurred(channels, SLOPE_PX / 2, slope_along=1)
    tensor = np.empty((3, *channels.shape[1:]), np.float32)
    _multiply(down, right, tensor)
    return tensor


def _smooth(tensor: Plane, sigma: float) -> Plane:
    return blurred(tensor, sigma, reach=REACH)


def _terraces(tensor: Plane) -> Plane:
    near = np.empty(tensor.shape[1:], np.float32)
    _largest_near(_likeness_to_a_line(tensor), near)
    place = int(TERRACE_SHARE * (near.size - 1))
    kept = (near <= np.partition(near, place, axis=None)[place]).astype(np.float32)
    return np.asarray(blurred(kept[None], FADE, reach=2.0)[0])


def _likeness_to_a_line(tensor: Plane) -> Plane:
    """Difference of the tensor's eigenvalues."""
    out = np.empty(tensor.shape[1:], np.float32)
    _anisotropy(tensor, out)
    return out


def _enlarged(plane: Plane, shape: tuple[int, ...]) -> Plane:
    """Every value twice in both directions, cut or continued to the shape."""
    if plane.shape == shape:
        return plane
    out = np.empty(shape, np.float32)
    _twice(plane, out)
    return out


@njit(cache=True, nogil=True, fastmath={"contract"})
def _multiply(down: Plane, right: Plane, out: Plane) -> None:
    channels, rows, columns = down.shape
    for y in range(rows):
        for x in range(columns):
            yy = xx = yx = np.float32(0)
            for c in range(channels):
                yy += down[c, y, x] * down[c, y, x]
                xx += right[c, y, x] * right[c, y, x]
                yx += down[c, y, x] * right[c, y, x]
            out[0, y, x], out[1, y, x], out[2, y, x] = yy, xx, yx


@njit(cache=True, nogil=True)
def _anisotropy(tensor: Plane, out: Plane) -> None:
    rows, columns = out.shape
    for y in range(rows):
        for x in range(columns):
            apart, mixed = tensor[0, y, x] - tensor[1, y, x], tensor[2, y, x]
            out[y, x] = np.sqrt(apart * apart + np.float32(4) * mixed * mixed)


@njit(cache=True, nogil=True)
def _directions(tensor: Plane, out: Plane) -> None:
    """Unit vectors of the larger eigenvalue, rows and columns: half of the angle whose tangent is 2 yx / (xx - yy)."""
    _, rows, columns = out.shape
    for y in range(rows):
        for x in range(columns):
            apart, twice = tensor[1, y, x] - tensor[0, y, x], np.float32(2) * tensor[2, y, x]
            long = np.sqrt(apart * apart + twice * twice)
            cosine = apart / long if long > 0 else np.float32(1)
            out[1, y, x] = np.sqrt(max(np.float32(0.5) + np.float32(0.5) * cosine, np.float32(0)))
            sine = np.sqrt(max(np.float32(0.5) - np.float32(0.5) * cosine, np.float32(0)))
            out[0, y, x] = sine if twice >= 0 else -sine


@njit(cache=True, nogil=True)
def _largest_near(plane: Plane, out: Plane) -> None:
    """Largest value of the squares of three pixels around each; beyond the borders there are none."""
    rows, columns = plane.shape
    across = np.empty_like(plane)
    for y in range(rows):
        for x in range(columns):
            across[y, x] = max(plane[y, max(x - 1, 0)], plane[y, x], plane[y, min(x + 1, columns - 1)])
    for y in range(rows):
        above, below = across[max(y - 1, 0)], across[min(y + 1, rows - 1)]
        for x in range(columns):
            out[y, x] = max(above[x], across[y, x], below[x])


@njit(cache=True, nogil=True)
def _twice(plane: Plane, out: Plane) -> None:
    for y in range(out.shape[0]):
        source = plane[min(y // 2, plane.shape[0] - 1)]
        for x in range(out.shape[1]):
            out[y, x] = source[min(x // 2, source.size - 1)]
