"""The reference frame at two resolutions, and the shift of another frame against it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray
from eclips4d.registration.background import background
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
LARGEST_CONTRADICTION = 10.0
"""Still scenes stay near 1, evolving ones are far above, …"""
LARGEST_WOBBLE_PX = 0.1
"""… and so are edges too sharp for any interpolation, but those pull strips apart by less than this."""
LARGEST_SD_PX = 1.0
"""A background that says less about the shift than this is no help."""
UNKNOWN_RATE_SD_PX = 5.0


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
    fine, coarse, background : Template
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
    background: Template
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
    still = prepare(background(channels))
    correlation = max(calibration.noise_correlation_px, 1.0)
    return Reference(matrix, offset, raw.shape, binning, further, fine, coarse, still, correlation)


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
    reach = max(LEAST_REACH_PX, 2.0 * float(np.sqrt(np.trace(spread) / 4.0)))
    plain = _measure_plain(reference, fine, expected, reach, rates)
    if plain.aligned and (plain.contradiction <= LARGEST_CONTRADICTION or plain.wobble <= LARGEST_WOBBLE_PX):
        return _doubted(plain)
    channels = background(fine)
    still = _measure_background(reference, channels, expected, reach)
    if not still.aligned or max(still.middle_sd) > LARGEST_SD_PX:
        return RowShift(expected, spread, aligned=False)
    if plain.aligned and rates and _agree(plain, _fit_background(reference, channels, still.ends, True)):
        return _doubted(plain)
    return _without_rates(still, expected) if rates else still


def _measure_plain(
    reference: Reference, fine: NDArray[np.float32], expected: Vector, reach: float, rates: bool
) -> RowShift:
    """All structure, searched at low and fitted at low, then high resolution."""
    coarse = bin_channels(fine, reference.further)
    found = _search(reference.coarse, coarse, reference.binning * reference.further, expected, reach)
    if not found.aligned:
        return found
    if reference.further > 1:
        found = _fit(reference, reference.coarse, coarse, reference.binning * reference.further, found.ends, rates)
    return _fit(reference, reference.fine, fine, reference.binning, found.ends, rates)


def _measure_background(
    reference: Reference, channels: NDArray[np.float32], expected: Vector, reach: float
) -> RowShift:
    """Only what lies between the steps, at mid-scan: growing or turning structure feigns rates."""
    found = _search(reference.background, channels, reference.binning, expected, reach)
    return _fit_background(reference, channels, found.ends, False) if found.aligned else found


def _fit_background(reference: Reference, channels: NDArray[np.float32], start: Vector, rates: bool) -> RowShift:
    return _fit(reference, reference.background, channels, reference.binning, start, rates)


def _search(
    template: Template, channels: NDArray[np.float32], binning: int, expected: Vector, reach: float
) -> RowShift:
    middle = 0.5 * (expected[:2] + expected[2:])
    peak = search(template, channels, (float(middle[0]) / binning, float(middle[1]) / binning), reach / binning)
    ends = expected + np.tile(np.asarray(peak.shift) * binning - middle, 2)
    return RowShift(ends, np.full((4, 4), np.inf), aligned=peak.found)


def _agree(a: RowShift, b: RowShift) -> bool:
    sd = np.sqrt(np.diag(a.covariance) + np.diag(b.covariance))
    return b.aligned and bool((np.abs(a.ends - b.ends) <= 3.0 * sd).all())


def _doubted(shift: RowShift) -> RowShift:
    """The shift with its covariance widened by its contradiction."""
    return replace(shift, covariance=shift.covariance * max(shift.contradiction, 1.0))


def _without_rates(shift: RowShift, expected: Vector) -> RowShift:
    """Only mid-scan is known; the change over the rows stays as expected, with hardly any weight."""
    half = 0.5 * np.tile(expected[2:] - expected[:2], 2) * np.repeat([-1.0, 1.0], 2)
    unknown = np.kron(np.array([[1.0, -1.0], [-1.0, 1.0]]), np.eye(2)) * UNKNOWN_RATE_SD_PX**2
    return RowShift(np.tile(shift.middle, 2) + half, shift.covariance + unknown, shift.misfit, shift.contradiction)


def _fit(
    reference: Reference, template: Template, channels: NDArray[np.float32], binning: int, start: Vector, rates: bool
) -> RowShift:
    """`refine` on binned channels, in and out in pixels of the full frame."""
    first = -(binning - 1) / (2 * binning)
    last = first + (reference.shape[1] - 1) / binning
    found = refine(template, channels, start / binning, (first, last), reference.noise_correlation, rates)
    return replace(found, ends=found.ends * binning, covariance=found.covariance * binning**2)
