"""Where one frame's content lies in another frame: by everything it shows, or by what lies between its steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.registration.fit import OWN_MOTION_PX, Instruments, RowShift, fit, not_aligned
from eclips4d.registration.look import Eye, Look
from eclips4d.registration.search import Peak, search

Vector = NDArray[np.float64]
LEAST_REACH_PX = 8.0
"""The expected shift has its say at least this far."""
STILL_SHARE = 0.75
"""A scene is still when so many of its blocks agree on one shift; where steps flow, few do …"""
STAYING_SHARE = 0.5
"""… but between the steps at least so many."""
CONTRADICTION_SD, INTERPOLATION_PX = 4.0, 0.02
"""So many standard deviations, and what edges sharper than any interpolation do to both."""
LEAST_BLOCKS = 4
"""Fewer blocks agree by chance."""
LARGEST_SD_PX = 1.0
"""A shift known less well than this is no help."""
STRAIGHT = (0.0,)
"""What was found at low resolution needs no annealing at high."""
BETWEEN = (0.3, 0.0)
"""Between the steps few blocks move by themselves."""
MASKED_PX = 1
"""Masks fade out over more than this."""
NEAR_PX = 0.2
"""How far it may be off."""
SEARCHED_SD_PX = 1.0
"""How far the search may be off."""


def still_shift(eye: Eye, reference: Look, frame: Look, expected: Vector, spread: Vector, rates: bool) -> RowShift:
    """Shift by everything the frames show, searched over the whole field unless it is where it is expected.

    Parameters
    ----------
    eye : Eye
    reference, frame : Look
    expected, spread : float64 [4], float64 [4, 4]
        Expected `RowShift.ends` and the covariance of that.
    rates : bool
        Whether the shift may change during the scan.

    Returns
    -------
    RowShift
        Pixels of the full frame.
    """
    binning = eye.binning * eye.further
    found = _fitted(eye, reference.everything_coarse, frame.coarse, binning, expected, spread, rates)
    if not is_still(found):
        peak = search(reference.template, frame.coarse, *_aim(expected, spread, binning))
        if not peak.found:
            return not_aligned(expected)
        around = _around(peak, binning, expected, spread)
        found = _fitted(eye, reference.everything_coarse, frame.coarse, binning, *around, rates)
    if eye.further == 1 or not found.aligned:
        return found
    return still_shift_of(eye, reference, frame.channels, found, rates, STRAIGHT)


def still_shift_of(
    eye: Eye,
    reference: Look,
    channels: NDArray[np.float32],
    near: RowShift,
    rates: bool,
    own_motion: tuple[float, ...] = OWN_MOTION_PX,
) -> RowShift:
    """Shift by everything that channels of the fit's resolution show, near what was found before."""
    spread = near.covariance + np.tile(np.eye(2), (2, 2)) * NEAR_PX**2
    return _fitted(eye, reference.everything, channels, eye.binning, near.ends, spread, rates, own_motion)


def shift_between_steps(
    eye: Eye, reference: Look, frame: Look, expected: Vector, spread: Vector, rates: bool
) -> RowShift:
    """As `still_shift`, by what lies between the steps; searched only where the expectation does not lead there."""
    found = _fitted_between(eye, reference, frame, expected, spread, rates)
    if trusted(found):
        return found
    masked = frame.fine * frame.lines.terraces
    peak = search(reference.fine_template, masked, *_aim(expected, spread, eye.binning))
    if not peak.found:
        return not_aligned(expected)
    return _fitted_between(eye, reference, frame, *_around(peak, eye.binning, expected, spread), rates)


def is_still(shift: RowShift) -> bool:
    """Whether all of the scene moves as one."""
    return shift.aligned and shift.agreeing >= STILL_SHARE


def trusted(shift: RowShift) -> bool:
    """Whether enough of what lies between the steps agrees on a shift."""
    enough = shift.blocks >= LEAST_BLOCKS and shift.agreeing >= STAYING_SHARE
    return shift.aligned and enough and max(shift.middle_sd) <= LARGEST_SD_PX


def contradicts(between: RowShift, whole: RowShift) -> bool:
    """Whether what lies between the steps has another shift than everything together: steps then carry it along.

    Both are unbiased on a still scene, and the whole is the more precise (Hausman's test, 1978).
    """
    if not trusted(between):
        return False
    apart = np.abs(np.subtract(between.middle, whole.middle))
    sd = np.hypot(between.middle_sd, whole.middle_sd)
    return bool((apart > CONTRADICTION_SD * sd + INTERPOLATION_PX).any())


def _fitted_between(eye: Eye, reference: Look, frame: Look, expected: Vector, spread: Vector, rates: bool) -> RowShift:
    """Masks are laid over each other where the shift is expected, and again if it is found elsewhere."""
    whole = _whole(expected, eye.binning)
    by = reference.between_steps(frame, whole)
    found = _fitted(eye, by, frame.fine, eye.binning, expected, spread, rates, BETWEEN)
    there = _whole(found.ends, eye.binning)
    if not found.aligned or np.abs(np.subtract(there, whole)).max() <= MASKED_PX:
        return found
    again = reference.between_steps(frame, there)
    return _fitted(eye, again, frame.fine, eye.binning, found.ends, spread, rates, BETWEEN)


def _fitted(
    eye: Eye,
    by: Instruments,
    channels: NDArray[np.float32],
    binning: int,
    expected: Vector,
    spread: Vector,
    rates: bool,
    own_motion: tuple[float, ...] = OWN_MOTION_PX,
) -> RowShift:
    """`fit` on binned channels, in and out in pixels of the full frame."""
    start, loose = expected / binning, spread / binning**2
    found = fit(by, channels, start, loose, eye.noise_correlation, rates, own_motion)
    return replace(found, ends=found.ends * binning, covariance=found.covariance * binning**2)


def _aim(expected: Vector, spread: Vector, binning: int) -> tuple[tuple[float, float], float]:
    """Where to search, and how far the expectation has its say, in binned pixels."""
    middle = 0.5 * (expected[:2] + expected[2:]) / binning
    reach = max(LEAST_REACH_PX, 2.0 * float(np.sqrt(np.trace(spread) / 4.0)))
    return (float(middle[0]), float(middle[1])), reach / binning


def _around(peak: Peak, binning: int, expected: Vector, spread: Vector) -> tuple[Vector, Vector]:
    """The expected ends moved to where the search found the frame, and how far that may be off."""
    middle = 0.5 * (expected[:2] + expected[2:])
    ends = expected + np.tile(np.asarray(peak.shift) * binning - middle, 2)
    halves = np.kron(np.array([[0.5, -0.5], [-0.5, 0.5]]), np.eye(2))
    loose = np.tile(np.eye(2), (2, 2)) * (SEARCHED_SD_PX * binning) ** 2
    return ends, halves @ spread @ halves.T + loose


def _whole(ends: Vector, binning: int) -> tuple[int, int]:
    row, column = np.round(0.5 * (ends[:2] + ends[2:]) / binning).astype(int)
    return int(row), int(column)
