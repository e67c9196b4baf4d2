"""What a refined surface makes least: half the deviance of its images, and how much it bends.

What surroundings let through of a sub-pixel's signal is taken as it is for one step, and found anew from the surface
that the step gives: shadows jump where a crest takes over from another, and steps that follow their derivative go
astray in deep pits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.synthesis.blur import blurred
from eclips4d.inference.synthesis.corners import cells, pixels, slopes, spread_pixels, to_corners
from eclips4d.inference.synthesis.curvature import Bending, bending
from eclips4d.inference.synthesis.deviance import Deviance, deviance
from eclips4d.inference.synthesis.electrons import Electrons
from eclips4d.inference.synthesis.normal_equations import Curvature, told_by
from eclips4d.inference.synthesis.response import Response
from eclips4d.physics.dsm.gradient import distilled_gradient

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_FAINT = 1e-6


@dataclass(frozen=True)
class At:
    """A surface rendered and compared.

    Attributes
    ----------
    corner : float64 [Y + 1, X + 1]
        Heights at the corners of sub-pixels, nm.
    response, seen
        By which it is rendered, with what compared.
    weight, knee : float
        Of bending, and where it begins to cost less; see `curvature`.
    passed : float32 [n, Y, X]
        Share of the signal of every sub-pixel that surroundings let through.
    blur_px : float
        Standard deviation of the Gaussian that blurs the image, in pixels.
    """

    corner: F64
    response: Response
    seen: Electrons
    weight: float
    knee: float
    passed: F32
    blur_px: float = 0.0

    @property
    def pixel_nm(self) -> tuple[float, float]:
        """Size (x, y) of a sub-pixel."""
        return self.response.simulator.pixel_nm

    @cached_property
    def slope(self) -> F32:
        """Of sub-pixels, [2, Y, X]."""
        return slopes(self.corner, self.pixel_nm)

    @cached_property
    def image(self) -> F32:
        """Signals over those of a flat spot, [n, y, x]."""
        signal = self.response.alone(np.zeros(self.slope.shape[1:]), self.slope)
        signal *= self.passed
        signal = blurred(signal, self._blur)
        return np.asarray(pixels(signal, self.response.supersample) / self._flat, np.float32)

    @cached_property
    def deviance(self) -> Deviance:
        """Of the image."""
        return deviance(self.image, self.seen)

    @cached_property
    def bending(self) -> Bending:
        """Of the surface."""
        return bending(self.corner, self.pixel_nm, self.knee)

    @property
    def value(self) -> float:
        """The objective."""
        return 0.5 * self.deviance.total + self.weight * self.bending.total

    def gradient(self) -> F64:
        """Derivative of the objective with respect to the corners."""
        to_fine = spread_pixels(self.deviance.to_image / self._flat, self.response.supersample)
        to_signal = blurred(to_fine, self._blur) * self.passed
        of_data = to_corners(np.zeros(self.slope.shape[1:]), self._to_slope(to_signal), self.pixel_nm)
        return np.asarray(0.5 * of_data + self.weight * self.bending.to_corner)

    def curvature(self) -> Curvature:
        """Second derivatives, as Gauss and Newton have them, of an image without blur.

        Where there is blur this is more than there is of the finest waves: steps are short there, not wrong, and what
        electrons tell stays a matter of each pixel alone.
        """
        stiff = np.asarray(self.weight * self.bending.weight, np.float32)
        told = told_by(self._per_slope(), self.image, self.seen)
        return Curvature(told, stiff, self.pixel_nm, self.response.supersample)

    def sharper(self, knee: float) -> At:
        """The same surface with another knee; what does not depend on it is not computed again."""
        other = replace(self, knee=knee)
        kept = ("slope", "image", "deviance")
        other.__dict__.update({name: self.__dict__[name] for name in kept if name in self.__dict__})
        return other

    @property
    def _flat(self) -> F64:
        return self.response.flat[:, None, None]

    @property
    def _blur(self) -> float:
        """In sub-pixels."""
        return self.blur_px * self.response.supersample

    def _per_slope(self) -> F32:
        """Of a pixel's image by a sub-pixel's slopes, [n, 2, Y, X]."""
        one, found = np.zeros_like(self.passed), []
        for k, flat in enumerate(self.response.flat):
            one[k] = self.passed[k] / np.float32(flat * self.response.supersample**2)
            found.append(self._to_slope(one))
            one[k] = 0.0
        return np.stack(found)

    def _to_slope(self, to_signal: NDArray[np.floating]) -> F32:
        """Derivatives with respect to the signals of facets as such with respect to their slopes."""
        flat = np.zeros(self.slope.shape[1:])
        return distilled_gradient(self.response.alone, flat, self.slope, to_signal).slope


def passed_by(response: Response, corner: F64) -> F32:
    """What the surroundings let through of every sub-pixel's signal, [n, Y, X]."""
    slope = slopes(corner, response.simulator.pixel_nm)
    cell = cells(corner)
    open_sky, shaded = response.alone(cell, slope), response.simulator(cell, slope)
    return np.asarray(shaded / np.maximum(open_sky, _FAINT), np.float32)
