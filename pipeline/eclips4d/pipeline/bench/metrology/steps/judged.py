"""Tracks against the steps of a scene: which is which, whether numbers stay, and how wrong velocities are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.steps.measure import LineSteps
from eclips4d.metrology.steps.table import WINDOW
from eclips4d.metrology.steps.track import Track
from eclips4d.metrology.steps.velocity import mean_velocity, velocities
from eclips4d.pipeline.bench.metrology.steps.flow import Crossings

F64 = NDArray[np.float64]

NEAR = 0.2
"""Of a step number: closer than this to a whole one is on the step."""
OWN_HEIGHT = 0.6
"""Tracks lower than this share of the steps' height are particles, patches and texture."""
LEAST_SIGHTS = 6
"""For a mean velocity."""
INNER_NM = 40.0
"""From the line's ends within which a step need not be found."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One movie's tracks.

    Attributes
    ----------
    swaps
        Sights of a step under the number of a track that is mostly another step.
    tracks, steps
        Tracks that follow steps, and how many steps these are.
    found, there
        Sights of steps, and how many there should have been.
    error, u, velocity : float64 [n]
        Of the velocity of every sight: what is wrong, its standard uncertainty, the truth; nm/s.
    mean_error, mean_u, mean_velocity : float64 [m]
        The same of the mean velocity of every step over its whole track.
    """

    swaps: int
    tracks: int
    steps: int
    found: int
    there: int
    error: F64
    u: F64
    velocity: F64
    mean_error: F64
    mean_u: F64
    mean_velocity: F64


def judge(line: LineSteps, truth: Crossings) -> Judged:
    """Compare the tracks of a line with its scene's steps."""
    owners = Counter[int]()
    swaps = found = 0
    sights, means = [np.zeros((0, 3))], [np.zeros((0, 3))]
    for track in line.linked.tracks:
        numbers = truth.numbers(track.column("position_nm"), track.column("time_s"))
        on = np.abs(numbers - np.rint(numbers)) < NEAR
        low = abs(np.median(track.column("height_nm"))) < OWN_HEIGHT * truth.scene.options.step_height_nm
        if track.rises or low or on.mean() < 0.5:
            continue
        counted = Counter(np.rint(numbers[on]).astype(int).tolist())
        mine, often = counted.most_common(1)[0]
        owners[mine] += 1
        swaps += counted.total() - often
        found += often
        each, mean = _velocities(line, track, truth, mine, on & (np.rint(numbers) == mine))
        sights.append(each)
        means.append(mean)
    each, mean = np.concatenate(sights), np.concatenate(means)
    each = each[np.isfinite(each).all(axis=1)]
    return Judged(swaps, sum(owners.values()), len(owners), found, _there(line, truth), *each.T, *mean.T)


def _velocities(line: LineSteps, track: Track, truth: Crossings, mine: int, on: NDArray[np.bool_]) -> tuple[F64, F64]:
    """Error, uncertainty and truth of a step's velocity at each sight, and over its whole track."""
    sights = line.sights(track)
    motion = velocities(sights, line.wander, WINDOW)
    place, time = sights.place_nm[on], sights.time_s[on]
    true = truth.velocity(mine, place, time)
    u = np.hypot(motion.u_nm_s, [line.drift_u_over(seconds) for seconds in motion.window_s])[on]
    each = np.column_stack([motion.nm_s[on] - true, u, true])
    if on.sum() < LEAST_SIGHTS:
        return each, np.zeros((0, 3))
    # Over the same sights, because a step that speeds up has another mean velocity over others.
    time = sights.time_s
    slope = float(np.polyfit(time - time.mean(), truth.place(mine, sights.place_nm, time), 1)[0])
    mean, mean_u = mean_velocity(sights, line.wander)
    return each, np.array([[mean - slope, np.hypot(mean_u, line.drift_u_over(np.ptp(time))), slope]])


def _there(line: LineSteps, truth: Crossings) -> int:
    """Sights that a perfect eye would have: steps on the line at the time of their row, away from its ends."""
    count = 0
    for profile in line.profiles:
        seen = np.isfinite(profile.row_time_s + profile.slope_along)
        inside = seen & (profile.distance_nm > INNER_NM) & (profile.distance_nm < line.length_nm - INNER_NM)
        numbers = truth.numbers(profile.distance_nm[inside], profile.row_time_s[inside])
        count += int((np.diff(np.floor(numbers)) != 0).sum())
    return count
