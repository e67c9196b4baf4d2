"""Figures of a kernel: contrast, noise, edges, ramps, and the time a surface takes."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import erf

from eclips4d.core.results import Drift, Surface
from eclips4d.pipeline.bench.registration.resampling.kernels import Kernel
from eclips4d.pipeline.bench.registration.speed.trials import timed
from eclips4d.registration.resample import resample

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
SHIFTS = np.linspace(0.0, 0.5, 51)
BEAM_PX = 0.5
"""Standard deviation of the beam behind which a step edge is drawn."""
SIDE_PX = 1024


def contrast(kernel: Kernel, frequency: float) -> tuple[float, float, float]:
    """Mean, least and largest absolute response over the shifts."""
    responses = np.abs([kernel.response(f, np.array([frequency]))[0] for f in SHIFTS])
    return float(responses.mean()), float(responses.min()), float(responses.max())


def noise_left(kernel: Kernel) -> tuple[float, float]:
    """Sd of unit white noise after a shift by half a pixel in one direction, and the mean over shifts."""
    frequency = np.linspace(-0.5, 0.5, 1001)[:-1]
    left = [float(np.sqrt(np.mean(np.abs(kernel.response(f, frequency)) ** 2))) for f in SHIFTS]
    return left[-1], float(np.mean(left))


def edge_width(kernel: Kernel, f: float) -> tuple[float, float]:
    """10 to 90 % width of a step seen through the beam after a shift, px, and the largest overshoot of a sharp step."""
    count = 256
    frequency = np.asarray(np.fft.fftfreq(count), np.float64)
    response = kernel.response(f, frequency)
    response[count // 2] = response[count // 2].real
    fine: list[tuple[float, float]] = []
    for phase in np.arange(0.0, 1.0, 0.1):
        # A pulse, so that it is periodic; rising edge at 64 + phase.
        x = np.arange(count)
        pulse = 0.5 * (erf((x - 64 - phase) / BEAM_PX / np.sqrt(2)) - erf((x - 192 - phase) / BEAM_PX / np.sqrt(2)))
        moved = np.fft.ifft(np.fft.fft(pulse) * response * np.exp(2j * np.pi * frequency * f)).real
        fine += [(float(a - 64 - phase + f), float(b)) for a, b in zip(x[48:80], moved[48:80], strict=True)]
    place, value = np.array(sorted(fine)).T
    sharp = np.where((np.arange(count) >= 64) & (np.arange(count) < 192), 1.0, 0.0)
    rung = np.fft.ifft(np.fft.fft(sharp) * response * np.exp(2j * np.pi * frequency * f)).real
    return _crossing(place, value, 0.9) - _crossing(place, value, 0.1), float(rung.max() - 1.0)


def _crossing(place: F64, value: F64, level: float) -> float:
    """Where a rising edge first goes through a level."""
    i = int(np.flatnonzero((value[:-1] < level) & (value[1:] >= level))[0])
    return float(place[i] + (level - value[i]) / (value[i + 1] - value[i]) * (place[i + 1] - place[i]))


def ramp_error(kernel: Kernel) -> float:
    """Largest error on a ramp of one per pixel, px."""
    worst = 0.0
    for f in SHIFTS:
        weight = kernel.weights(f)
        samples = np.arange(len(weight)) - (len(weight) // 2 - 1)
        worst = max(worst, abs(float(weight @ samples) - f))
    return worst


def times(rounds: int) -> tuple[F64, F64]:
    """Milliseconds of five planes with ours and with SciPy's cubic spline, in turn: both meet the same load."""
    random = np.random.default_rng(6)
    plane = random.normal(size=(SIDE_PX, SIDE_PX)).astype(np.float32)
    surface = Surface(np.stack([plane, plane]), plane, plane, plane, plane, np.ones((SIDE_PX, SIDE_PX), np.uint8))
    ours = partial(resample, surface, Drift((3.3, -2.2), (0.4, 0.7)))
    spent = np.array([[timed(call)[0][0] for call in (ours, partial(_by_splines, plane))] for _ in range(rounds + 1)])
    return spent[1:, 0], spent[1:, 1]


def _by_splines(plane: F32) -> None:
    """Three planes by splines, three from the nearest pixel; no rate, because `shift` knows none."""
    for order in (3, 3, 3, 0, 0, 0):
        ndimage.shift(plane, (3.3, -2.2), order=order, mode="nearest")
