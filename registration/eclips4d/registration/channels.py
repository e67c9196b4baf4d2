"""Segments to whitened channels: any number of segments becomes three planes that keep all that Lambert's law can say.

A segment over its mean is 1 + du/u - (contrast/flat)·slope + noise. Whitening by the noise and projecting on the span
of that model (QR) leaves total, and two tilt-like planes, each with unit white noise; the dropped combinations of
segments hold noise alone, so nothing the shift could be read from is lost.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray

LEAST_PX = 16
FloatPlane = NDArray[np.float32]
Matrix = NDArray[np.float64]


@njit(cache=True, nogil=True)
def _segment_sums(raw: RawArray) -> NDArray[np.int64]:
    segments, rows, columns = raw.shape
    sums = np.zeros(segments, np.int64)
    for k in range(segments):
        for y in range(rows):
            line = np.int64(0)
            for x in range(columns):
                line += raw[k, y, x]
            sums[k] += line
    return sums


@njit(cache=True, nogil=True, fastmath={"contract"})
def _add(line: FloatPlane, source: Any, weight: float) -> None:
    for x in range(line.size):
        line[x] += weight * np.float32(source[x])


@njit(cache=True, nogil=True, fastmath={"contract"})
def _join(line: FloatPlane, binning: int, constant: float, out: FloatPlane) -> None:
    for x in range(out.size):
        total = -constant
        for i in range(binning):
            total += line[x * binning + i]
        out[x] = total


@njit(cache=True, nogil=True)
def _mix(raw: RawArray, matrix: FloatPlane, constant: FloatPlane, binning: int, out: FloatPlane) -> None:
    channels, rows, columns = out.shape
    line = np.empty(columns * binning, np.float32)
    for c in range(channels):
        for y in range(rows):
            line[:] = np.float32(0)
            for k in range(raw.shape[0]):
                for j in range(binning):
                    _add(line, raw[k, y * binning + j], matrix[c, k])
            _join(line, binning, constant[c], out[c, y])


@njit(cache=True, nogil=True)
def _bin(planes: FloatPlane, binning: int, out: FloatPlane) -> None:
    channels, rows, columns = out.shape
    scale = np.float32(1 / binning)
    for c in range(channels):
        for y in range(rows):
            for x in range(columns):
                total = np.float32(0)
                for j in range(binning):
                    for i in range(binning):
                        total += planes[c, y * binning + j, x * binning + i]
                out[c, y, x] = total * scale


def segment_means(raw: RawArray) -> Matrix:
    """Mean of each segment, adu; the sums are exact integers."""
    means: Matrix = np.asarray(_segment_sums(raw), np.float64) / (raw.shape[1] * raw.shape[2])
    return means


def mixing_matrix(calibration: Calibration, means: Matrix) -> Matrix:
    """Rows that turn segments over their means into whitened channels, shape (min(n, 3), n).

    Parameters
    ----------
    calibration : Calibration
        Gives the noise of each segment and the direction it looks from.
    means : float64 [n]
        Mean signal of each segment in the reference frame, adu.
    """
    flat, contrast = np.asarray(calibration.flat), np.asarray(calibration.contrast)
    signal = np.maximum(means - np.asarray(calibration.offset_adu), 1e-3)
    variance = np.asarray(calibration.noise_floor_adu2) + np.asarray(calibration.noise_slope_adu) * signal
    sd = np.sqrt(np.maximum(variance, 1.0 / 12.0)) / signal  # rounding to whole adu is the least noise there is
    design = np.column_stack([np.ones_like(flat), -contrast / flat[:, None]])
    basis = np.linalg.qr(design / sd[:, None])[0]
    return np.asarray(basis.T / sd, np.float64)


def form_channels(
    raw: RawArray, matrix: Matrix, means: Matrix, offset: Matrix, binning: int = 1
) -> NDArray[np.float32]:
    """Whitened channels of a frame, brightness normalised and mean removed.

    Parameters
    ----------
    raw : uint8 or uint16 [n, y, x]
    matrix : float64 [channels, n]
        From `mixing_matrix`.
    means, offset : float64 [n]
        This frame's own means and the dark levels, adu. A segment at its dark level carries nothing.
    binning : int
        Pixels joined in each direction; the noise of a joined pixel stays 1.

    Returns
    -------
    float32 [channels, y // binning, x // binning]
    """
    signal = means - offset
    usable = np.where(signal > 1e-3, matrix / np.where(signal > 1e-3, signal, 1.0), 0.0)
    out = np.empty((matrix.shape[0], raw.shape[1] // binning, raw.shape[2] // binning), np.float32)
    constant = (usable @ means) * binning
    _mix(raw, (usable / binning).astype(np.float32), constant.astype(np.float32), binning, out)
    return out


def bin_channels(channels: NDArray[np.float32], binning: int) -> NDArray[np.float32]:
    """Joins pixels further; unit noise stays unit noise."""
    if binning == 1:
        return channels
    out = np.empty((channels.shape[0], channels.shape[1] // binning, channels.shape[2] // binning), np.float32)
    _bin(channels, binning, out)
    return out


def binning_for(shape: tuple[int, ...], longest: int) -> int:
    """Smallest power of two that brings the longer side to `longest` pixels or less, but leaves some of the shorter."""
    wanted = max(0, math.ceil(math.log2(max(shape[-2:]) / longest)))
    bearable = max(0, math.floor(math.log2(max(min(shape[-2:]) / LEAST_PX, 1.0))))
    return 1 << min(wanted, bearable)
