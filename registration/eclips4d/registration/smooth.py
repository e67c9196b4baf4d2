"""Drift known afterwards: all sightings of a run and the continuity of drift, solved for all poses at once.

Live, a frame's drift rate rests on its own rows. Afterwards the next frame tells where the drift had gone, and every
later comparison with an old frame corrects all between. This is the least-squares solution of the linear model that
the live filter steps through, hence what a Rauch-Tung-Striebel smoother over all poses would give (Rauch et al.
1965; as a sparse graph: Lu and Milios 1997).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu

from eclips4d.core.results import Drift
from eclips4d.registration.poses import FIRST_RATE_SD_PX, POSE, motion, shift_design
from eclips4d.registration.tracking import Sighting

Vector = NDArray[np.float64]
FIXED_SD_PX = 1e-6
"""What is so by definition."""
COLUMNS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Passage:
    """One frame of a run: when it was taken, what it was seen by, and what was believed of it live."""

    sequence: int
    start_s: float
    scan_s: float
    live: Drift
    sightings: tuple[Sighting, ...] = ()
    jump_px: float = 0.0


def smooth_drift(passages: Sequence[Passage], rows: int) -> tuple[Drift, ...]:
    """Drift of every frame given all frames.

    Parameters
    ----------
    passages : sequence of Passage
        Of the run's frames, in order, the first one being the reference of all drift.
    rows : int
        Of a frame.
    """
    if len(passages) < 2:
        return tuple(p.live for p in passages)
    place = {p.sequence: i for i, p in enumerate(passages)}
    equations = _Equations(POSE * len(passages))
    first_rate = FIRST_RATE_SD_PX if passages[0].scan_s > 0 else FIXED_SD_PX
    equations.add(np.diag([FIXED_SD_PX, FIXED_SD_PX, first_rate, first_rate]) ** 2, np.zeros(POSE), (0, np.eye(POSE)))
    for i, (before, now) in enumerate(pairwise(passages), start=1):
        onwards, noise = motion(now.scan_s, max(now.start_s - before.start_s, 0.0), before.scan_s)
        noise = noise + np.diag([now.jump_px, now.jump_px, 0.0, 0.0]) ** 2 + np.eye(POSE) * FIXED_SD_PX**2
        equations.add(noise, np.zeros(POSE), (i, np.eye(POSE)), (i - 1, -onwards))
        for s in now.sightings:
            newer, older = shift_design(s.shift.ends, rows)
            equations.add(s.shift.covariance / s.share, s.shift.ends, (i, newer), (place[s.against], older))
    mean, sd = equations.solved()
    mean[0, :2], sd[0, :2] = passages[0].live.start, 0.0  # by definition, and not to a millionth
    return tuple(_drift(p.live, mean[i], sd[i]) for i, p in enumerate(passages))


class _Equations:
    """Normal equations of a linear model, collected measurement by measurement."""

    def __init__(self, size: int) -> None:
        self._size, self._right = size, np.zeros(size)
        self._row: list[Vector] = []
        self._column: list[Vector] = []
        self._value: list[Vector] = []

    def add(self, covariance: Vector, value: Vector, *terms: tuple[int, Vector]) -> None:
        """`value` is the sum of matrix · pose over the terms, with noise of this covariance."""
        information = np.linalg.inv(covariance)
        for i, left in terms:
            self._right[POSE * i : POSE * i + POSE] += left.T @ information @ value
            for j, right in terms:
                row, column = np.mgrid[:POSE, :POSE]
                self._row.append(row.ravel() + POSE * i)
                self._column.append(column.ravel() + POSE * j)
                self._value.append((left.T @ information @ right).ravel())

    def solved(self) -> tuple[Vector, Vector]:
        """Poses and their standard deviations, each [frames, 4]."""
        places = (np.concatenate(self._row), np.concatenate(self._column))
        matrix = sparse.coo_matrix((np.concatenate(self._value), places), shape=(self._size, self._size)).tocsc()
        factors = splu(matrix, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
        sd = np.sqrt(np.maximum(_diagonal_of_inverse(factors, self._size), 0.0))
        return factors.solve(self._right).reshape(-1, POSE), sd.reshape(-1, POSE)


def _diagonal_of_inverse(factors: SuperLU, size: int) -> Vector:
    diagonal = np.empty(size)
    for begin in range(0, size, COLUMNS_AT_ONCE):
        columns = np.arange(begin, min(begin + COLUMNS_AT_ONCE, size))
        unit = np.zeros((size, columns.size))
        unit[columns, columns - begin] = 1.0
        diagonal[columns] = factors.solve(unit)[columns, columns - begin]
    return diagonal


def _drift(live: Drift, mean: Vector, sd: Vector) -> Drift:
    start, rate, spread = ((float(a), float(b)) for a, b in (mean[:2], mean[2:], sd[:2]))
    return Drift(start, rate, spread, live.aligned, live.reference)
