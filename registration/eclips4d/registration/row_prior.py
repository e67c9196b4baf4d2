"""What part of measured row offsets is jitter: white noise from row to row, and a few waves along the rows.

Mains hum and vibration are waves along the rows, bad line synchronisation is white. Both variances are read from the
scatter beyond the stated noise (Paule and Mandel 1982; a periodogram), and the offsets are shrunk to their posterior
mean. What is not significant has variance zero: then the offsets are exactly zero and no noise is brought in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Vector = NDArray[np.float64]
SIGNIFICANT_SD = 3.0
"""Scatter counts from so many standard errors above the noise on."""
LEAST_PX = 0.015
"""Scatter below this is what interpolation and edges sharper than pixels feign."""
FALSE_WAVES = 0.02
"""How often a frame without waves shows one."""
MOST_WAVES = 16
LEAST_ROWS = 8
ROUNDS = 3
HALVINGS = 50


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Posterior of row offsets.

    Attributes
    ----------
    offset, sd : float64 [rows]
    rms : float
        Rms of the jitter itself, as estimated.
    """

    offset: Vector
    sd: Vector
    rms: float


def shrink(measured: Vector, variance: Vector) -> Shrunk:
    """Posterior mean of the jitter in measured offsets whose line over the rows has been taken out.

    Parameters
    ----------
    measured, variance : float64 [rows]
        Infinite variance where nothing was measured.
    """
    if np.isfinite(variance).sum() < LEAST_ROWS:
        return Shrunk(np.zeros(len(measured)), np.full(len(measured), np.inf), 0.0)
    white, waves, sizes = 0.0, np.zeros((len(measured), 0)), np.zeros(0)
    rest = measured
    for _ in range(ROUNDS):
        white = scatter(rest, variance)
        weight = 1.0 / (variance + white)
        waves, sizes = _waves(measured, weight)
        if not len(sizes):
            break
        rest = measured - waves @ _amplitudes(waves, sizes, measured, weight)[0]
    unnoticed = _unnoticed(rest, variance)
    if white + float(sizes.sum()) < LEAST_PX**2:
        return Shrunk(np.zeros(len(measured)), np.full(len(measured), np.sqrt(unnoticed)), 0.0)
    found = _posterior(measured, variance, white, waves, sizes)
    return Shrunk(found.offset, np.sqrt(found.sd**2 + (0.0 if white else unnoticed)), found.rms)


def scatter(measured: Vector, variance: Vector) -> float:
    """Variance beyond the stated one, by the method of Paule and Mandel; zero if it is not significant."""
    known = np.isfinite(variance)
    square, noise = measured[known] ** 2, variance[known]
    if len(square) < LEAST_ROWS or (square / noise).sum() < len(square) + SIGNIFICANT_SD * np.sqrt(2.0 * len(square)):
        return 0.0
    return _root(square, noise)


@njit(cache=True, nogil=True)
def _root(square: Vector, noise: Vector) -> float:
    """The variance beyond the noise at which the mean of square / variance is one, by halving."""
    low, high = 0.0, square.max()
    for _ in range(HALVINGS):
        middle, total = 0.5 * (low + high), 0.0
        for k in range(square.size):
            total += square[k] / (noise[k] + middle)
        if total > square.size:
            low = middle
        else:
            high = middle
    found: float = 0.5 * (low + high)
    return found


def _unnoticed(measured: Vector, variance: Vector) -> float:
    """Variance of white jitter that may be there without being significant: what is seen and one standard error."""
    known = np.isfinite(variance)
    weight = 1.0 / variance[known] ** 2
    seen = float((weight * (measured[known] ** 2 - variance[known])).sum() / weight.sum())
    return max(seen, 0.0) + float(np.sqrt(2.0 / weight.sum()))


def _waves(measured: Vector, weight: Vector) -> tuple[Vector, Vector]:
    """Cosines and sines of the significant frequencies, [rows, 2 k], and the variance each has at a row, [2 k]."""
    rows = len(measured)
    power = np.abs(np.fft.rfft(weight * measured)) ** 2 / weight.sum()
    power[0] = 0.0
    if rows % 2 == 0:
        power[-1] = 0.0
    limit = np.log(len(power) / FALSE_WAVES)
    found = np.argsort(power)[::-1][:MOST_WAVES]
    found = found[power[found] > limit]
    angle = 2.0 * np.pi * np.arange(rows)[:, None] * found / rows
    sizes = (power[found] - 1.0) / weight.sum()
    return np.hstack([np.cos(angle), np.sin(angle)]), np.asarray(np.tile(sizes, 2))


def _amplitudes(waves: Vector, sizes: Vector, measured: Vector, weight: Vector) -> tuple[Vector, Vector]:
    """Posterior mean of the waves' amplitudes and its covariance; an amplitude's variance is twice the row's."""
    information = waves.T @ (weight[:, None] * waves) + np.diag(1.0 / (2.0 * sizes))
    covariance = np.asarray(np.linalg.inv(information), np.float64)
    return covariance @ (waves.T @ (weight * measured)), covariance


def _posterior(measured: Vector, variance: Vector, white: float, waves: Vector, sizes: Vector) -> Shrunk:
    """Waves first, white noise from what is left of each row."""
    weight = 1.0 / (variance + white)
    offset, doubt = np.zeros(len(measured)), np.zeros(len(measured))
    gain = white * weight
    if len(sizes):
        amplitude, covariance = _amplitudes(waves, sizes, measured, weight)
        offset = waves @ amplitude
        doubt = np.einsum("yi,ij,yj->y", waves, covariance, waves)
    offset = offset + gain * (measured - offset)
    sd = np.sqrt((1.0 - gain) ** 2 * doubt + white * (1.0 - gain))
    return Shrunk(offset, sd, float(np.sqrt(white + sizes.sum())))
