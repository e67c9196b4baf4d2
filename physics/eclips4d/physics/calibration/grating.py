"""Pixel size and shear of the scan from a grating or cross grating of known pitch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize

from eclips4d.core.errors import InputError

F64 = NDArray[np.float64]

_CLEAR = 8.0
"""Power of a grating's line over the median of its surroundings."""
_NEAR = 0.3
"""A pitch that differs by more than this share from what the stated pixel size gives is not believed."""


@dataclass(frozen=True, slots=True)
class GratingFit:
    """Scan geometry.

    Attributes
    ----------
    pixel_scale : (float, float)
        True over stated pixel size, x and y. For lines in one direction both are the one factor that is known.
    pixel_scale_u : float
        Relative standard uncertainty by the image's noise and distortion, without that of the pitch.
    shear : float or None
        Columns by which the scan moves per row, in a frame whose x axis is right; None for lines in one direction.
    rotation_deg : float
        Of the grating against the image's x axis, counter-clockwise on the screen.
    vectors_per_px : float64 [1 or 2, 2]
        Spatial frequencies found, (x, y), cycles per pixel.
    """

    pixel_scale: tuple[float, float]
    pixel_scale_u: float
    shear: float | None
    rotation_deg: float
    vectors_per_px: F64


def fit_grating(raw: F64, pitch_nm: float, pixel_size_xy_nm: tuple[float, float]) -> GratingFit:
    """Find the strongest frequencies near the pitch, to a small part of a Fourier bin, and what they make of the scan.

    Parameters
    ----------
    raw
        [n, y, x].

    Raises
    ------
    InputError
        No line of that pitch stands out.
    """
    fields = _fields(raw)
    spectrum = np.asarray(sum(np.abs(np.fft.fft2(f)) ** 2 for f in fields))
    first = _strongest(spectrum, pitch_nm, pixel_size_xy_nm, None)
    if first is None:
        raise InputError(f"no grating of {pitch_nm:g} nm is seen", cure="check the pitch, in nm, and the pixel size")
    second = _strongest(spectrum, pitch_nm, pixel_size_xy_nm, first)
    found = [_refined(fields, v) for v in (first, second) if v is not None]
    sd = _frequency_sd(fields, found[0])
    relative = sd / float(np.hypot(*found[0]))
    if len(found) == 1:
        return _one_direction(found[0], pitch_nm, pixel_size_xy_nm, relative)
    return _two_directions(np.array(found), pitch_nm, pixel_size_xy_nm, relative)


def _fields(raw: F64) -> list[F64]:
    """Segments over their own slow background, windowed."""
    window = np.outer(np.hanning(raw.shape[1]), np.hanning(raw.shape[2]))
    slow = max(raw.shape[1:]) / 8.0
    return [(s / np.maximum(gaussian_filter(s, slow, mode="nearest"), 1e-9) - 1.0) * window for s in raw]


def _strongest(spectrum: F64, pitch_nm: float, pixel_nm: tuple[float, float], other: F64 | None) -> F64 | None:
    """Frequency (x, y) of the highest peak with about that pitch; across `other` when that is given."""
    fy, fx = np.fft.fftfreq(spectrum.shape[0])[:, None], np.fft.fftfreq(spectrum.shape[1])[None, :]
    physical = np.hypot(fx / pixel_nm[0], fy / pixel_nm[1]) * pitch_nm
    allowed = (np.abs(physical - 1.0) < _NEAR) & ((fx > 0) | ((fx == 0) & (fy > 0)))
    if other is not None:
        across = np.abs(fx * other[0] + fy * other[1]) / np.maximum(np.hypot(fx, fy) * np.hypot(*other), 1e-12)
        allowed &= across < 0.3
    if not allowed.any():
        return None
    values = np.where(allowed, spectrum, 0.0)
    row, column = np.unravel_index(int(np.argmax(values)), values.shape)
    background = float(np.median(spectrum[allowed]))
    if values[row, column] < _CLEAR**2 * background:
        return None
    return np.array([fx[0, column], fy[row, 0]])


def _refined(fields: list[F64], start: F64) -> F64:
    rows, columns = fields[0].shape
    y, x = np.arange(rows), np.arange(columns)

    def power(v: F64) -> float:
        along_x, along_y = np.exp(-2j * np.pi * v[0] * x), np.exp(-2j * np.pi * v[1] * y)
        return -float(sum(abs(along_y @ (f @ along_x)) ** 2 for f in fields))

    bin_ = np.array([1.0 / columns, 1.0 / rows])
    simplex = np.vstack([start, start + np.diag(0.5 * bin_)])
    scale = abs(power(start))
    options = {"initial_simplex": simplex, "xatol": 1e-5 * float(bin_.min()), "fatol": 1e-10 * scale}
    return np.asarray(minimize(power, start, method="Nelder-Mead", options=options).x)


def _frequency_sd(fields: list[F64], vector: F64) -> float:
    """From the scatter of the frequencies of the four quarters of the image."""
    rows, columns = fields[0].shape
    quarters = [
        (slice(i * rows // 2, (i + 1) * rows // 2), slice(j * columns // 2, (j + 1) * columns // 2))
        for i in (0, 1)
        for j in (0, 1)
    ]
    window = np.outer(np.hanning(rows // 2), np.hanning(columns // 2))
    found = [
        np.hypot(*_refined([f[q][: rows // 2, : columns // 2] * window for f in fields], vector)) for q in quarters
    ]
    return float(np.std(found, ddof=1) / 4.0)


def _one_direction(v: F64, pitch_nm: float, pixel_nm: tuple[float, float], relative: float) -> GratingFit:
    factor = 1.0 / (pitch_nm * float(np.hypot(v[0] / pixel_nm[0], v[1] / pixel_nm[1])))
    turned = float(np.degrees(np.arctan2(-v[1], v[0])))
    return GratingFit((1.0 / factor, 1.0 / factor), relative, None, turned, v[None])


def _two_directions(found: F64, pitch_nm: float, pixel_nm: tuple[float, float], relative: float) -> GratingFit:
    """Pixel to specimen as a matrix, up to a rotation: x step (sx, 0), y step (shear part, sy)."""
    first, second = found[np.argsort(-np.abs(found[:, 0]))]
    # Lattice frequencies F (rows) in cycles per pixel; specimen frequencies are R/pitch: F = R A / pitch.
    gram = np.stack([first, second]).T @ np.stack([first, second]) * pitch_nm**2  # = A^T A
    sx = float(np.sqrt(gram[0, 0]))
    moved = float(gram[0, 1] / sx)
    sy = float(np.sqrt(max(gram[1, 1] - moved**2, 1e-30)))
    turned = float(np.degrees(np.arctan2(-first[1], first[0])))
    return GratingFit((sx / pixel_nm[0], sy / pixel_nm[1]), relative, moved / sx, turned, found)
