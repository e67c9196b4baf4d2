"""A frame's rows beside the reference's content at the same places, and the offsets read from that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.registration import robust
from eclips4d.registration.pair import Instruments
from eclips4d.registration.row_prior import LEAST_ROWS, scatter
from eclips4d.registration.row_steps import row_steps
from eclips4d.registration.row_sums import block_sums, distances, rows_at, straightened

Vector = NDArray[np.float64]
BLOCK_PX = 32
"""Columns of a block of a single row."""
REACH_PX = 4
"""How far a row is looked for."""
LONGEST_STEP_PX = 1.0
GROUP = 8
"""Rows of which blocks are joined to judge the noise."""
QUIET_SHARE = 0.25
"""So many of the blocks are taken to show noise alone."""


@dataclass(frozen=True, slots=True)
class RowSight:
    """A frame's channels beside the reference's rows that they show."""

    channels: NDArray[np.float32]
    reference: NDArray[np.float32]
    gradient: NDArray[np.float32]
    place: Vector
    shift: Vector
    correlation: float

    @classmethod
    def of(cls, by: Instruments, channels: NDArray[np.float32], ends: Vector, correlation: float) -> RowSight | None:
        """None where the frame shows too few of the reference's rows."""
        rows = channels.shape[1]
        # shift(y) is linear in y, and row s shows y + shift(y) = s.
        pitch = by.place[1] - by.place[0] if rows > 1 else 1.0
        part = (by.place[0] + pitch * (np.arange(rows) - ends[0])) / (1.0 + pitch * (ends[2] - ends[0]))
        place = np.arange(rows) - ends[0] - (ends[2] - ends[0]) * part
        if rows < LEAST_ROWS or ((place >= 0) & (place <= rows - 1)).sum() < LEAST_ROWS:
            return None
        reference = np.zeros_like(by.channels)
        rows_at(by.channels, place, reference)
        gradient = np.zeros_like(by.gradient)
        for along in range(2):
            rows_at(by.gradient[along], place, gradient[along])
        return cls(channels, reference, gradient, place, ends[1] + (ends[3] - ends[1]) * part, correlation)

    def searched(self) -> Vector:
        """Whole columns by which each row is off, by its likeness and the belief that large offsets are rare."""
        unlike = distances(self.channels, self.reference, self.shift, REACH_PX, BLOCK_PX)
        offset = np.arange(-REACH_PX, REACH_PX + 1)
        values = self.channels.shape[0] * self.channels.shape[2] / 2.0
        cost = values * unlike / (4.0 * self.correlation) + 0.5 * offset**2
        found = np.zeros((len(self.place), 2))
        found[:, 1] = offset[np.argmin(cost, axis=1)]
        return found

    def measured(self, offset: Vector, own_motion: tuple[float, ...]) -> tuple[Vector, Vector]:
        """Offsets and their variance, [rows, 2], from a starting point on."""
        frame, seen = np.empty_like(self.channels), np.zeros((len(offset), 2), np.int64)
        variance = np.full(offset.shape, np.inf)
        for own in own_motion:
            straightened(self.channels, self.shift + offset[:, 1], frame, seen)
            seen[(self.place < 0) | (self.place > len(offset) - 1)] = 0
            moment, cross, square, energy = block_sums(frame, self.reference, self.gradient, seen, BLOCK_PX)
            noise = _noise(energy, self.correlation)
            # Rows are not moved along their normal; what that leaves is taken out to first order.
            moment = moment + cross[..., 0] * offset[:, None, None, 0]
            step, variance = _solved(moment, cross, noise * square, own)
            offset = offset + np.clip(step, -LONGEST_STEP_PX, LONGEST_STEP_PX)
        return offset, variance

    def without_line(self, measured: Vector, variance: Vector) -> Vector:
        """Less the line through the measured rows; zero where nothing was measured."""
        return np.column_stack([_without_line(m, v) for m, v in zip(measured.T, variance.T, strict=True)])

    def of_reference(self, offset: NDArray[np.floating]) -> Vector:
        """The reference's offsets at the rows that the frame shows."""
        rows = np.arange(len(offset))
        return np.column_stack([np.interp(self.place, rows, along) for along in offset.T])


def _solved(moment: Vector, cross: Vector, noise: Vector, own_px: float) -> tuple[Vector, Vector]:
    """Step of every row and its variance, [rows, 2]; no step and infinite where the sums describe no well."""
    weight = robust.votes(moment, noise, cross, own_px)
    doubt = _doubt(moment, noise, cross) if own_px == 0.0 else 1.0
    return row_steps(weight, moment, cross, noise, doubt)


def _doubt(moment: Vector, noise: Vector, cross: Vector) -> float:
    """By how much the blocks that agree scatter more than the noise says: interpolation is not exact."""
    chi2 = robust.discord(moment, noise, cross, 0.0)
    kept = (chi2 > 0) & (chi2 < robust.OPPOSES)
    return max(1.0, float(chi2[kept].mean())) if kept.any() else 1.0


def _noise(energy: Vector, correlation: float) -> float:
    """Variance of a residual: that of two whitened frames at least, that of the quieter blocks if it is more."""
    rows = len(energy) // GROUP * GROUP
    total = energy[:rows].reshape(-1, GROUP, *energy.shape[1:]).sum(axis=1) if rows else energy
    seen = total[..., 1] > 0.5 * total[..., 1].max()
    quiet = float(np.quantile(total[seen, 0] / total[seen, 1], QUIET_SHARE)) if seen.any() else 0.0
    return max(quiet, 2.0) * correlation


def _without_line(measured: Vector, variance: Vector) -> Vector:
    weight, along = 1.0 / variance, np.linspace(-1.0, 1.0, len(measured))
    if (weight > 0).sum() < LEAST_ROWS:
        return np.zeros(len(measured))
    # Jitter far above the noise counts for every row alike.
    weight = 1.0 / (variance + scatter(measured - np.average(measured, weights=weight), variance))
    design = np.column_stack([np.ones(len(measured)), along])
    line = np.linalg.solve(design.T @ (weight[:, None] * design), design.T @ (weight * measured))
    return np.asarray(np.where(weight > 0, measured - design @ line, 0.0))
