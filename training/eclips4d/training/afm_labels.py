"""The errors of a height map that an atomic force microscope gives as a label.

The tip is no needle: what it reads is the surface dilated by its shape. Its feedback is late where the ground falls
away under it, so it trails. And the map lies a little beside the image, turned, stretched, tilted and bowed.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

F64 = NDArray[np.float64]

RADIUS_PX = 0.5, 8.0
"""Of the apex of a tip."""
CONE_DEG = 10.0, 30.0
"""Half opening angle of its shaft."""
DESCENT = 0.3, 3.0
"""Slope at which a trailing tip comes down."""
SHIFT_PX, LARGEST_SHIFT_PX = 0.5, 1.5
"""Standard deviation along each axis; no shift is larger."""
TURN_DEG, STRETCH, WARP_PX = 0.2, 0.003, 0.3
TILT, BOW = 0.004, 0.004
"""Standard deviations of the slope of the plane, and of the slope of the bow at the border."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def tip_dilated(height_px: F64, radius_px: float, cone_deg: float) -> F64:
    """What a tip reads that ends in a sphere on a cone: the grey dilation of the surface by the tip, exact on the grid.

    Parameters
    ----------
    height_px : float64 [y, x]
        In pixel sizes.
    radius_px
        Of the sphere; 0: a cone to the point.
    cone_deg
        Half opening angle of the cone.

    Notes
    -----
    Villarrubia, J. Res. NIST 102, 425 (1997): image = surface ⊕ reflected tip; this tip is its own reflection.
    """
    reach = _reach(float(np.ptp(height_px)), radius_px, cone_deg)
    side = np.arange(-reach, reach + 1)
    depth = tip_depth(np.hypot(side[:, None], side[None, :]), radius_px, cone_deg)
    read = np.array(height_px, dtype=np.float64)
    _dilate(np.ascontiguousarray(height_px, dtype=np.float64), depth, float(np.ptp(height_px)), read)
    return read


def tip_depth(distance_px: F64, radius_px: float, cone_deg: float) -> F64:
    """How far above its apex the tip's surface is at a distance from the axis, pixels."""
    half = math.radians(cone_deg)
    touch = radius_px * math.cos(half)
    ball = radius_px - np.sqrt(radius_px**2 - np.minimum(distance_px, touch) ** 2)
    return np.asarray(ball + np.maximum(distance_px - touch, 0.0) / math.tan(half))


def trailed(height_px: F64, descent: float, leftward: bool = False) -> F64:
    """What a tip reads that follows every rise, but falls no faster than a slope along its scan lines."""
    ahead = height_px[:, ::-1] if leftward else height_px
    ramp = descent * np.arange(ahead.shape[1])
    read = np.maximum.accumulate(ahead + ramp, axis=1) - ramp
    return np.asarray(read[:, ::-1] if leftward else read)


def misregistered(
    values: F64,
    shift_px: tuple[float, float],
    rotation_deg: float = 0.0,
    stretch: tuple[float, float] = (1.0, 1.0),
    warp_px: F64 | None = None,
) -> F64:
    """A map read beside where it should be, by cubic splines; mirrored beyond its borders.

    Parameters
    ----------
    values : float64 [y, x]
        The map.
    shift_px
        (y, x): what is read at a point is the value so far beyond it.
    rotation_deg
        Of the places read about the middle, from x towards y.
    stretch
        (y, x) of the distances from the middle.
    warp_px : float64 [2, y, x], optional
        A further displacement (y, x) of each point.
    """
    middle = 0.5 * (np.array(values.shape, dtype=np.float64)[:, None, None] - 1.0)
    y, x = (np.indices(values.shape) - middle) * np.asarray(stretch)[:, None, None]
    c, s = math.cos(math.radians(rotation_deg)), math.sin(math.radians(rotation_deg))
    place = np.stack([c * y + s * x, c * x - s * y]) + middle + np.asarray(shift_px)[:, None, None]
    if warp_px is not None:
        place = place + warp_px
    return np.asarray(map_coordinates(values, place, order=3, mode="mirror"))


def plane_and_bow(height_px: F64, tilt: tuple[float, float], bow: tuple[float, float]) -> F64:
    """A map with what levelling left in it: a plane of slopes (y, x), and bows of slopes (y, x) at the border."""
    y, x = (np.arange(n) - 0.5 * (n - 1) for n in height_px.shape)
    down = tilt[0] * y + bow[0] * y * y / height_px.shape[0]
    right = tilt[1] * x + bow[1] * x * x / height_px.shape[1]
    return np.asarray(height_px + down[:, None] + right[None, :])


def afm_like(height_px: F64, rng: np.random.Generator) -> F64:
    """A height map as a microscope of random tip and random care would have read it, in pixels of the image."""
    read = tip_dilated(height_px, _log_uniform(rng, *RADIUS_PX), rng.uniform(*CONE_DEG))
    if rng.random() < 0.5:
        read = trailed(read, _log_uniform(rng, *DESCENT), leftward=bool(rng.random() < 0.5))
    shift = np.clip(SHIFT_PX * rng.standard_normal(2), -LARGEST_SHIFT_PX, LARGEST_SHIFT_PX)
    stretch = 1.0 + STRETCH * rng.standard_normal(2)
    turn = TURN_DEG * float(rng.standard_normal())
    aside = misregistered(read, _pair(shift), turn, _pair(stretch), _slow_warp(rng, read.shape))
    return plane_and_bow(aside, _pair(TILT * rng.standard_normal(2)), _pair(BOW * rng.standard_normal(2)))


def _slow_warp(rng: np.random.Generator, shape: tuple[int, ...]) -> F64:
    """A displacement [2, y, x] of a few half waves across the map, as a creeping scanner leaves it."""
    amplitude = WARP_PX * rng.standard_normal((2, 3, 3)) / 3.0
    wave = [np.cos(math.pi * np.outer(np.arange(3), (np.arange(n) + 0.5) / n)) for n in shape]
    return np.asarray(np.einsum("dab,ay,bx->dyx", amplitude, *wave))


def _reach(range_px: float, radius_px: float, cone_deg: float) -> int:
    """Beyond it the tip is farther above its apex than the surface is high."""
    half = math.radians(cone_deg)
    touch, depth = radius_px * math.cos(half), radius_px * (1.0 - math.sin(half))
    if range_px <= depth:
        return math.ceil(math.sqrt(max(0.0, range_px * (2.0 * radius_px - range_px))))
    return math.ceil(touch + (range_px - depth) * math.tan(half))


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(math.log(low), math.log(high))))


def _pair(values: F64) -> tuple[float, float]:
    return float(values[0]), float(values[1])


@_compiled  # type: ignore[untyped-decorator]
def _dilate(height: Any, depth: Any, deepest: float, read: Any) -> None:
    rows, columns = height.shape
    reach = depth.shape[0] // 2
    for y in range(rows):
        for j in range(max(-reach, -y), min(reach, rows - 1 - y) + 1):
            for i in range(-min(reach, columns - 1), min(reach, columns - 1) + 1):
                below = depth[j + reach, i + reach]
                if below > deepest:
                    continue
                for x in range(max(0, -i), min(columns, columns - i)):
                    touched = height[y + j, x + i] - below
                    if touched > read[y, x]:
                        read[y, x] = touched
