"""Numbers into colours: grey for raw, a perceptually uniform map for height, a wheel for slopes.

The wheel: hue is the azimuth of the downhill direction as seen on the screen (0 right, 90 up, counter-clockwise);
chroma and lightness grow with the slope angle up to the rim. It is built in OKLab (B. Ottosson, 2020), where equal
steps look equal, so no direction shines out as in HSV, and lightness alone still tells flat from steep to a reader who
cannot tell hues apart.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eclips4d.viewer.picture import Levels

Image8 = NDArray[np.uint8]

UNSEEN = (44, 46, 56)
"""Colour of pixels that were never seen (NaN)."""
HUES, TILTS = 256, 64
CELLS = 512
"""Steps of the slope table along either axis, over four times the rim's slope."""
_FLAT_LIGHTNESS, _RIM_LIGHTNESS, _RIM_CHROMA = 0.22, 0.76, 0.165
_FIRST_HUE_DEG = 30.0


def to_index(image: NDArray[Any], levels: Levels) -> Image8:
    """Map levels onto 0…254; pixels without a value become 255."""
    low, high = levels
    scaled = (image.astype(np.float32, copy=False) - np.float32(low)) * np.float32(254.0 / (high - low))
    np.clip(scaled, 0, 254, out=scaled)
    if image.dtype.kind == "f":
        scaled[np.isnan(scaled)] = 255
    return (scaled + np.float32(0.5)).astype(np.uint8)


def height_colours(height: NDArray[np.float32], levels: Levels) -> Image8:
    """[y, x] in nm to [y, x, rgb]."""
    return np.asarray(np.take(height_table(), to_index(height, levels), axis=0), dtype=np.uint8)


def change_colours(change: NDArray[np.float32], levels: Levels) -> Image8:
    """[y, x] in nm to [y, x, rgb]: blue sank, red rose, pale stayed."""
    return np.asarray(np.take(change_table(), to_index(change, levels), axis=0), dtype=np.uint8)


def slope_colours(slope: NDArray[np.float32], rim_deg: float) -> Image8:
    """[2, y, x] to [y, x, rgb]; `rim_deg` is the slope angle of the wheel's rim.

    Slopes up to twice the rim's are looked up in a table, six times faster than by their angles.
    """
    cell = 4 * np.tan(np.radians(rim_deg)) / CELLS
    x, y = (np.fmin(np.fmax(g * np.float32(1 / cell), -CELLS / 2), CELLS / 2) for g in slope)
    beyond = (np.abs(x) >= CELLS / 2) | (np.abs(y) >= CELLS / 2) | np.isnan(slope[0]) | np.isnan(slope[1])
    half = np.float32(CELLS / 2 + 0.5)
    index = (y + half).astype(np.int32) * (CELLS + 1) + (x + half).astype(np.int32)
    colours = np.take(_slope_table(rim_deg), index, axis=0)
    if beyond.any():
        colours[beyond] = _exact_colours(slope[0][beyond], slope[1][beyond], rim_deg)
    return np.asarray(colours, dtype=np.uint8)


def wheel_disc(size: int) -> NDArray[np.uint8]:
    """The legend as [size, size, rgba]: azimuth around, slope angle outwards."""
    step = (np.arange(size) - (size - 1) / 2) / (size / 2)
    x, y = np.meshgrid(step, -step)
    radius = np.hypot(x, y)
    colours = _wheel_lookup(np.arctan2(y, x), radius)
    alpha = np.clip((1 - radius) * size / 2 + 0.5, 0, 1) * 255
    return np.dstack([colours, alpha.astype(np.uint8)])


def height_table() -> Image8:
    """[256, rgb]; the last entry is for pixels without a value."""
    return _table("viridis")


def change_table() -> Image8:
    """The same, diverging from pale: blue below, red above."""
    return _table("CET-D1")


@lru_cache(maxsize=2)
def doubt_table(*, less_is_worse: bool) -> Image8:
    """The same; bright where the surface is least sure."""
    table = _table("inferno")
    return np.vstack([table[-2::-1], table[-1:]]) if less_is_worse else table


@lru_cache(maxsize=4)
def _table(name: str) -> Image8:
    from pyqtgraph import colormap

    table = np.asarray(colormap.get(name).getLookupTable(nPts=255, alpha=False), dtype=np.uint8)
    return np.vstack([table, np.array([UNSEEN], dtype=np.uint8)])


@lru_cache(maxsize=1)
def wheel_table() -> Image8:
    """[hue, tilt, rgb], flat in the first tilt column."""
    hue = np.radians(_FIRST_HUE_DEG) + np.linspace(0, 2 * np.pi, HUES, endpoint=False)[:, None]
    tilt = np.linspace(0, 1, TILTS)[None, :]
    lightness = _FLAT_LIGHTNESS + (_RIM_LIGHTNESS - _FLAT_LIGHTNESS) * tilt + 0 * hue
    chroma = _RIM_CHROMA * np.sqrt(tilt) * np.minimum(1, lightness / 0.6)
    return _oklab_to_srgb(lightness, chroma * np.cos(hue), chroma * np.sin(hue))


@lru_cache(maxsize=4)
def _slope_table(rim_deg: float) -> Image8:
    steps = (np.arange(CELLS + 1) - CELLS / 2) * (4 * np.tan(np.radians(rim_deg)) / CELLS)
    dhdx, dhdy = np.meshgrid(steps, steps)
    return _exact_colours(dhdx, dhdy, rim_deg).reshape(-1, 3)


def _exact_colours(dhdx: NDArray[Any], dhdy: NDArray[Any], rim_deg: float) -> Image8:
    # Downhill is -(dh/dx, dh/dy) in array axes; the screen's y points up, the array's down.
    azimuth = np.arctan2(dhdy, -dhdx)
    angle = np.arctan(np.hypot(dhdx, dhdy))
    return _wheel_lookup(azimuth, angle / np.radians(rim_deg))


def _wheel_lookup(azimuth: NDArray[Any], share: NDArray[Any]) -> Image8:
    unseen = np.isnan(share)
    share = np.where(unseen, 0, np.minimum(share, 1))
    azimuth = np.where(unseen, 0, azimuth)
    hue = np.rint(azimuth * (HUES / (2 * np.pi))).astype(np.int16) % HUES
    tilt = np.rint(share * (TILTS - 1)).astype(np.int16)
    colours: Image8 = np.asarray(wheel_table()[hue, tilt], dtype=np.uint8)
    colours[unseen] = UNSEEN
    return colours


def _oklab_to_srgb(lightness: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]) -> Image8:
    roots = np.stack(
        [
            lightness + 0.3963377774 * a + 0.2158037573 * b,
            lightness - 0.1055613458 * a - 0.0638541728 * b,
            lightness - 0.0894841775 * a - 1.2914855480 * b,
        ],
        axis=-1,
    )
    linear = roots**3 @ np.array(
        [
            [4.0767416621, -1.2684380046, -0.0041960863],
            [-3.3077115913, 2.6097574011, -0.7034186147],
            [0.2309699292, -0.3413193965, 1.7076147010],
        ]
    )
    linear = np.clip(linear, 0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(srgb * 255), dtype=np.uint8)
