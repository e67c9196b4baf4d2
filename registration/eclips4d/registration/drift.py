"""Drift through time: what a frame's shift at its first and last row says of drift, drift rate and frame 0's own rate.

Row 0 of the reference is undisplaced by definition. Its row s0 shows content s0 - r0·s0/n (n = rows - 1), so the same
content is displaced in frame t by

    first row:  d + r·e            e = row shift at the first row / n
    last row:   d + r·(1 + f) - r0 f = row shift at the last row / n

with drift d and rate r of frame t, and the rate r0 of the reference, which one frame alone can never show. Drift is
continuous: d(t+1) = d(t) + r(t)·(time between starts)/(time of a scan), and that makes r0 known from the second frame
on. A linear Kalman filter over (d, r, r0) holds all of it; each frame is measured against the reference itself, so
errors do not add up.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.frame import FrameHeader
from eclips4d.core.results import Drift
from eclips4d.registration.subpixel import RowShift

Vector = NDArray[np.float64]
FIRST_RATE_SD_PX = 5.0
"""How far drift may carry the content during the first scan, before anything is known."""
RATE_CHANGE_SD_PX = 1.0
"""How much the rate changes from one frame to the next."""
RATE_KEPT = 0.8
"""Share of its rate that drift keeps to the next frame: unmeasured drift coasts to a stop instead of running away."""
BEND_SD_PX = 0.02
"""How far real drift strays from a straight line during one frame."""


class DriftState(msgspec.Struct, frozen=True, array_like=True):
    """What is believed after a frame: `mean` is (d, r, r0), each row then column, and the covariance row by row."""

    start_s: float
    scan_s: float
    mean: tuple[float, ...]
    covariance: tuple[float, ...]
    measured: int = 0


def scan_time(header: FrameHeader) -> float:
    """Seconds between first and last row; 0 when the frame counts as taken in one instant."""
    return max(header.shape[1] - 1, 0) * max(header.line_time_s, 0.0)


def first_state(header: FrameHeader) -> DriftState:
    """The reference frame: drift 0, its rate unknown unless it was taken in one instant."""
    scan = scan_time(header)
    unknown = FIRST_RATE_SD_PX**2 if scan > 0 else 0.0
    same = np.kron(np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 1.0, 1.0]]), np.eye(2)) * unknown
    return _pack(header.start_s, scan, np.zeros(6), same, 0)


def predict(state: DriftState, header: FrameHeader) -> DriftState:
    """Belief about the next frame before it is looked at."""
    scan = scan_time(header)
    elapsed = max(header.start_s - state.start_s, 0.0)
    mean, covariance = _unpack(state)
    step = np.eye(6)
    if scan > 0:
        scans = elapsed / state.scan_s if state.scan_s > 0 else 1.0
        step[:2, 2:4] = scans * np.eye(2)
        step[2:4, 2:4] *= RATE_KEPT
        beyond = max(scans - 1.0, 0.0)
        wander = BEND_SD_PX**2 + (RATE_CHANGE_SD_PX * beyond) ** 2
        noise = np.kron(np.diag([wander, RATE_CHANGE_SD_PX**2, 0.0]), np.eye(2))
    else:
        noise = np.kron(np.diag([RATE_CHANGE_SD_PX**2, 0.0, 0.0]), np.eye(2))
    return _pack(header.start_s, scan, step @ mean, step @ covariance @ step.T + noise, state.measured)


def update(state: DriftState, shift: RowShift, rows: int) -> DriftState:
    """Belief after the frame's shift has been measured (Joseph form, so that it stays positive)."""
    mean, covariance = _unpack(state)
    design = _design(shift.ends, rows)
    gain = np.linalg.solve(design @ covariance @ design.T + shift.covariance, design @ covariance).T
    rest = np.eye(6) - gain @ design
    mean = mean + gain @ (shift.ends - design @ mean)
    covariance = rest @ covariance @ rest.T + gain @ shift.covariance @ gain.T
    return _pack(state.start_s, state.scan_s, mean, 0.5 * (covariance + covariance.T), state.measured + 1)


def expected_ends(state: DriftState, rows: int) -> tuple[Vector, Vector]:
    """Shift at the first and the last row that this belief foretells, and its covariance."""
    mean, covariance = _unpack(state)
    ends = _design(np.zeros(4), rows) @ mean
    design = _design(ends, rows)
    return design @ mean, design @ covariance @ design.T


def as_drift(state: DriftState, *, aligned: bool, reference: int = 0) -> Drift:
    """The belief in the store's terms."""
    mean, covariance = _unpack(state)
    sd = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    start, rate, spread = ((float(a), float(b)) for a, b in (mean[:2], mean[2:4], sd[:2]))
    return Drift(start, rate, spread, aligned, reference)


def _design(ends: Vector, rows: int) -> Vector:
    n = max(rows - 1, 1)
    early, late = ends[0] / n, ends[2] / n
    return np.kron([[1.0, early, 0.0], [1.0, 1.0 + late, -1.0]], np.eye(2))


def _pack(start_s: float, scan_s: float, mean: Vector, covariance: Vector, measured: int) -> DriftState:
    return DriftState(start_s, scan_s, tuple(mean.tolist()), tuple(covariance.ravel().tolist()), measured)


def _unpack(state: DriftState) -> tuple[Vector, Vector]:
    return np.asarray(state.mean), np.asarray(state.covariance).reshape(6, 6)
