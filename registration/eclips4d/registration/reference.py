"""The reference frame at two resolutions, and the shift of another frame against it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray
from eclips4d.registration.channels import bin_channels, binning_for, form_channels, mixing_matrix, segment_means
from eclips4d.registration.subpixel import RowShift, refine, search
from eclips4d.registration.template import Template, prepare

Vector = NDArray[np.float64]
FIT_PX = 512
"""Frames longer than this are fitted at half, quarter, … resolution."""
SEARCH_PX = 256
"""The same for the search."""
LEAST_REACH_PX = 16.0
"""The expected shift has its say at least this far."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What every frame is compared with.

    Attributes
    ----------
    matrix, offset : float64 [channels, n], float64 [n]
        Segments to channels.
    shape : tuple of int
        Of the raw frame.
    binning, further : int
        Full frame to `fine`, `fine` to `coarse`.
    fine, coarse : Template
    noise_correlation : float
        Pixels that share one noise value.
    """

    matrix: Vector
    offset: Vector
    shape: tuple[int, ...]
    binning: int
    further: int
    fine: Template
    coarse: Template
    noise_correlation: float


def prepare_reference(raw: RawArray, calibration: Calibration) -> Reference:
    """Everything that registering needs of the reference frame.

    Raises
    ------
    InputError
        The calibration is for another number of segments.
    """
    if raw.shape[0] != len(calibration.flat):
        raise InputError(f"{raw.shape[0]} segments, but the calibration has {len(calibration.flat)}")
    means, offset = segment_means(raw), np.asarray(calibration.offset_adu, np.float64)
    matrix = mixing_matrix(calibration, means)
    binning = binning_for(raw.shape, FIT_PX)
    channels = form_channels(raw, matrix, means, offset, binning)
    further = binning_for(channels.shape, SEARCH_PX)
    fine = prepare(channels)
    coarse = prepare(bin_channels(channels, further)) if further > 1 else fine
    correlation = max(calibration.noise_correlation_px, 1.0)
    return Reference(matrix, offset, raw.shape, binning, further, fine, coarse, correlation)


def measure(reference: Reference, raw: RawArray, expected: Vector, spread: Vector, *, rates: bool = True) -> RowShift:
    """Shift of a frame against the reference at its first and last row, pixels of the full frame.

    Parameters
    ----------
    reference : Reference
    raw : uint8 or uint16 [n, y, x]
    expected, spread : float64 [4], float64 [4, 4]
        Expected shift at the first and at the last row (rows, columns each), and its covariance.
    rates : bool
        Whether the shift may change during the scan.
    """
    fine = form_channels(raw, reference.matrix, segment_means(raw), reference.offset, reference.binning)
    coarse = bin_channels(fine, reference.further)
    binning = reference.binning * reference.further
    middle = 0.5 * (expected[:2] + expected[2:])
    reach = max(LEAST_REACH_PX, 2.0 * float(np.sqrt(np.trace(spread) / 4.0)))
    peak = search(reference.coarse, coarse, (float(middle[0]) / binning, float(middle[1]) / binning), reach / binning)
    if not peak.found:
        return RowShift(expected, spread, aligned=False)
    found = expected + np.tile(np.asarray(peak.shift) * binning - middle, 2)
    if reference.further > 1:
        found = _fit(reference, reference.coarse, coarse, binning, found, rates).ends
    return _fit(reference, reference.fine, fine, reference.binning, found, rates)


def _fit(
    reference: Reference, template: Template, channels: NDArray[np.float32], binning: int, start: Vector, rates: bool
) -> RowShift:
    """`refine` on binned channels, in and out in pixels of the full frame."""
    first = -(binning - 1) / (2 * binning)
    last = first + (reference.shape[1] - 1) / binning
    found = refine(template, channels, start / binning, (first, last), reference.noise_correlation, rates)
    return RowShift(found.ends * binning, found.covariance * binning**2, found.misfit, found.aligned)
