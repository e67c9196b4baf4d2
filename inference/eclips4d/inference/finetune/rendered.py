"""A surface rendered again, and what a change of slope or brightness would do to it, pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.instrument import Instrument
from eclips4d.inference.trust.rendered import Rerendering, calibrated_facets
from eclips4d.physics.dsm.facet_table import POINTS, look_up_rows

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_STEP = np.float32(0.02)
"""Of a slope: derivatives are differences over twice this, wide enough for tables of float32."""
_DARKEST = 0.02
"""Rendered signals are not taken below this share of the flat one."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What all functions here take; pixels may be any of a frame's, in any shape.

    Attributes
    ----------
    slope : float64 [2, …]
        dh/dx, dh/dy.
    image : float64 [n, …]
        Signals over those that the same segment gives of a flat spot.
    per_slope : float64 [n, 2, …]
        Their derivatives.
    electrons : float64 [n, …] or [n, 1, …]
        Counted of a flat spot as bright as the pixel.
    """

    slope: F64
    image: F64
    per_slope: F64
    electrons: F64

    def some(self, step: int) -> Rendered:
        """Of one pixel in `step` along either axis of the frame."""
        few = (..., slice(None, None, step), slice(None, None, step))
        electrons = self.electrons[few] if self.electrons.shape == self.image.shape else self.electrons
        return Rendered(self.slope[few], self.image[few], self.per_slope[few], electrons)


def rendered(rendering: Rerendering, height: F32, slope: F32, calibration: Calibration) -> Rendered:
    """A frame's surface, with what it hides of itself.

    Parameters
    ----------
    height, slope
        [y, x], nm, and [2, y, x].
    """
    flat = _flat(calibration)

    def image(of: F32) -> F64:
        return np.asarray(rendering(height, of, calibration) * flat, np.float64)

    return _with_derivatives(image, slope, _per_flat(calibration))


def facets(instrument: Instrument, calibration: Calibration, slope: F32) -> Rendered:
    """Facets of these slopes [2, y, x] that stand alone."""
    table = np.ascontiguousarray(calibrated_facets(instrument, calibration).reshape(1, POINTS * POINTS, -1))
    by_segment = np.ascontiguousarray(np.moveaxis(table, -1, 1))
    flat, (_, rows, columns) = _flat(calibration), slope.shape

    def image(of: F32) -> F64:
        found = np.empty((len(flat), rows, columns), np.float32)
        look_up_rows(by_segment, POINTS, np.ascontiguousarray(of), found, 0, rows)
        return np.asarray(found * flat, np.float64)

    return _with_derivatives(image, slope, _per_flat(calibration))


def _with_derivatives(image: Callable[[F32], F64], slope: F32, electrons: F64) -> Rendered:
    derivatives = []
    for component in range(2):
        more, less = slope.copy(), slope.copy()
        more[component] += _STEP
        less[component] -= _STEP
        derivatives.append((image(more) - image(less)) / (2.0 * float(_STEP)))
    seen = np.maximum(image(slope), _DARKEST)
    return Rendered(slope.astype(np.float64), seen, np.stack(derivatives, axis=1), electrons)


def _flat(calibration: Calibration) -> F32:
    """From over the mean segment to over the same one, [n, 1, 1]."""
    flat = np.asarray(calibration.flat)
    return np.asarray((flat.mean() / flat)[:, None, None], np.float32)


def _per_flat(calibration: Calibration) -> F64:
    per = np.asarray(calibration.gain) * np.asarray(calibration.flat) / np.asarray(calibration.noise_slope_adu)
    return np.asarray(per[:, None, None], np.float64)
