"""Ways to interpolate between samples, as weights or as a frequency response: ours, and what others use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.registration.interpolation import six_point

F64 = NDArray[np.float64]
C128 = NDArray[np.complex128]
Weights = Callable[[float], F64]
OURS = "ours, 6 samples"


@dataclass(frozen=True, slots=True)
class Kernel:
    """One way.

    Attributes
    ----------
    weights
        Of the samples around a place, at a fraction f of a pixel; even in number, the place in the middle cell.
    recursive
        Gain that is divided out beforehand by a filter over whole rows, by cycles per pixel; None without.
    """

    name: str
    weights: Weights
    recursive: Callable[[F64], F64] | None = None

    def response(self, f: float, frequency: F64) -> C128:
        """What a wave is multiplied with beside being moved; 1 would be exact."""
        weight = self.weights(f)
        samples = np.arange(len(weight)) - (len(weight) // 2 - 1)
        made = np.exp(2j * np.pi * np.multiply.outer(frequency, samples - f)) @ weight
        return np.asarray(made if self.recursive is None else made / self.recursive(frequency))


def _ours(f: float) -> F64:
    return six_point(f).astype(np.float64)


def _keys(f: float) -> F64:
    return np.array(
        [
            -0.5 * f + f**2 - 0.5 * f**3,
            1 - 2.5 * f**2 + 1.5 * f**3,
            0.5 * f + 2 * f**2 - 1.5 * f**3,
            -0.5 * f**2 + 0.5 * f**3,
        ]
    )


def _keys_six(f: float) -> F64:
    s = np.abs(np.arange(-2, 4) - f)
    near, middle = 4 / 3 * s**3 - 7 / 3 * s**2 + 1, -7 / 12 * s**3 + 3 * s**2 - 59 / 12 * s + 2.5
    far = s**3 / 12 - 2 / 3 * s**2 + 7 / 4 * s - 1.5
    return np.asarray(np.select([s < 1, s < 2, s < 3], [near, middle, far]))


def _lanczos(f: float) -> F64:
    d = f - np.arange(-2, 4)
    weight = np.sinc(d) * np.sinc(d / 3)
    return np.asarray(weight / weight.sum())


def _spline(f: float) -> F64:
    s = np.abs(np.arange(-1, 3) - f)
    return np.asarray(np.where(s < 1, 2 / 3 - s**2 + s**3 / 2, (2 - s) ** 3 / 6))


def _omoms(f: float) -> F64:
    s = np.abs(np.arange(-1, 3) - f)
    near, far = s**3 / 2 - s**2 + s / 14 + 13 / 21, -(s**3) / 6 + s**2 - 85 / 42 * s + 29 / 21
    return np.asarray(np.where(s < 1, near, far))


KERNELS = (
    Kernel(OURS, _ours),
    Kernel("Keys, 4 samples", _keys),
    Kernel("Keys, 6 samples", _keys_six),
    Kernel("Lanczos-3", _lanczos),
    Kernel("cubic B-spline, recursive", _spline, lambda f: np.asarray((2 + np.cos(2 * np.pi * f)) / 3)),
    Kernel("cubic O-MOMS, recursive", _omoms, lambda f: np.asarray((13 + 8 * np.cos(2 * np.pi * f)) / 21)),
)
