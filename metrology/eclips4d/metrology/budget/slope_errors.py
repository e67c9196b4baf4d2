"""What a wrong gain or dark level does to a slope that is read: finite differences through the real inversion.

Signals of a facet are made by the calibration's own law and inverted with a calibration in which one number is off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.inference.closed_form import ClosedFormSlopes
from eclips4d.metrology.budget.conditions import Conditions

F64 = NDArray[np.float64]

_ROWS, _FACETS = 16, 256
"""Copies of every facet, whose rounding differs; facets between flat and as steep as the law goes."""
_FLAT_ADU = 20000.0
"""Signal of a flat: so large a number that rounding does not count."""
_STEEPEST = 0.96
"""Slope times contrast up to which facets are made: at 1 a segment would see nothing."""
_STEP = 0.01
"""Relative change of a gain, and of a dark level over the signal."""


@dataclass(frozen=True, slots=True, eq=False)
class SlopeErrors:
    """Change of the slope that is read along the facet's azimuth.

    Attributes
    ----------
    gain : float64 [n]
        Per relative change of segment k's gain.
    dark : float64 [n]
        Per change of segment k's dark level, 1/adu.
    """

    gain: F64
    dark: F64

    def less(self, other: SlopeErrors) -> SlopeErrors:
        """What remains when another surface's error is taken off, such as the terrace's."""
        return self.plus(other.times(-1.0))

    def plus(self, other: SlopeErrors) -> SlopeErrors:
        """Of both surfaces together: segment by segment, since it is the same gain that is wrong."""
        return SlopeErrors(self.gain + other.gain, self.dark + other.dark)

    def times(self, factor: float) -> SlopeErrors:
        """Of what is `factor` times the slope, such as a height over its run."""
        return SlopeErrors(factor * self.gain, factor * self.dark)


def slope_errors(
    conditions: Conditions, slope: float, azimuth_deg: float, *, hold_steepest: bool = False
) -> SlopeErrors:
    """For a facet that rises by `slope` towards the azimuth (on the screen: 90 is up).

    Parameters
    ----------
    hold_steepest
        Take the steepest slope that the segments can show for what is steeper: a riser narrower than a pixel shows
        means.

    Raises
    ------
    ValueError
        The facet is steeper than what the calibration's law can show.
    """
    model = conditions.inversion
    along = (math.cos(math.radians(azimuth_deg)), -math.sin(math.radians(azimuth_deg)))
    larger = _FLAT_ADU / conditions.signal_adu
    told = _in_larger_units(conditions.calibration, larger)
    magnitude = np.linspace(0.0, _STEEPEST / float(np.hypot(*_directions(told).T).max()), _FACETS)
    frame = _frame(told, magnitude, along)
    read = _read(model, frame, told, along)
    if slope > read[-1] and not hold_steepest:
        raise ValueError(f"a slope of {slope:.3g} is steeper than the {read[-1]:.3g} that the segments can show")
    at = float(np.interp(slope, read, magnitude))

    def per_unit(low: Calibration, high: Calibration) -> float:
        apart = _read(model, frame, high, along) - _read(model, frame, low, along)
        return float(np.interp(at, magnitude, apart)) / (2.0 * _STEP)

    segments = range(len(told.gain))
    gain = [per_unit(*(_other(told, "gain", k, 1.0 + sign * _STEP, 0.0) for sign in (-1.0, 1.0))) for k in segments]
    dark = [
        per_unit(*(_other(told, "offset_adu", k, 1.0, sign * _STEP * _FLAT_ADU) for sign in (-1.0, 1.0)))
        for k in segments
    ]
    return SlopeErrors(np.array(gain), np.array(dark) * larger / _FLAT_ADU)


def _directions(calibration: Calibration) -> F64:
    """Relative change of each segment's signal per unit slope along x and y, [n, 2]."""
    return np.asarray(np.asarray(calibration.contrast) / np.asarray(calibration.flat)[:, None])


def _in_larger_units(calibration: Calibration, by: float) -> Calibration:
    """The same calibration for frames whose adu are `by` times smaller; slopes do not know the unit."""

    def times(values: Sequence[float], factor: float) -> tuple[float, ...]:
        return tuple(factor * v for v in values)

    return msgspec.structs.replace(
        calibration,
        offset_adu=times(calibration.offset_adu, by),
        noise_slope_adu=times(calibration.noise_slope_adu, by),
        noise_floor_adu2=times(calibration.noise_floor_adu2, by * by),
    )


def _frame(calibration: Calibration, magnitude: F64, along: tuple[float, float]) -> NDArray[np.uint16]:
    """Facets of rising slope along x, uint16 [n, y, x]; rows are rounded at places between two numbers."""
    flat = np.asarray(calibration.flat)
    share = flat[:, None] / flat.mean() * (1.0 - (_directions(calibration) @ along)[:, None] * magnitude)
    signal = np.asarray(calibration.offset_adu)[:, None] + np.asarray(calibration.gain)[:, None] * _FLAT_ADU * share
    rounding = (np.arange(_ROWS) + 0.5) / _ROWS
    return np.asarray(np.floor(np.maximum(signal, 1.0)[:, None, :] + rounding[:, None]), np.uint16)


def _read(
    model: ClosedFormSlopes, frame: NDArray[np.uint16], calibration: Calibration, along: tuple[float, float]
) -> F64:
    """Slope along the azimuth that is read of each facet, float64 [facet]."""
    p, q = model(frame, calibration).slope.mean(axis=1, dtype=np.float64)
    return np.asarray(along[0] * p + along[1] * q)


def _other(calibration: Calibration, name: str, segment: int, factor: float, more: float) -> Calibration:
    """The calibration with one value of one segment changed."""
    values = list(getattr(calibration, name))
    values[segment] = factor * values[segment] + more
    return msgspec.structs.replace(calibration, **{name: tuple(values)})
