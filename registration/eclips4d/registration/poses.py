"""Drift through time: what shifts between frames say of each frame's drift and drift rate.

A frame's pose is its drift d at its start and the change r up to its last row. Row s of frame m shows the content at
s - d_m - r_m·s/n (n = rows - 1), so the content in the first and last row of frame m is displaced in frame t by

    first row:  d_t - d_m + r_t·e0/n                 e0 = row shift found at the first row
    last row:   d_t - d_m + r_t·(1 + en/n) - r_m     en = row shift found at the last row

Drift is continuous: d(t+1) = d(t) + r(t)·(time between starts)/(time of a scan). A linear Kalman filter holds the
poses of all frames that are still compared with, and what their errors have in common (stochastic cloning: Roumeliotis
and Burdick 2002): a frame measured against several others improves them all, errors that add up from frame to frame
are known as such, and one comparison with an old frame takes them back. The run's first frame has drift 0 by
definition; its rate, which it can never show alone, becomes known with the next frame.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.frame import FrameHeader
from eclips4d.registration.fit import RowShift

Vector = NDArray[np.float64]
POSE = 4
"""Drift and rate, rows and columns each."""
FIRST_RATE_SD_PX = 3.0
"""How far drift may carry the content during the first scan, before anything is known."""
RATE_CHANGE_SD_PX = 1.0
"""How much the rate changes from one frame to the next."""
RATE_KEPT = 0.8
"""Share of its rate that drift keeps to the next frame: unmeasured drift coasts to a stop instead of running away."""
BEND_SD_PX = 0.02
"""How far real drift strays from a straight line during one frame."""
MOST_SCANS = 1e4
"""A pause longer than so many scans says no less about where the content is now."""


_OLDER: Vector = -np.asarray(np.kron([[1.0, 0.0], [1.0, 1.0]], np.eye(2)))
_OLDER.flags.writeable = False


class Poses(msgspec.Struct, frozen=True, array_like=True):
    """Poses of the frames `sequences`, the newest last: mean and covariance, row by row."""

    sequences: tuple[int, ...]
    start_s: float
    scan_s: float
    mean: tuple[float, ...]
    covariance: bytes
    """float64, the lower triangle row by row."""

    @property
    def newest(self) -> int:
        """Sequence of the newest frame."""
        return self.sequences[-1]


def scan_time(header: FrameHeader) -> float:
    """Seconds between first and last row; 0 when the frame counts as taken in one instant."""
    return max(header.shape[1] - 1, 0) * max(header.line_time_s, 0.0)


def first_pose(header: FrameHeader) -> Poses:
    """The run's first frame: drift 0, its rate unknown unless it was taken in one instant."""
    scan = scan_time(header)
    covariance = np.diag([0.0, 0.0, 1.0, 1.0]) * (FIRST_RATE_SD_PX**2 if scan > 0 else 0.0)
    return _pack((header.sequence,), header.start_s, scan, np.zeros(POSE), covariance)


def predict(poses: Poses, header: FrameHeader) -> Poses:
    """Belief about the next frame before it is looked at."""
    scan, elapsed = scan_time(header), max(header.start_s - poses.start_s, 0.0)
    mean, covariance = _unpack(poses)
    known = mean.size
    step = np.vstack([np.eye(known), np.zeros((POSE, known))])
    onwards, noise = motion(scan, elapsed, poses.scan_s)
    step[known:, known - POSE :] = onwards
    covariance = step @ covariance @ step.T
    covariance[known:, known:] += noise
    return _pack((*poses.sequences, header.sequence), header.start_s, scan, step @ mean, covariance)


def update(poses: Poses, against: int, shift: RowShift, rows: int, share: float = 1.0) -> Poses:
    """Belief after the newest frame's shift against another has been measured (Joseph form: it stays positive).

    Parameters
    ----------
    poses : Poses
    against : int
        Sequence of that other frame.
    shift : RowShift
    rows : int
    share : float
        Of the measurement's weight: several against different frames share the newest frame's own noise.
    """
    mean, covariance = _unpack(poses)
    design, noise = _design(poses, against, shift.ends, rows), shift.covariance / share
    gain = np.linalg.solve(design @ covariance @ design.T + noise, design @ covariance).T
    rest = np.eye(mean.size) - gain @ design
    mean = mean + gain @ (shift.ends - design @ mean)
    covariance = rest @ covariance @ rest.T + gain @ noise @ gain.T
    return _pack(poses.sequences, poses.start_s, poses.scan_s, mean, 0.5 * (covariance + covariance.T))


def expected_ends(poses: Poses, against: int, rows: int) -> tuple[Vector, Vector]:
    """Shift of the newest frame against another, at the first and the last row, that this belief foretells.

    Returns
    -------
    float64 [4], float64 [4, 4]
        The shift and its covariance.
    """
    mean, covariance = _unpack(poses)
    ends = _design(poses, against, np.zeros(POSE), rows) @ mean
    design = _design(poses, against, ends, rows)
    return design @ mean, design @ covariance @ design.T


def loosened(poses: Poses, drift_sd_px: float) -> Poses:
    """The newest frame may be anywhere within that: the content has jumped.

    What was taken for drift before may have been a jump as well; then all rates are wrong by the same, which no shift
    between frames ever shows. So that becomes uncertain again, too.
    """
    mean, covariance = _unpack(poses)
    at = mean.size - POSE
    covariance[at : at + 2, at : at + 2] += np.eye(2) * drift_sd_px**2
    if poses.scan_s > 0:
        all_rates = np.tile(np.kron([[0.0], [1.0]], np.eye(2)), (len(poses.sequences), 1))
        covariance += all_rates @ all_rates.T * FIRST_RATE_SD_PX**2
    return _pack(poses.sequences, poses.start_s, poses.scan_s, mean, covariance)


def lost_at(poses: Poses, drift_sd_px: float) -> Poses:
    """The newest frame may be anywhere within that, and what was known of others says nothing of it."""
    mean, covariance = _unpack(poses)
    at = mean.size - POSE
    rates = np.diag(covariance)[at + 2 :].any()
    covariance[at:], covariance[:, at:] = 0.0, 0.0
    spread = (drift_sd_px, drift_sd_px, *(FIRST_RATE_SD_PX * rates,) * 2)
    covariance[at:, at:] = np.diag(np.square(spread))
    return _pack(poses.sequences, poses.start_s, poses.scan_s, mean, covariance)


def keep(poses: Poses, sequences: tuple[int, ...]) -> Poses:
    """Only the poses of these frames; the newest stays in any case."""
    mean, covariance = _unpack(poses)
    places = [i for i, s in enumerate(poses.sequences) if s in sequences or s == poses.newest]
    at = np.concatenate([np.arange(POSE) + POSE * i for i in places])
    kept = tuple(poses.sequences[i] for i in places)
    return _pack(kept, poses.start_s, poses.scan_s, mean[at], covariance[np.ix_(at, at)])


def pose_of(poses: Poses, sequence: int) -> tuple[Vector, Vector]:
    """Drift and rate of a frame, [4], and their standard deviations."""
    mean, covariance = _unpack(poses)
    at = POSE * poses.sequences.index(sequence)
    sd = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return mean[at : at + POSE], sd[at : at + POSE]


def motion(scan_s: float, elapsed_s: float, scan_before_s: float) -> tuple[Vector, Vector]:
    """Next pose = matrix · pose + noise of this covariance."""
    matrix = np.kron(np.array([[1.0, 0.0], [0.0, 0.0]]), np.eye(2))
    if scan_s <= 0:
        return matrix, np.asarray(np.kron(np.diag([RATE_CHANGE_SD_PX**2, 0.0]), np.eye(2)))
    # Frames cannot overlap: times that say so are wrong.
    scans = min(max(elapsed_s / scan_before_s, 1.0), MOST_SCANS) if scan_before_s > 0 else 1.0
    matrix[:2, 2:] = scans * np.eye(2)
    matrix[2:, 2:] = RATE_KEPT * np.eye(2)
    wander = BEND_SD_PX**2 + (RATE_CHANGE_SD_PX * max(scans - 1.0, 0.0)) ** 2
    return matrix, np.asarray(np.kron(np.diag([wander, RATE_CHANGE_SD_PX**2]), np.eye(2)))


def shift_design(ends: Vector, rows: int) -> tuple[Vector, Vector]:
    """What a shift at both ends is of the pose of the frame that was compared, and of the one it was compared with.

    Parameters
    ----------
    ends : float64 [4]
        The shift.
    rows : int

    Returns
    -------
    float64 [4, 4], float64 [4, 4]
    """
    n = max(rows - 1, 1)
    first, last = float(ends[0]) / n, 1.0 + float(ends[2]) / n
    newer = np.array([[1.0, 0.0, first, 0.0], [0.0, 1.0, 0.0, first], [1.0, 0.0, last, 0.0], [0.0, 1.0, 0.0, last]])
    return newer, _OLDER


def _design(poses: Poses, against: int, ends: Vector, rows: int) -> Vector:
    """The same for all poses, [4, poses]."""
    design = np.zeros((4, POSE * len(poses.sequences)))
    there = POSE * poses.sequences.index(against)
    newer, older = shift_design(ends, rows)
    design[:, -POSE:] += newer
    design[:, there : there + POSE] += older
    return design


@lru_cache(maxsize=64)
def _lower(size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where the lower triangle of a matrix lies."""
    return np.tril_indices(size)


def _pack(sequences: tuple[int, ...], start_s: float, scan_s: float, mean: Vector, covariance: Vector) -> Poses:
    triangle = np.ascontiguousarray(covariance[_lower(mean.size)], np.float64)
    return Poses(sequences, start_s, scan_s, tuple(mean.tolist()), triangle.tobytes())


def _unpack(poses: Poses) -> tuple[Vector, Vector]:
    mean = np.asarray(poses.mean)
    covariance, lower = np.empty((mean.size, mean.size)), _lower(mean.size)
    covariance[lower] = covariance.T[lower] = np.frombuffer(poses.covariance)
    return mean, covariance
