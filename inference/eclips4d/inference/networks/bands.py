"""What filters leave of white slope noise, and of the heights that take it up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from eclips4d.inference.networks.difference_noise import Axis, blurred_away, even_difference_variance

F64 = NDArray[np.float64]

_BLURS_PX = np.concatenate([[0.0], np.geomspace(0.05, 64.0, 200)])
"""Filters among which the one is sought that leaves a given variance."""


@dataclass(frozen=True, slots=True)
class Band:
    """Waves that are left of white noise: a Gaussian filter takes the short ones, another one's complement the long.

    Attributes
    ----------
    blur_px : float
        Width of the filter that noise has passed.
    held_px : float
        Width of an average over which it has none: of the power at a wave, what that filter would leave is taken away.
        Infinite where long waves are as they were.
    """

    blur_px: float = 0.0
    held_px: float = np.inf

    @property
    def outer_px(self) -> float:
        """Of one filter that is both."""
        return float(np.hypot(self.blur_px, self.held_px))

    def height_lost(
        self, pixel_size_xy_nm: tuple[float, float], distance_px: int = 0, axis: Axis = "x"
    ) -> tuple[float, float]:
        """What the height takes up of noise of sd 1, as (share of the white noise's variance, what that has too much).

        Parameters
        ----------
        distance_px
            As of `blurred_away`, whose unit, nm², the second number has.
        """
        lost = blurred_away(pixel_size_xy_nm, self.blur_px, distance_px, axis)
        if np.isinf(self.held_px):
            return 1.0, lost
        return 0.0, lost - blurred_away(pixel_size_xy_nm, self.outer_px, distance_px, axis)

    def kept(self, shape: tuple[int, int], pixel_size_xy_nm: tuple[float, float], distance_px: int, axis: Axis) -> F64:
        """Share of a height difference's variance that is left, for every pair of an image.

        Returns
        -------
        float64 [y, x − distance] or [y − distance, x]
        """
        even = even_difference_variance(shape, pixel_size_xy_nm, distance_px, axis)
        share, lost = self.height_lost(pixel_size_xy_nm, distance_px, axis)
        return np.clip(share - lost / even, 0.0, 1.0)


def left_of_variance(blur_px: float) -> float:
    """Variance of white noise of variance 1 behind a Gaussian filter of this width."""
    return 1.0 if blur_px <= 0.0 else float((erf(np.pi * blur_px) / (2.0 * np.sqrt(np.pi) * blur_px)) ** 2)


_LEFT = np.array([left_of_variance(float(blur)) for blur in _BLURS_PX])


def narrowest_blur(left: F64) -> F64:
    """Of all Gaussian filters that leave no more than this of white noise's variance, pixels; of any shape."""
    return np.asarray(np.interp(-np.minimum(left, 1.0), -_LEFT, _BLURS_PX))
