"""Every recording followed once: frame by frame, afterwards, without drift rates, and by a plain correlation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Drift
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.pipeline.bench.registration.peers import correlation
from eclips4d.pipeline.bench.registration.peers.correlation import correlated
from eclips4d.pipeline.bench.registration.peers.images import filtered_sums
from eclips4d.pipeline.bench.registration.places import rms_error, starts
from eclips4d.pipeline.bench.truth_cases import Case, recorded_cases
from eclips4d.registration.track import follow

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Followed:
    """What was found on one recording.

    Attributes
    ----------
    live, smoothed : tuple of Drift
        As known when each frame was taken, and with all frames known.
    instantaneous, plain : float64 [T, 2], or None
        Places when every frame counts as taken in one instant, and by a correlation with frame 0; None where
        scikit-image is not installed.
    """

    case: Case
    live: tuple[Drift, ...]
    smoothed: tuple[Drift, ...]
    instantaneous: F64
    plain: F64 | None

    @property
    def truth(self) -> F64:
        """True drift at the frames' starts."""
        return np.asarray(self.case.truth.drift_px, dtype=np.float64)

    @property
    def true_rate(self) -> F64:
        """True change from the first to the last row."""
        return np.asarray(self.case.truth.drift_within_frame_px, dtype=np.float64)


@lru_cache(maxsize=2)
def followed(folder: Path) -> tuple[Followed, ...]:
    """All recordings with truth in a folder."""
    return tuple(_follow(case) for case in recorded_cases(folder))


def start_error(drifts: tuple[Drift, ...], truth: F64) -> float:
    """Rms error vector at the frames' starts, px."""
    return rms_error(starts(drifts), truth)


def start_errors(drifts: tuple[Drift, ...], truth: F64) -> F64:
    """Errors of all frames but the first, px, [T - 1, 2]."""
    return np.asarray((starts(drifts) - truth)[1:])


def rate_error(drifts: tuple[Drift, ...], truth: F64) -> float:
    """Rms error of the change within a frame over the rms of the true change."""
    found = np.array([drift.rate for drift in drifts])
    return float(np.sqrt(((found - truth)[1:] ** 2).sum() / (truth[1:] ** 2).sum()))


def covered(drifts: tuple[Drift, ...], truth: F64, deviations: float) -> float:
    """Share of components whose true error is within so many of the stated standard deviations."""
    stated = np.array([drift.sd for drift in drifts])[1:]
    return float(np.mean(np.abs(start_errors(drifts, truth)) <= deviations * stated))


def _follow(case: Case) -> Followed:
    calibration = estimate_calibration(case.frames[0].data, case.instrument)
    track = follow(((f.header, f.data) for f in case.frames), calibration)
    instants = ((msgspec.structs.replace(f.header, line_time_s=0.0), f.data) for f in case.frames)
    instantaneous = starts(follow(instants, calibration).live)
    images = filtered_sums([f.data for f in case.frames])
    plain = correlated(images) if correlation.THERE else None
    return Followed(case, track.live, track.smoothed, instantaneous, plain)
