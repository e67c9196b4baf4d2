"""What a frame gives to be recognised by: a filtered spectrum for the search, filtered gradients for the fit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from eclips4d.registration.spectra import periodic_slopes, ring_power
from eclips4d.registration.window import tukey

SEARCH_TAPER, FIT_TAPER = 0.2, 0.06
"""Share of each side over which the window falls to zero: a search must not see edges, a fit does not mind them."""
CUT_LOW = 3.0
"""Periods per field below which brightness and the false dome live, not position."""
CUT_HIGH = (0.22, 0.37)
"""Cycles per pixel between which the fit's filter falls to zero: above, sharp edges are aliased."""
RINGS_PER_CYCLE = 128
"""Of equal frequency, in which powers are averaged; from half a cycle per pixel on all are one."""


@dataclass(frozen=True, slots=True)
class Template:
    """A frame to be searched for.

    Attributes
    ----------
    spectrum : complex64 [c, fy, fx]
        Conjugate, filtered spectrum of the windowed channels.
    weight : float32 [fy, fx]
        The filter of `spectrum`.
    power : float
        Filtered power of the windowed channels.
    window : float32 [y, x]
    overlap : float32 [y, x]
        Share of the windows that two frames have in common at each shift; of the transform's shape.
    fft_shape : tuple of int
    """

    spectrum: NDArray[np.complex64]
    weight: NDArray[np.float32]
    power: float
    window: NDArray[np.float32]
    overlap: NDArray[np.float32]
    fft_shape: tuple[int, int]


def prepare(channels: NDArray[np.float32]) -> Template:
    """All that a search for these channels, [c, y, x], needs of them."""
    spectrum, weight, window, shape = _weighted(channels, SEARCH_TAPER)
    power = filtered_power(spectrum, weight, shape)
    return Template(np.conj(spectrum * weight), weight, power, window, _overlap(window, shape), shape)


def filtered_gradient(channels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Slopes of the channels along rows and columns, float32 [2, c, y, x], filtered for the least noisy shift."""
    spectrum, weight, _, shape = _weighted(channels, FIT_TAPER)
    spectrum *= weight * _bands(shape).low_pass
    slopes = np.empty((2, *channels.shape), np.float32)
    periodic_slopes(inverse(spectrum, shape), slopes)
    return slopes


def _overlap(window: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Correlation of the window with itself, 1 without a shift."""
    spectrum = transform(window, shape)
    plane = inverse(spectrum * np.conj(spectrum), shape)
    return np.asarray(plane / max(float(plane[0, 0]), 1e-9))


def _weighted(
    channels: NDArray[np.float32], taper: float
) -> tuple[NDArray[np.complex64], NDArray[np.float32], NDArray[np.float32], tuple[int, int]]:
    """Spectrum of the windowed channels, the best weight of each frequency, window and shape of the transform."""
    rows, columns = channels.shape[1:]
    shape = (fft.next_fast_len(rows, real=True), fft.next_fast_len(columns, real=True))
    window, energy = _window(rows, columns, taper)
    spectrum = transform(channels * window, shape)
    bands = _bands(shape)
    best = best_weight(spectrum, bands.ring, energy)
    return spectrum, best * bands.high_pass, window, shape


@lru_cache(maxsize=8)
def _window(rows: int, columns: int, taper: float) -> tuple[NDArray[np.float32], float]:
    """Under which channels of one shape are transformed, and the sum of its squares."""
    window = np.outer(tukey(rows, taper), tukey(columns, taper)).astype(np.float32)
    window.flags.writeable = False
    return window, float((window**2).sum())


def filtered_power(spectrum: NDArray[np.complex64], weight: NDArray[np.float32], shape: tuple[int, int]) -> float:
    """Height a frame's filtered correlation with itself would have at no shift."""
    power = np.einsum("cyx,cyx,yx->x", spectrum, np.conj(spectrum), weight).real
    power[1 : (shape[1] + 1) // 2] *= 2.0  # columns that stand for their mirror images too
    return float(power.sum() / (shape[0] * shape[1]))


def transform(channels: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.complex64]:
    """Real Fourier transform over rows and columns, one thread: the same bits everywhere."""
    spectrum: NDArray[np.complex64] = fft.rfft2(channels, shape, workers=1)
    return spectrum


def inverse(spectrum: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Inverse of `transform`."""
    planes: NDArray[np.float32] = fft.irfft2(spectrum, shape, workers=1)
    return planes


@dataclass(frozen=True, slots=True)
class Bands:
    """What depends on the shape of a transform alone, each [fy, fx].

    Attributes
    ----------
    ring : int64
        Number of the ring of equal frequencies that each lies in.
    high_pass, low_pass : float32
        Gaussian step at `CUT_LOW` periods per field; cosine flank between the two frequencies of `CUT_HIGH`.
    """

    ring: NDArray[np.int64]
    high_pass: NDArray[np.float32]
    low_pass: NDArray[np.float32]


@lru_cache(maxsize=8)
def _bands(shape: tuple[int, int]) -> Bands:
    fy, fx = fft.fftfreq(shape[0])[:, None], fft.rfftfreq(shape[1])[None, :]
    radius, (low, high) = np.hypot(fy, fx), CUT_HIGH
    periods = (fy * shape[0]) ** 2 + (fx * shape[1]) ** 2
    bands = Bands(
        np.minimum((radius * RINGS_PER_CYCLE).astype(np.int64), RINGS_PER_CYCLE // 2),
        (1.0 - np.exp(-0.5 * periods / CUT_LOW**2)).astype(np.float32),
        (0.5 + 0.5 * np.cos(np.pi * np.clip((radius - low) / (high - low), 0.0, 1.0))).astype(np.float32),
    )
    for plane in (bands.ring, bands.high_pass, bands.low_pass):
        plane.flags.writeable = False
    return bands


def best_weight(spectrum: NDArray[np.complex64], ring: NDArray[np.int64], energy: float) -> NDArray[np.float32]:
    """Weight of each frequency that makes the shift least noisy: S / (N (2 S + N)), Hannan and Thomson (1973).

    Signal S and noise N come from the radial power of all channels; N is the quietest ring, at least the channels'
    unit noise. Two noisy frames: where S is far above N all frequencies count alike, below it they fade out.

    Parameters
    ----------
    spectrum : complex64 [c, fy, fx]
    ring : int64 [fy, fx]
    energy : float
        Sum of the squared window: the power of unit white noise.
    """
    rings = RINGS_PER_CYCLE // 2 + 1
    power, count = ring_power(spectrum, ring, rings)
    mean = power / (max(energy, 1e-9) * spectrum.shape[0]) / np.maximum(count, 1)
    noise = max(float(mean[count > 0].min()), 1.0)
    signal = np.maximum(mean - noise, 0.0)
    return np.asarray((signal / (2.0 * signal + noise)).astype(np.float32)[ring])
