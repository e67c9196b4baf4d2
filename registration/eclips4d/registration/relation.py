"""Where one frame's content lies in another frame: by everything it shows, or by what lies between its steps."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from eclips4d.registration.fit import CAPTURE_PX, OWN_MOTION_PX, RowShift, agreement_at, fit, not_aligned
from eclips4d.registration.look import Eye, Look
from eclips4d.registration.nearby import nearest
from eclips4d.registration.pair import Pair, whole_pair
from eclips4d.registration.search import Peak, search
from eclips4d.registration.tiles import Tile

Vector = NDArray[np.float64]
LEAST_REACH_PX = 8.0
"""The expected shift has its say at least this far."""
STILL_SHARE = 0.75
"""A scene is still when so many of its blocks agree on one shift; where steps flow, few do …"""
STAYING_SHARE = 0.5
"""… but between the steps more than this, and more than chance would let agree …"""
CHANCE = 0.05
"""… with this probability at one or other of all places within reach, as far apart as a fit finds its way."""
SEEN_PLACES = 0.25
"""Where the frame has been seen against another it is expected closer than that: a wrong shift agrees with both only
so many times as often. No fewer, since a fit begins at what is expected."""
CONTRADICTION_SD, INTERPOLATION_PX = 4.0, 0.02
"""So many standard deviations, and what edges sharper than any interpolation do to both."""
CARRY_SD = 1.5
"""Beyond so many standard deviations a difference that contradicts nothing is a reason to doubt."""
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
GOOD_SD_PX = 0.015
"""A shift between the steps that is known less well in a few tiles is read from all of them."""
SURE_PX, AROUND_PX = 0.3, 4
"""An expectation less certain than this leads no fit of tiles; places so far around are tried first."""


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
    found = _fitted(eye, whole_pair(reference.everything_coarse, frame.coarse), binning, expected, spread, rates)
    if not is_still(found):
        peak = search(reference.template, frame.coarse, *_aim(expected, spread, binning))
        if not peak.found:
            return not_aligned(expected)
        around = _around(peak, binning, expected, spread)
        found = _fitted(eye, whole_pair(reference.everything_coarse, frame.coarse), binning, *around, rates)
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
    pair = whole_pair(reference.everything, channels)
    return _fitted(eye, pair, eye.binning, near.ends, spread, rates, own_motion)


def shift_between_steps(
    eye: Eye,
    reference: Look,
    frame: Look,
    expected: Vector,
    spread: Vector,
    rates: bool,
    say: Vector | None = None,
    *,
    seen: bool = False,
) -> RowShift:
    """As `still_shift`, by what lies between the steps; searched only where the expectation does not lead there.

    `say` [by, bx] is how much each block of the reference counts; `seen` as for `trusted`.
    """
    few = _near_steps(eye, reference, frame, expected, spread, rates, say, seen, eye.few)
    if eye.few == eye.tiles:
        return few
    if trusted(few, expected, spread, seen=seen):
        if max(few.middle_sd) < GOOD_SD_PX:
            return few
        near = few.covariance + np.tile(np.eye(2), (2, 2)) * NEAR_PX**2
        every = _fitted_between(eye, reference, frame, few.ends, near, rates, say, eye.tiles)
        if trusted(every, expected, spread, seen=seen):
            return every
    return _near_steps(eye, reference, frame, expected, spread, rates, say, seen, eye.tiles)


def _near_steps(
    eye: Eye,
    reference: Look,
    frame: Look,
    expected: Vector,
    spread: Vector,
    rates: bool,
    say: Vector | None,
    seen: bool,
    tiles: tuple[Tile, ...],
) -> RowShift:
    """As `shift_between_steps`, in some tiles."""
    start = expected, spread
    if len(tiles) > 1 and float(np.sqrt(np.trace(spread) / 4.0)) > SURE_PX * eye.detail:
        start = _looked_around(eye, reference, frame, expected, spread, tiles)
    found = _fitted_between(eye, reference, frame, *start, rates, say, tiles)
    if trusted(found, expected, spread, seen=seen):
        return found
    if len(tiles) == 1:
        peak, binning = search(reference.fine_template, frame.between, *_aim(expected, spread, eye.detail)), eye.detail
    else:
        binning = eye.binning * eye.further
        peak = search(reference.template, frame.coarse, *_aim(expected, spread, binning))
    if not peak.found:
        return not_aligned(expected)
    start = _around(peak, binning, expected, spread)
    if len(tiles) > 1:
        start = _looked_around(eye, reference, frame, *start, tiles)
    return _fitted_between(eye, reference, frame, *start, rates, say, tiles)


def _looked_around(
    eye: Eye, reference: Look, frame: Look, expected: Vector, spread: Vector, tiles: tuple[Tile, ...]
) -> tuple[Vector, Vector]:
    """The expected ends moved to where values differ least, and how far that may be off."""
    whole = _whole(expected, eye.detail)
    found = np.asarray(nearest(reference.parts_near(frame, whole, tiles), AROUND_PX)) + whole
    return _around(Peak((float(found[0]), float(found[1])), np.inf, 1.0), eye.detail, expected, spread)


def votes_on(eye: Eye, reference: Look, frame: Look, ends: Vector) -> Vector:
    """Whether the blocks of everything agree with a shift, 0 to 1; NaN where nothing shows, [by, bx]."""
    pair, binning = reference.passing(frame)
    return agreement_at(pair, ends / binning, eye.noise_correlation)


def is_still(shift: RowShift) -> bool:
    """Whether all of the scene moves as one."""
    return shift.aligned and shift.agreeing >= STILL_SHARE


def trusted(shift: RowShift, expected: Vector, spread: Vector, *, seen: bool = False) -> bool:
    """Whether more than half of what lies between the steps agrees on a shift, and not by chance.

    Steps and their tails agree here and there on a wrong shift, on one of many the more easily the further one has
    looked: as far as `spread`, the covariance of the `expected` ends, and as the shift itself lies away. The chance is
    that so many blocks of a wrong place agree: a binomial tail, continued between whole numbers by the beta function.
    Where the frame has been `seen` against another already, that a shift lies where it must is evidence as well.
    """
    if not shift.aligned or not shift.blocks or max(shift.middle_sd) > LARGEST_SD_PX:
        return False
    first_y, first_x, last_y, last_x = (shift.ends - expected).tolist()
    away = math.hypot(first_y + last_y, first_x + last_x) / 2.0
    reach = (away**2 + float(np.trace(spread)) / 4.0) / CAPTURE_PX**2
    places = max(SEEN_PLACES if seen else 1.0, reach)
    agree = shift.agreeing * shift.blocks
    by_chance = float(betainc(agree, shift.blocks - agree + 1.0, STAYING_SHARE))
    return by_chance * places <= CHANCE


def contradicts(between: RowShift, whole: RowShift) -> bool:
    """Whether what lies between the steps has another shift than everything together: steps then carry it along.

    Both are unbiased on a still scene, and the whole is the more precise: then the variance of what they are apart is
    that of the one less that of the other (Hausman's test, 1978), so no more than that of the one.
    """
    apart = np.abs(np.subtract(between.middle, whole.middle))
    sd = np.sqrt(np.square(between.middle_sd) - between.stretch / 2.0)  # of a still scene nothing stretches
    return bool((apart > CONTRADICTION_SD * sd + INTERPOLATION_PX).any())


def carried(between: RowShift, whole: RowShift) -> tuple[float, float]:
    """By how much moving steps may have carried the shift of everything, as a variance of rows and of columns.

    What lies between the steps may be known too badly to contradict. But where it lies further from the whole than its
    standard deviation explains well, the rest is as likely what the whole has been carried along by.
    """
    apart = np.abs(np.subtract(between.middle, whole.middle))
    variance = np.square(between.middle_sd) - between.stretch / 2.0
    row, column = np.where(apart > CARRY_SD * np.sqrt(variance), apart**2 - variance, 0.0).tolist()
    return float(row), float(column)


def doubted(shift: RowShift, variance: tuple[float, float]) -> RowShift:
    """A shift that is off by as much all over the frame, with this variance of rows and of columns."""
    return replace(shift, covariance=shift.covariance + np.tile(np.diag(variance), (2, 2)))


def _fitted_between(
    eye: Eye,
    reference: Look,
    frame: Look,
    expected: Vector,
    spread: Vector,
    rates: bool,
    say: Vector | None,
    tiles: tuple[Tile, ...],
) -> RowShift:
    """Masks are laid over each other where the shift is expected, and again if it is found elsewhere."""
    whole = _whole(expected, eye.detail)
    pair = reference.between_steps(frame, whole, tiles)
    if say is not None:
        say = np.concatenate([say, np.ones((len(pair.place) - len(say), say.shape[1]))])
    found = _fitted(eye, pair, eye.detail, expected, spread, rates, BETWEEN, say)
    there = _whole(found.ends, eye.detail)
    if not found.aligned or np.abs(np.subtract(there, whole)).max() <= MASKED_PX:
        return found
    again = reference.between_steps(frame, there, tiles)
    return _fitted(eye, again, eye.detail, found.ends, spread, rates, BETWEEN, say)


def _fitted(
    eye: Eye,
    pair: Pair,
    binning: int,
    expected: Vector,
    spread: Vector,
    rates: bool,
    own_motion: tuple[float, ...] = OWN_MOTION_PX,
    say: Vector | None = None,
) -> RowShift:
    """`fit` on binned channels, in and out in pixels of the full frame."""
    start, loose = expected / binning, spread / binning**2
    found = fit(pair, start, loose, eye.noise_correlation, rates, own_motion, say)
    square = binning**2
    return replace(
        found, ends=found.ends * binning, covariance=found.covariance * square, stretch=found.stretch * square
    )


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
