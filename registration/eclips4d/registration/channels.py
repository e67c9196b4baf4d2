"""Segments to whitened channels: any number of segments becomes three planes that keep all that Lambert's law can say.

A segment over its mean is 1 + du/u - (contrast/flat)·slope + noise. Whitening by the noise and projecting on the span
of that model (QR) leaves total, and two tilt-like planes, each with unit white noise; the dropped combinations of
segments hold noise alone, so nothing the shift could be read from is lost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.registration.rows import At, add_times

LEAST_PX = 16
FloatPlane = NDArray[np.float32]
Matrix = NDArray[np.float64]
Sums = NDArray[np.int32] | NDArray[np.float32]


@njit(cache=True, nogil=True)
def _add(line: NDArray[np.int32], raw: RawArray, at: At, count: At) -> None:
    for x in range(count):
        line[x] += raw[at + x]


@njit(cache=True, nogil=True)
def _join(line: Sums, binning: int, out: FloatPlane, to: At, count: At) -> None:
    by = At(binning)
    if binning == 2:
        for x in range(count):
            out[to + x] = np.float32(line[At(2) * x] + line[At(2) * x + At(1)])
        return
    for x in range(count):
        total = line[x * by]
        for i in range(At(1), by):
            total += line[x * by + i]
        out[to + x] = np.float32(total)


@njit(cache=True, nogil=True)
def _sum(line: NDArray[np.int32]) -> np.int64:
    total = np.int64(0)
    for x in range(line.size):
        total += line[x]
    return total


@njit(cache=True, nogil=True)
def _join_pairs(raw: RawArray, above: At, below: At, out: FloatPlane, to: At, count: At) -> np.uint32:
    """Sums of 2 · 2 pixels; gives that of all of them. Wide enough for 32 thousand columns of 16 bits."""
    total = np.uint32(0)
    for x in range(count):
        i, j = above + At(2) * x, below + At(2) * x
        upper, lower = np.uint32(raw[i]) + raw[i + At(1)], np.uint32(raw[j]) + raw[j + At(1)]
        both = np.uint32(upper + lower)
        out[to + x] = np.float32(np.int32(both))
        total += both
    return total


@njit(cache=True, nogil=True)
def _bin_pairs(raw: RawArray, out: FloatPlane) -> NDArray[np.int64]:
    """As `_bin_raw` for a binning of 2, in one pass."""
    segments, rows, columns = raw.shape
    _, joined_rows, joined = out.shape
    flat, made, count, sums = raw.reshape(-1), out.reshape(-1), At(joined), np.zeros(segments, np.int64)
    for k in range(segments):
        for y in range(0, rows - 1, 2):
            above, to = At((k * rows + y) * columns), At((k * joined_rows + y // 2) * joined)
            sums[k] += _join_pairs(flat, above, above + At(columns), made, to, count)
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
    _, joined_rows, joined = out.shape
    flat, made = raw.reshape(-1), out.reshape(-1)
    line, sums = np.empty(columns, np.int32), np.zeros(segments, np.int64)
    for k in range(segments):
        for y in range(0, rows, binning):
            line[:] = 0
            for j in range(y, min(y + binning, rows)):
                _add(line, flat, At((k * rows + j) * columns), At(columns))
            sums[k] += _sum(line)
            if y + binning <= rows:
                _join(line, binning, made, At((k * joined_rows + y // binning) * joined), At(joined))
    return sums


@njit(cache=True, nogil=True, fastmath={"contract"})
def _mix_four(out: FloatPlane, to: At, w: FloatPlane, k: At, p: FloatPlane, at: At, plane: At, count: At) -> None:
    w0, w1, w2, w3 = w[k], w[k + At(1)], w[k + At(2)], w[k + At(3)]
    b, c, d = at + plane, at + At(2) * plane, at + At(3) * plane
    for x in range(count):
        out[to + x] += w0 * p[at + x] + w1 * p[b + x] + w2 * p[c + x] + w3 * p[d + x]


@njit(cache=True, nogil=True)
def _mix(planes: FloatPlane, matrix: FloatPlane, constant: FloatPlane, out: FloatPlane) -> None:
    channels, rows, columns = out.shape
    segments, count, plane = planes.shape[0], At(columns), At(rows * columns)
    flat, weight, made = planes.reshape(-1), matrix.reshape(-1), out.reshape(-1)
    fours = segments // 4 * 4
    for y in range(rows):
        at = At(y * columns)
        for c in range(channels):
            to = At((c * rows + y) * columns)
            for x in range(count):
                made[to + x] = -constant[c]
            for k in range(0, fours, 4):
                _mix_four(made, to, weight, At(c * segments + k), flat, at + At(k) * plane, plane, count)
            for k in range(fours, segments):
                add_times(made, to, matrix[c, k], flat, at + At(k) * plane, count)


@njit(cache=True, nogil=True, fastmath={"contract"})
def _bin_four(p: FloatPlane, above: At, below: At, out: FloatPlane, to: At, count: At) -> None:
    for x in range(count):
        i, j = above + At(2) * x, below + At(2) * x
        out[to + x] = np.float32(0.5) * ((p[i] + p[j]) + (p[i + At(1)] + p[j + At(1)]))


@njit(cache=True, nogil=True)
def _bin(planes: FloatPlane, binning: int, out: FloatPlane) -> None:
    channels, rows, columns = out.shape
    _, height, width = planes.shape
    line, scale, wide = np.empty(columns * binning, np.float32), np.float32(1 / binning), At(columns * binning)
    flat, made = planes.reshape(-1), out.reshape(-1)
    for c in range(channels):
        for y in range(rows):
            if binning == 2:
                above, to = At((c * height + 2 * y) * width), At((c * rows + y) * columns)
                _bin_four(flat, above, above + At(width), made, to, At(columns))
                continue
            line[:] = np.float32(0)
            for j in range(binning):
                add_times(line, At(0), scale, flat, At((c * height + y * binning + j) * width), wide)
            _join(line, binning, made, At((c * rows + y) * columns), At(columns))


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
    return joined(raw, matrix, offset, binning, means).channels()


@dataclass(frozen=True, slots=True)
class Joined:
    """Segments of a frame, pixels joined but not yet mixed to channels.

    Attributes
    ----------
    planes : float32 [n, y, x]
        Sums of the joined pixels.
    means : float64 [n]
        Of the segments, by which brightness is normalised, adu.
    matrix : float64 [channels, n]
        From a segment's pixel to the channels.
    binning : int
    """

    planes: FloatPlane
    means: Matrix
    matrix: Matrix
    binning: int

    def channels(self, further: int = 1) -> FloatPlane:
        """Whitened channels, their pixels joined `further` than these."""
        planes = bin_channels(self.planes, further)
        out = np.empty((len(self.matrix), *planes.shape[1:]), np.float32)
        constant = (self.matrix @ self.means) * (self.binning * further)
        _mix(planes, np.ascontiguousarray(self.matrix / self.binning, np.float32), constant.astype(np.float32), out)
        return out


def joined(raw: RawArray, matrix: Matrix, offset: Matrix, binning: int, means: Matrix | None = None) -> Joined:
    """Segments with joined pixels; parameters as for `form_channels`."""
    planes = np.empty((len(raw), raw.shape[1] // binning, raw.shape[2] // binning), np.float32)
    whole: Any = np.ascontiguousarray(raw)
    sums = _bin_pairs(whole, planes) if binning == 2 else _bin_raw(whole, binning, planes)
    if means is None:
        means = sums / (raw.shape[1] * raw.shape[2])
    signal = means - offset
    usable = np.where(signal > 1e-3, matrix / np.where(signal > 1e-3, signal, 1.0), 0.0)
    return Joined(planes, means, usable, binning)


def bin_channels(channels: NDArray[np.float32], binning: int) -> NDArray[np.float32]:
    """Joins pixels further; unit noise stays unit noise."""
    if binning == 1:
        return channels
    out = np.empty((channels.shape[0], channels.shape[1] // binning, channels.shape[2] // binning), np.float32)
    _bin(np.ascontiguousarray(channels), binning, out)
    return out


def binning_for(shape: tuple[int, ...], longest: int) -> int:
    """Smallest power of two that brings the longer side to `longest` pixels or less, but leaves some of the shorter."""
    wanted = max(0, math.ceil(math.log2(max(shape[-2:]) / longest)))
    bearable = max(0, math.floor(math.log2(max(min(shape[-2:]) / LEAST_PX, 1.0))))
    return 1 << min(wanted, bearable)
