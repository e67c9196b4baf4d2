"""Smaller images: what a screen has no pixels for need not be painted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_HALVINGS = 4


def halvings(image_px_per_screen_px: float) -> int:
    """How often an image can be halved so that it still has a pixel for each one of the screen."""
    if not image_px_per_screen_px >= 2:
        return 0
    return min(MOST_HALVINGS, int(np.log2(image_px_per_screen_px)))


def shrunk(image: NDArray[Any], times: int) -> NDArray[Any]:
    """[..., y, x] halved so often: means of those pixels that are known, float32; the image itself for none.

    A pixel at an edge that does not divide stands for what there is of it.
    """
    if times <= 0:
        return image
    if image.dtype.kind == "u" and image.shape[-2] % 2**times == 0 and image.shape[-1] % 2**times == 0:
        return _means_of_counts(image, 2**times)
    smaller = image.astype(np.float32, copy=False)
    for _ in range(times):
        smaller = _halved(smaller)
    return smaller


def covered_px(pixels: int, shown: int) -> int:
    """How many pixels of a row of `pixels` so many smaller ones stand for, the last of which may overhang."""
    times = next((k for k in range(MOST_HALVINGS + 1) if math.ceil(pixels / 2**k) <= shown), 0)
    return shown << times


def _means_of_counts(image: NDArray[np.unsignedinteger[Any]], side: int) -> NDArray[np.float32]:
    """Of squares that fill the image: many times faster for raw frames than to halve in turn."""
    *parts, rows, columns = image.shape
    lines = image.reshape(*parts, rows // side, side, columns)
    down = np.add.reduce(lines, axis=-2, dtype=np.uint32)
    squares = down.reshape(*parts, rows // side, columns // side, side)
    total = sum((squares[..., k] for k in range(1, side)), squares[..., 0])
    return np.asarray(total.astype(np.float32) * np.float32(1 / side**2), np.float32)


def _halved(image: NDArray[np.float32]) -> NDArray[np.float32]:
    even = _even(_even(image, -2), -1)
    across = even[..., ::2, :] + even[..., 1::2, :]
    means = (across[..., ::2] + across[..., 1::2]) * np.float32(0.25)
    lacking = np.isnan(means)
    if lacking.any():  # few, as a rule: looking at every pixel would take four times as long
        means[lacking] = _mean_of_known([even[..., row::2, column::2][lacking] for row in (0, 1) for column in (0, 1)])
    return np.asarray(means, np.float32)


def _mean_of_known(values: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    known = np.sum([~np.isnan(one) for one in values], axis=0, dtype=np.float32)
    total = np.sum([np.where(np.isnan(one), np.float32(0), one) for one in values], axis=0, dtype=np.float32)
    return np.divide(total, known, out=np.full_like(total, np.nan), where=known > 0)


def _even(image: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """With its last row or column twice where their number is odd."""
    if image.shape[axis] % 2 == 0:
        return image
    last = np.take(image, [-1], axis=axis)
    return np.concatenate([image, last], axis=axis)
