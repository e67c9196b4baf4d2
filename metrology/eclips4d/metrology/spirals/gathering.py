"""How far risers gather into one phase of a spiral, and the spiral nearby in which they gather most.

Each riser pixel has the phase φ = w·θ + 2π·(F(r) − ν·t) of the arm that it would lie on, w being sense times arms; on
a true arm all are the same, and the mean of exp(iφ) has length 1. F is the far-out form of Burton, Cabrera and Frank's
law, Archimedean with a logarithm. The mean is made longer by Gauss and Newton's steps on the sines of what phases lie
off it, damped as Levenberg's where that would shorten it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.spirals.shape import law_bend
from eclips4d.metrology.spirals.winding import compiled, inlined

F64 = NDArray[np.float64]

_MOST_STEPS = 24
_DAMPED, _EASED, _HARDENED, _STUCK = 0.03, 0.2, 8.0, 1e3
_GAINED = 1e-4
_FARTHEST = 4.0
"""Of `scale`: beyond that another spiral would be found."""


class Points(NamedTuple):
    """Pixels on risers: places (nm), times since some moment (s), weights that sum to 1; float64 [n] each."""

    x: F64
    y: F64
    t: F64
    weight: F64


class Gathered(NamedTuple):
    """Core (nm), inverse spacing (1/nm) and passage rate (arms/s), as float64 [4], and the mean of exp(iφ) there."""

    at: F64
    mean: complex


def gather(points: Points, wound: int, start: F64, scale: F64) -> Gathered:
    """The spiral nearby in which risers gather most.

    Parameters
    ----------
    points : Points
    wound
        Sense times arms.
    start, scale : float64 [4]
        x, y, inverse spacing and passage rate to begin with, and how far each may be off; 0 for what is held.
    """
    at, damping = start, _DAMPED
    mean, pull, stiffness = _sums(points, wound, at, scale)
    for _ in range(_MOST_STEPS):
        move = np.linalg.solve(stiffness + damping * np.eye(5), pull)
        there = start + scale * np.clip((at - start) / np.maximum(scale, 1e-30) + move[:4], -_FARTHEST, _FARTHEST)
        further = _sums(points, wound, there, scale)
        gained = abs(further[0]) - abs(mean)
        if gained > 0.0:
            at, (mean, pull, stiffness), damping = there, further, damping * _EASED
        else:
            damping *= _HARDENED
        if 0.0 < gained < _GAINED or damping > _STUCK:
            break
    return Gathered(at, mean)


def _sums(points: Points, wound: int, at: F64, scale: F64) -> tuple[complex, F64, F64]:
    """Mean of exp(iφ), and the pull and stiffness of what is off it: four parameters over their scales, and a phase."""
    per_law = 1.0 / law_bend(1.0, wound)
    pull, stiffness = np.zeros(5), np.zeros((5, 5))
    real, imaginary = _gathering(*points, at, scale, abs(wound), wound < 0, per_law, pull, stiffness)
    return complex(real, imaginary), pull, stiffness


@inlined  # type: ignore[untyped-decorator]
def _phase(
    dx: float, dy: float, t: float, wave: float, rate: float, arms: int, mirrored: bool, per_law: float
) -> tuple[float, float, float, float]:
    """Cosine and sine of φ, r, and the bend over r plus the bend."""
    r = math.sqrt(dx * dx + dy * dy) + 1e-9
    along, across = dx / r, (-dy if mirrored else dy) / r
    real, imaginary = 1.0, 0.0
    for _ in range(arms):
        real, imaginary = real * along - imaginary * across, real * across + imaginary * along
    bend = 1.0 / (max(wave, 1e-12) * per_law)
    turned = 2.0 * math.pi * (wave * (r + bend * math.log1p(r / bend)) - rate * t)
    cosine, sine = math.cos(turned), math.sin(turned)
    return real * cosine - imaginary * sine, real * sine + imaginary * cosine, r, bend / (r + bend)


@compiled  # type: ignore[untyped-decorator]
def _gathering(
    x: F64,
    y: F64,
    t: F64,
    weight: F64,
    at: F64,
    scale: F64,
    arms: int,
    mirrored: bool,
    per_law: float,
    pull: F64,
    stiffness: F64,
) -> tuple[float, float]:
    n, wave = x.shape[0], at[2]
    wound = -float(arms) if mirrored else float(arms)
    cosine, sine, by = np.empty(n), np.empty(n), np.empty((5, n))
    real, imaginary = 0.0, 0.0
    for k in range(n):
        dx, dy = x[k] - at[0], y[k] - at[1]
        cosine[k], sine[k], r, near = _phase(dx, dy, t[k], wave, at[3], arms, mirrored, per_law)
        turning, reaching = wound / (r * r), 2.0 * math.pi * wave * (1.0 + near) / r
        by[0, k] = scale[0] * (turning * dy - reaching * dx)
        by[1, k] = scale[1] * (-turning * dx - reaching * dy)
        by[2, k] = scale[2] * 2.0 * math.pi * r * (1.0 + near)
        by[3, k] = -scale[3] * 2.0 * math.pi * t[k]
        by[4, k] = -1.0
        real += weight[k] * cosine[k]
        imaginary += weight[k] * sine[k]
    length = math.sqrt(real * real + imaginary * imaginary) + 1e-30
    to_x, to_y = real / length, imaginary / length
    for k in range(n):
        off = weight[k] * (sine[k] * to_x - cosine[k] * to_y)
        # Where phases are more than a quarter off the mean's there is nothing to hold on to.
        held = weight[k] * max(cosine[k] * to_x + sine[k] * to_y, 0.0)
        for i in range(5):
            pull[i] -= off * by[i, k]
            for j in range(5):
                stiffness[i, j] += held * by[i, k] * by[j, k]
    return real, imaginary


def gathered_on_grid(points: Points, at: tuple[float, float], wound: Sequence[int], waves: F64, shears: F64) -> F64:
    """Length of the mean of exp(iφ) around a place, [winding, inverse spacing, passage rate]; spirals of Archimedes."""
    real, imaginary = np.zeros((2, len(waves), len(wound) * len(shears)))
    _on_grid(*points, *at, np.array(wound), waves, shears, real, imaginary)
    return np.asarray(np.hypot(real, imaginary).reshape(len(waves), len(wound), len(shears)).transpose(1, 0, 2))


@compiled  # type: ignore[untyped-decorator]
def _on_grid(
    x: F64,
    y: F64,
    t: F64,
    weight: F64,
    at_x: float,
    at_y: float,
    wound: NDArray[np.int64],
    waves: F64,
    shears: F64,
    real: F64,
    imaginary: F64,
) -> None:
    """Compiled, as a product of matrices would set all threads of a library to work on something so small."""
    turned, across = np.empty(real.shape[1]), np.empty(real.shape[1])
    for k in range(x.shape[0]):
        dx, dy = x[k] - at_x, y[k] - at_y
        angle, m = math.atan2(dy, dx), 0
        for w in range(wound.shape[0]):
            for shear in range(shears.shape[0]):
                phase = wound[w] * angle - 2.0 * math.pi * shears[shear] * t[k]
                turned[m], across[m] = weight[k] * math.cos(phase), weight[k] * math.sin(phase)
                m += 1
        r = 2.0 * math.pi * math.sqrt(dx * dx + dy * dy)
        for wave in range(waves.shape[0]):
            _add_turned(
                turned, across, math.cos(waves[wave] * r), math.sin(waves[wave] * r), real[wave], imaginary[wave]
            )


@compiled  # type: ignore[untyped-decorator]
def _add_turned(turned: F64, across: F64, cosine: float, sine: float, real: F64, imaginary: F64) -> None:
    for m in range(turned.shape[0]):
        real[m] += cosine * turned[m] - sine * across[m]
        imaginary[m] += cosine * across[m] + sine * turned[m]
