"""Segments to whitened channels: any number of segments becomes three planes that keep all that Lambert's law can say.

A segment over its mean is 1 + du/u - (contrast/flat)·slope + noise. Whitening by the noise and projecting on the span
of that model (QR) leaves total, and two tilt-like planes, each with unit white noise; the dropped combinations of
segments hold noise alone, so nothing the shift could be read from is lost.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray

LEAST_PX = 16
FloatPlane = NDArray[np.float32]
Matrix = NDArray[np.float64]


@njit(cache=True, nogil=True)
def _add(line: NDArray[np.int32], source: RawArray) -> None:
    for x in range(line.size):
        line[x] += source[x]


@njit(cache=True, nogil=True)
def _join(line: FloatPlane, binning: int, out: FloatPlane) -> None:
    if binning == 2:
        for x in range(out.size):
            out[x] = line[2 * x] + line[2 * x + 1]
    else:
        for x in range(out.size):
            out[x] = line[x * binning]
            for i in range(1, binning):
                out[x] += line[x * binning + i]


@njit(cache=True, nogil=True)
def _sum(line: NDArray[np.int32]) -> np.int64:
    total = np.int64(0)
    for x in range(line.size):
        total += line[x]
    return total


@njit(cache=True, nogil=True)
def _join_pairs(above: RawArray, below: RawArray, out: FloatPlane) -> np.uint32:
    """Sums of 2 · 2 pixels; gives that of all of them. Wide enough for 32 thousand columns of 16 bits."""
    total = np.uint32(0)
    for x in range(out.size):
        upper, lower = np.uint32(above[2 * x]) + above[2 * x + 1], np.uint32(below[2 * x]) + below[2 * x + 1]
        both = np.uint32(upper + lower)
        out[x] = np.float32(np.int32(both))
        total += both
    return total


@njit(cache=True, nogil=True)
def _bin_pairs(raw: RawArray, out: FloatPlane) -> NDArray[np.int64]:
    """As `_bin_raw` for a binning of 2, in one pass."""
    segments, rows, columns = raw.shape
    sums = np.zeros(segments, np.int64)
    for k in range(segments):
        for y in range(0, rows - 1, 2):
            sums[k] += _join_pairs(raw[k, y], raw[k, y + 1], out[k, y // 2])
            if columns % 2:
                sums[k] += np.int64(raw[k, y, columns - 1]) + np.int64(raw[k, y + 1, columns - 1])
        if rows % 2:
            for x in range(columns):
                sums[k] += np.int64(raw[k, rows - 1, x])
    return sums


@njit(cache=True, nogil=True)
def _bin_raw(raw: RawArray, binning: int, out: FloatPlane) -> NDArray[np.int64]:
    """Sums of binning · binning pixels; gives the exact sum of each whole segment."""
    segments, rows, columns = raw.shape
    line, floats, sums = np.empty(columns, np.int32), np.empty(columns, np.float32), np.zeros(segments, np.int64)
    for k in range(segments):
        for y in range(0, rows, binning):
            line[:] = 0
            for j in range(y, min(y + binning, rows)):
                _add(line, raw[k, j])
            sums[k] += _sum(line)
            if y + binning <= rows:
                floats[:] = line
                _join(floats, binning, out[k, y // binning])
    return sums


@njit(cache=True, nogil=True, fastmath={"contract"})
def _add_times(out: FloatPlane, weight: np.float32, line: FloatPlane) -> None:
    for x in range(out.size):
        out[x] += weight * line[x]


@njit(cache=True, nogil=True, fastmath={"contract"})
def _add_four(out: FloatPlane, w: FloatPlane, a: FloatPlane, b: FloatPlane, c: FloatPlane, d: FloatPlane) -> None:
    w0, w1, w2, w3 = w[0], w[1], w[2], w[3]
    for x in range(out.size):
        out[x] += w0 * a[x] + w1 * b[x] + w2 * c[x] + w3 * d[x]


@njit(cache=True, nogil=True)
def _mix(planes: FloatPlane, matrix: FloatPlane, constant: FloatPlane, out: FloatPlane) -> None:
    channels, rows, _ = out.shape
    segments = planes.shape[0]
    fours = segments // 4 * 4
    for y in range(rows):
        for c in range(channels):
            out[c, y] = -constant[c]
            for k in range(0, fours, 4):
                weight = matrix[c, k : k + 4]
                _add_four(out[c, y], weight, planes[k, y], planes[k + 1, y], planes[k + 2, y], planes[k + 3, y])
            for k in range(fours, segments):
                _add_times(out[c, y], matrix[c, k], planes[k, y])


@njit(cache=True, nogil=True, fastmath={"contract"})
def _bin(planes: FloatPlane, binning: int, out: FloatPlane) -> None:
    channels, rows, columns = out.shape
    line, scale = np.empty(columns * binning, np.float32), np.float32(1 / binning)
    for c in range(channels):
        for y in range(rows):
            line[:] = np.float32(0)
            for j in range(binning):
                _add_times(line, scale, planes[c, y * binning + j])
            _join(line, binning, out[c, y])


def segment_means(raw: RawArray) -> Matrix:
    """Mean of each segment, adu; the sums are exact integers."""
    return np.asarray(raw.mean(axis=(1, 2), dtype=np.float64))


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
    raw: RawArray, matrix: Matrix, offset: Matrix, binning: int = 1, means: Matrix | None = None
) -> NDArray[np.float32]:
    """Whitened channels of a frame, brightness normalised and mean removed.

    Parameters
    ----------
    raw : uint8 or uint16 [n, y, x]
    matrix : float64 [channels, n]
        From `mixing_matrix`.
    offset : float64 [n]
        Dark levels, adu. A segment at its dark level carries nothing.
    binning : int
        Pixels joined in each direction; the noise of a joined pixel stays 1.
    means : float64 [n], optional
        Of the segments, adu; where `raw` is a part of a frame, of all of it.

    Returns
    -------
    float32 [channels, y // binning, x // binning]
    """
    return channels_and_means(raw, matrix, offset, binning, means)[0]


def channels_and_means(
    raw: RawArray, matrix: Matrix, offset: Matrix, binning: int, means: Matrix | None = None
) -> tuple[NDArray[np.float32], Matrix]:
    """As `form_channels`, and the means that brightness was normalised by."""
    rows, columns = raw.shape[1] // binning, raw.shape[2] // binning
    planes = np.empty((len(raw), rows, columns), np.float32)
    sums = _bin_pairs(raw, planes) if binning == 2 else _bin_raw(raw, binning, planes)
    if means is None:
        means = sums / (raw.shape[1] * raw.shape[2])
    signal = means - offset
    usable = np.where(signal > 1e-3, matrix / np.where(signal > 1e-3, signal, 1.0), 0.0)
    out = np.empty((len(matrix), rows, columns), np.float32)
    constant = (usable @ means) * binning
    _mix(planes, (usable / binning).astype(np.float32), constant.astype(np.float32), out)
    return out, means


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
