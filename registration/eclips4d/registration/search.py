"""Where a frame lies relative to another, to a fraction of a pixel: the peak of a filtered cross-correlation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.registration.template import Template, filtered_power, inverse, transform

LEAST_PEAK = 6.0
"""A correlation peak lower than this many rms of the plane is no peak, …"""
LEAST_LIKENESS = 0.5
"""… unless the frames are this much alike: the peaks of a lattice are many, and none stands out."""
LEAST_OVERLAP = 0.3
"""Peaks are compared per overlap, else a lattice would be found where most of it overlaps; but not noise at the rim."""
SEARCH_GRID = 8
"""Steps per pixel to which the search rounds, so that a frame without shift starts, and stays, at exactly none."""


@dataclass(frozen=True, slots=True)
class Peak:
    """Where the search found the frame: `height` in rms of the correlation plane, `likeness` the correlation there."""

    shift: tuple[float, float]
    height: float
    likeness: float

    @property
    def found(self) -> bool:
        """Whether the peak can be believed."""
        return self.height >= LEAST_PEAK or self.likeness >= LEAST_LIKENESS


def search(
    template: Template,
    channels: NDArray[np.float32],
    expected: tuple[float, float] = (0.0, 0.0),
    reach: float = np.inf,
    trust_expected: float = 0.4,
) -> Peak:
    """Highest point of the filtered cross-correlation, refined by a parabola.

    Parameters
    ----------
    template : Template
    channels : float32 [c, y, x]
    expected : tuple of float
        Where the shift is expected; among peaks of a repeating pattern the nearest one wins.
    reach : float
        Distance at which the expectation has lost its say, pixels.
    trust_expected : float
        Share of its height a peak far from the expectation loses: a jump is still found where only one place fits.
    """
    spectrum = transform(channels * template.window, template.fft_shape)
    plane = inverse((spectrum * template.spectrum).sum(axis=0), template.fft_shape)
    rms = float(np.sqrt(np.mean(np.square(plane), dtype=np.float64)))
    if rms == 0.0:
        return Peak(expected, 0.0, 0.0)
    preferred = plane / np.maximum(template.overlap, LEAST_OVERLAP)
    if np.isfinite(reach):
        preferred = np.maximum(preferred, 0) * _preference(template.fft_shape, expected, reach, trust_expected)
    row, column = np.unravel_index(int(np.argmax(preferred)), plane.shape)
    height = float(plane[row, column])
    likeness = height / np.sqrt(filtered_power(spectrum, template.weight, template.fft_shape) * template.power)
    shift = (_vertex(plane[:, column], int(row)), _vertex(plane[row], int(column)))
    return Peak(shift, height / rms, float(likeness))


def _preference(
    shape: tuple[int, int], expected: tuple[float, float], reach: float, trust: float
) -> NDArray[np.float32]:
    near = [
        np.exp(-0.5 * (((np.arange(n) - e + n / 2) % n - n / 2) / reach) ** 2).astype(np.float32)
        for n, e in zip(shape, expected, strict=True)
    ]
    return np.asarray((1 - trust) + trust * np.outer(*near), np.float32)


def _vertex(line: NDArray[np.float32], i: int) -> float:
    n = line.size
    left, here, right = (float(line[j % n]) for j in (i - 1, i, i + 1))
    bend = left - 2 * here + right
    vertex = i + (0.5 * (left - right) / bend if bend < 0 else 0.0)
    return round((vertex - n if vertex > n / 2 else vertex) * SEARCH_GRID) / SEARCH_GRID
