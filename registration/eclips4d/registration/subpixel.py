"""The shift between a frame and the reference: a Fourier search finds the peak, a Gauss-Newton fit refines it.

The fit solves sum(g · (frame(x + shift) - reference(x))) = 0 for a shift that is linear over the rows, g being the
filtered gradient of the reference. It compares values, not correlations, so neither the window nor the edges pull it,
and with the noise of both frames independent it is unbiased. Its standard deviation is the sandwich of the same sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.registration.kernels import derivative_sums, residual_sums
from eclips4d.registration.template import Template, filtered_power, inverse, transform

Vector = NDArray[np.float64]
MAX_ROUNDS = 3
STEPS_PER_ROUND = 4
CONVERGED_PX = 1e-3
CAPTURE_PX = 4.0
"""A fit that leaves its starting point by more has lost the frame."""
STRIPS = 16
LEAST_PEAK = 6.0
"""A correlation peak lower than this many rms of the plane is no peak, …"""
LEAST_LIKENESS = 0.5
"""… unless the frames are this much alike: the peaks of a lattice are many, and none stands out."""
EQUAL_ENDS_PX = 1e-3
"""A shift without rates says that both ends are equal, to within this: a covariance must not be singular."""
SEARCH_GRID = 8
"""Steps per pixel to which the search rounds, so that a frame without shift starts, and stays, at exactly none."""


@dataclass(frozen=True, slots=True)
class Peak:
    """Where the search found the frame: `height` in rms of the correlation plane, `likeness` the correlation there."""

    shift: tuple[float, float]
    height: float
    likeness: float

    @property
    def found(self) -> bool:
        """Whether the peak can be believed."""
        return self.height >= LEAST_PEAK or self.likeness >= LEAST_LIKENESS


@dataclass(frozen=True, slots=True)
class RowShift:
    """Displacement of the reference's content, linear over its rows.

    Attributes
    ----------
    ends : float64 [4]
        Rows and columns at the first row, rows and columns at the last row, pixels.
    covariance : float64 [4, 4]
    misfit : float
        Mean squared residual over twice the noise variance; about 1 on a still scene.
    contradiction : float
        chi²/dof of what strips of rows ask for beyond the fit; about 1 on a still scene, far above when parts move.
    wobble : float
        Size of what they ask for, rms, pixels: edges sharper than pixels contradict each other too, but by little.
    aligned : bool
    """

    ends: Vector
    covariance: NDArray[np.float64]
    misfit: float = 0.0
    contradiction: float = 0.0
    wobble: float = 0.0
    aligned: bool = True

    @property
    def middle(self) -> tuple[float, float]:
        """Shift at mid-scan."""
        row, column = 0.5 * (self.ends[:2] + self.ends[2:])
        return float(row), float(column)

    @property
    def middle_sd(self) -> tuple[float, float]:
        """Its standard deviation."""
        halves = np.hstack([np.eye(2), np.eye(2)]) / 2
        row, column = np.sqrt(np.maximum(np.diag(halves @ self.covariance @ halves.T), 0.0))
        return float(row), float(column)


def search(
    template: Template,
    channels: NDArray[np.float32],
    expected: tuple[float, float] = (0.0, 0.0),
    reach: float = np.inf,
    trust_expected: float = 0.4,
) -> Peak:
    """Highest point of the filtered cross-correlation, refined by a parabola.

    Parameters
    ----------
    template : Template
    channels : float32 [c, y, x]
    expected : tuple of float
        Where the shift is expected; among peaks of a repeating pattern the nearest one wins.
    reach : float
        Distance at which the expectation has lost its say, pixels.
    trust_expected : float
        Share of its height a peak far from the expectation loses: a jump is still found where only one place fits.
    """
    spectrum = transform(channels * template.window, template.fft_shape)
    plane = inverse((spectrum * template.spectrum).sum(axis=0), template.fft_shape)
    rms = float(np.sqrt(np.mean(np.square(plane), dtype=np.float64)))
    if rms == 0.0:
        return Peak(expected, 0.0, 0.0)
    preferred = plane
    if np.isfinite(reach):
        preferred = np.maximum(plane, 0) * _preference(template.fft_shape, expected, reach, trust_expected)
    row, column = np.unravel_index(int(np.argmax(preferred)), plane.shape)
    height = float(plane[row, column])
    likeness = height / np.sqrt(filtered_power(spectrum, template.weight, template.fft_shape) * template.power)
    shift = (_vertex(plane[:, column], int(row)), _vertex(plane[row], int(column)))
    return Peak(shift, height / rms, float(likeness))


def _preference(
    shape: tuple[int, int], expected: tuple[float, float], reach: float, trust: float
) -> NDArray[np.float32]:
    near = [
        np.exp(-0.5 * (((np.arange(n) - e + n / 2) % n - n / 2) / reach) ** 2).astype(np.float32)
        for n, e in zip(shape, expected, strict=True)
    ]
    return np.asarray((1 - trust) + trust * np.outer(*near), np.float32)


def _vertex(line: NDArray[np.float32], i: int) -> float:
    n = line.size
    left, here, right = (float(line[j % n]) for j in (i - 1, i, i + 1))
    bend = left - 2 * here + right
    vertex = i + (0.5 * (left - right) / bend if bend < 0 else 0.0)
    return round((vertex - n if vertex > n / 2 else vertex) * SEARCH_GRID) / SEARCH_GRID


def refine(
    template: Template,
    channels: NDArray[np.float32],
    start: Vector,
    rows_from_to: tuple[float, float],
    noise_correlation: float = 1.0,
    rates: bool = True,
) -> RowShift:
    """Gauss-Newton fit of the shift at the first and the last row, starting from `start`.

    Parameters
    ----------
    template : Template
    channels : float32 [c, y, x]
    start : float64 [4]
        First guess of `RowShift.ends`.
    rows_from_to : tuple of float
        Where first and last row of the full frame lie in rows of these (perhaps binned) channels.
    noise_correlation : float
        Pixels that share one noise value.
    rates : bool
        Whether the shift may change over the rows.
    """
    rows = template.channels.shape[1]
    first, last = rows_from_to
    place = (np.arange(rows, dtype=np.float64) - first) / max(last - first, 1e-9)
    basis, ends = _basis(place, rates), start.astype(np.float64)
    for _ in range(MAX_ROUNDS):
        cross = derivative_sums(channels, template.gradient, _shifts(place, ends))
        slope = _project(cross, basis)
        if not _usable(slope):
            break
        step, energy = np.full(4, np.inf), np.zeros((rows, 2))
        for _ in range(STEPS_PER_ROUND):
            moment, energy = residual_sums(channels, template.channels, template.gradient, _shifts(place, ends))
            step = -np.linalg.solve(slope, np.einsum("rip,ri->p", basis, moment))
            ends = ends + (step if rates else np.tile(step, 2))
            if not np.abs(ends - start).max() < CAPTURE_PX:
                return RowShift(start, np.full((4, 4), np.inf), aligned=False)
            if np.abs(step).max() < CONVERGED_PX:
                noise = max(float(energy[:, 0].sum() / max(energy[:, 1].sum(), 1.0)), 2.0) * noise_correlation
                return RowShift(
                    ends,
                    _sandwich(slope, noise * _project(template.square, basis), rates),
                    noise / noise_correlation / 2.0,
                    _contradiction(moment, noise * template.square),
                    _wobble(moment, cross),
                )
    return RowShift(start, np.full((4, 4), np.inf), aligned=False)


def _sandwich(slope: Vector, spread: Vector, rates: bool) -> Vector:
    inverse_slope = np.linalg.inv(slope)
    covariance: Vector = inverse_slope @ spread @ inverse_slope.T
    return covariance if rates else np.tile(covariance, (2, 2)) + np.eye(4) * EQUAL_ENDS_PX**2


def _contradiction(moment: Vector, spread: Vector) -> float:
    """chi²/dof of the gradient sums of strips, which the fit has balanced only over the whole frame."""
    strips = [(m.sum(axis=0), v.sum(axis=0)) for m, v in zip(_strips(moment), _strips(spread), strict=True)]
    usable = [(m, v) for m, v in strips if np.linalg.det(v) > 0]
    return float(np.mean([m @ np.linalg.solve(v, m) / 2.0 for m, v in usable])) if usable else 0.0


def _wobble(moment: Vector, cross: Vector) -> float:
    """Weighted rms of the shifts that would balance each strip by itself."""
    asked = sum(float(np.square(m.sum(axis=0)).sum()) for m in _strips(moment))
    weight = sum(float(np.square(c.sum(axis=0)).sum()) / 2.0 for c in _strips(cross))
    return float(np.sqrt(asked / weight)) if weight > 0 else 0.0


def _strips(rows: Vector) -> list[Vector]:
    return np.array_split(rows, min(STRIPS, len(rows)))


def _project(sums: Vector, basis: Vector) -> Vector:
    projected: Vector = np.einsum("rip,rij,rjq->pq", basis, sums, basis)
    return projected


def _basis(place: Vector, rates: bool) -> NDArray[np.float64]:
    if not rates:
        return np.tile(np.eye(2), (place.size, 1, 1))
    return np.concatenate([np.eye(2) * (1 - place)[:, None, None], np.eye(2) * place[:, None, None]], axis=2)


def _shifts(place: Vector, ends: Vector) -> NDArray[np.float64]:
    return (1 - place)[:, None] * ends[None, :2] + place[:, None] * ends[None, 2:]


def _usable(slope: NDArray[np.float64]) -> bool:
    """Whether the sums describe a well: positive along every direction and not degenerate."""
    values = np.linalg.eigvalsh(0.5 * (slope + slope.T))
    return bool(np.all(np.isfinite(values)) and values[0] > 1e-9 * max(values[-1], 1e-30))
