"""The recording with truth beside it: velocities from its frames against those from its true heights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.truth import Truth
from eclips4d.core.results import Drift
from eclips4d.metrology.movie import Movie, SurfaceFrame, row_times
from eclips4d.metrology.steps.follow import Finding
from eclips4d.metrology.steps.measure import LineSteps, follow_line
from eclips4d.metrology.steps.track import Track
from eclips4d.metrology.steps.velocity import mean_velocity
from eclips4d.pipeline.bench.metrology.simulated import movie_from
from eclips4d.pipeline.bench.truth_cases import recorded_cases

F64 = NDArray[np.float64]

NAME = "stepflow"
LINES = (((50.0, 1100.0), (1200.0, 500.0)), ((60.0, 900.0), (1210.0, 300.0)), ((50.0, 700.0), (1200.0, 100.0)))
WIDTH_NM = 60.0
LEAST_NM = 10.0
"""Steps of the recording are bunches of 18 nm."""
NEAR_NM = 25.0
LEAST_SIGHTS, ALIKE_S = 5, 0.5


def recording_velocities(folder: Path) -> tuple[F64, F64, F64] | None:
    """Errors of mean velocities, their standard uncertainties, and the truth, [n], nm/s; None without the recording."""
    case = next((case for case in recorded_cases(folder) if case.name == NAME), None)
    if case is None:
        return None
    frames = tuple(case.frames)
    measured = movie_from(frames, case.instrument)
    starts = [frame.header.start_s for frame in frames]
    true = _true_movie(measured, case.truth, starts, frames[0].header.line_time_s)
    found = [_compared(*(follow_line(m, line, WIDTH_NM, Finding(least_height_nm=LEAST_NM)) for m in (measured, true)))
             for line in LINES]  # fmt: skip
    errors = np.concatenate(found)
    return errors[:, 0], errors[:, 1], errors[:, 2]


def _true_movie(measured: Movie, truth: Truth, starts: list[float], line_time_s: float) -> Movie:
    """True heights as a movie without noise."""
    dx, dy = measured.grid.pixel_size_nm

    def read(k: int) -> SurfaceFrame:
        height = truth.height_nm[k].astype(np.float32)
        slope = np.stack([np.gradient(height, dx, axis=1), np.gradient(height, dy, axis=0)]).astype(np.float32)
        sd = np.full(height.shape, 2e-3, np.float32)
        times = row_times(height.shape[0], starts[k], line_time_s, Drift((0.0, 0.0)))
        return SurfaceFrame(k, starts[k], times, height, slope, sd)

    return replace(measured, read=read)


def _compared(found: LineSteps, true: LineSteps) -> F64:
    rows = []
    for track in found.linked.tracks:
        place, time = track.column("position_nm"), track.column("time_s")
        for other in true.linked.tracks:
            alike = other.rises is track.rises
            # A row is seen a little sooner or later than it would be without drift.
            inside = time[0] > other.column("time_s")[0] - ALIKE_S and time[-1] < other.column("time_s")[-1] + ALIKE_S
            if time.size < LEAST_SIGHTS or not (alike and inside):
                continue
            way = _way(other, time)
            if np.median(np.abs(place - way)) < NEAR_NM:
                speed, u = mean_velocity(found.sights(track), found.wander)
                slope = np.polyfit(time - time.mean(), way, 1)[0]
                rows.append([speed - slope, np.hypot(u, found.drift_u_over(np.ptp(time))), slope])
                break
    return np.array(rows, np.float64).reshape(-1, 3)


def _way(true: Track, time_s: F64) -> F64:
    """Where a true step is at the moments of a measured one; beyond its ends it goes on as it went there."""
    time, place = true.column("time_s"), true.column("position_nm")
    way = np.interp(time_s, time, place)
    for end, within in ((0, 1), (-1, -2)):
        beyond = time_s < time[0] if end == 0 else time_s > time[-1]
        speed = (place[end] - place[within]) / (time[end] - time[within])
        way = np.where(beyond, place[end] + speed * (time_s - time[end]), way)
    return np.asarray(way, np.float64)
