"""The filter over poses against paths that are known: straight pieces, continuous from frame to frame."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shifted_frames import header

from eclips4d.core.results import Drift
from eclips4d.registration.fit import RowShift
from eclips4d.registration.poses import (
    FIRST_RATE_SD_PX,
    Poses,
    _unpack,
    expected_ends,
    first_pose,
    keep,
    loosened,
    pose_of,
    predict,
    update,
)
from eclips4d.registration.smooth import Passage, smooth_drift
from eclips4d.registration.tracking import Sighting

RAW = np.zeros((4, 201, 50), np.uint16)
ROWS = RAW.shape[1]


def path(rates: np.ndarray, interval: float = 5.0, scan: float = 4.5) -> np.ndarray:
    return np.vstack([np.zeros(2), np.cumsum(rates * interval / scan, axis=0)])


def ends(pose: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Where rows 0 and n of the other frame are seen: solved from the definition of drift, not with the filter's."""
    (start, rate), (other_start, other_rate), n, out = pose, other, ROWS - 1, []
    for s0 in (0.0, float(n)):
        content = s0 - other_start[0] - other_rate[0] * s0 / n, -other_start[1] - other_rate[1] * s0 / n
        seen = (content[0] + start[0]) / (1 - rate[0] / n)
        out += [seen - s0, content[1] + start[1] + rate[1] * seen / n]
    return np.array(out)


def against_first(places: np.ndarray, rates: np.ndarray, k: int) -> np.ndarray:
    return ends((places[k], rates[k]), (np.zeros(2), rates[0]))


def newest(poses: Poses) -> tuple[np.ndarray, np.ndarray]:
    pose = pose_of(poses, poses.newest)[0]
    return pose[:2], pose[2:]


def follow(rates: np.ndarray, sd: float = 1e-3) -> list[tuple[np.ndarray, np.ndarray]]:
    places, poses, found = path(rates), first_pose(header(0, RAW)), []
    for k in range(1, len(rates)):
        measured = RowShift(against_first(places, rates, k), np.eye(4) * sd**2)
        poses = keep(update(predict(poses, header(k, RAW)), 0, measured, ROWS), (0,))
        found.append(newest(poses))
    return found


pixels = st.floats(-2, 2, allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(pixels, pixels), min_size=2, max_size=6))
def test_drift_and_rate_are_those_of_the_path(rates: list[tuple[float, float]]) -> None:
    given_rates = np.array(rates)
    for k, (start, rate) in enumerate(follow(given_rates), start=1):
        assert start == pytest.approx(path(given_rates)[k], abs=0.01)
        # Frame 0's own rate is known as well as drift follows a straight line between the first two starts.
        assert rate == pytest.approx(given_rates[k], abs=0.02)


def test_a_frame_without_drift_gives_exactly_none() -> None:
    for start, rate in follow(np.zeros((5, 2))):
        assert (start == 0).all()
        assert (rate == 0).all()


def test_frames_taken_in_an_instant_have_no_rate() -> None:
    poses = predict(first_pose(header(0, RAW, scan_s=0.0)), header(1, RAW, scan_s=0.0))
    measured = RowShift(np.array([1.0, 2.0, 1.0, 2.0]), np.tile(np.eye(2) * 1e-4, (2, 2)) + np.eye(4) * 1e-9)
    start, rate = newest(update(poses, 0, measured, ROWS))
    assert (rate == 0.0).all()
    assert start == pytest.approx((1.0, 2.0), abs=1e-3)


def measured_once() -> Poses:
    poses = predict(first_pose(header(0, RAW)), header(1, RAW))
    return update(poses, 0, RowShift(np.ones(4), np.eye(4) * 1e-4), ROWS)


def test_without_measurements_drift_coasts_to_a_stop_and_grows_unsure() -> None:
    poses, starts, sds = measured_once(), [], []
    for k in range(2, 40):
        poses = keep(predict(poses, header(k, RAW)), (0,))
        starts.append(newest(poses)[0][0])
        sds.append(pose_of(poses, k)[1][0])
    assert abs(starts[-1] - starts[-2]) < 1e-3
    assert (np.diff(sds) > 0).all()


def test_a_pause_between_frames_loosens_the_tie() -> None:
    soon, late = (expected_ends(predict(measured_once(), header(k, RAW)), 0, ROWS)[1][0, 0] for k in (2, 12))
    assert late > 10 * soon


def test_a_jump_loosens_the_newest_drift_and_what_all_rates_have_in_common() -> None:
    before, after = measured_once(), loosened(measured_once(), 50.0)
    assert pose_of(after, 1)[1][:2] == pytest.approx([50.0, 50.0], rel=1e-3)
    assert (pose_of(after, 0)[1][:2] == pose_of(before, 0)[1][:2]).all()
    added = _unpack(after)[1] - _unpack(before)[1]
    apart = np.array([0, 0, 1, 0, 0, 0, -1, 0])  # how rates differ is known as before
    assert apart @ added @ apart == pytest.approx(0.0, abs=1e-9)
    assert added[2, 2] == pytest.approx(FIRST_RATE_SD_PX**2)


def test_the_covariance_stays_positive_over_a_long_run() -> None:
    rng = np.random.default_rng(5)
    rates = rng.normal(0, 0.7, (400, 2))
    places, poses, errors = path(rates), first_pose(header(0, RAW)), []
    for k in range(1, len(rates)):
        measured = RowShift(against_first(places, rates, k) + rng.normal(0, 0.02, 4), np.eye(4) * 0.02**2)
        poses = keep(update(predict(poses, header(k, RAW)), 0, measured, ROWS), (0,))
        assert np.linalg.eigvalsh(_unpack(poses)[1]).min() > -1e-12
        pose, sd = pose_of(poses, k)
        errors.append((pose[:2] - places[k]) / sd[:2])
    assert 0.7 < np.sqrt(np.mean(np.square(errors))) < 1.3


def chained(rates: np.ndarray, sd: float, closed: bool, seed: int) -> tuple[np.ndarray, np.ndarray, tuple[Drift, ...]]:
    """Every frame against the one before, the last one against the first too: errors and sd live, smoothed drift."""
    rng, places = np.random.default_rng(seed), path(rates)
    poses, passages = first_pose(header(0, RAW)), [Passage(0, 0.0, 4.5, Drift((0.0, 0.0)))]
    errors, sds = [], []
    for k in range(1, len(rates)):
        poses = predict(poses, header(k, RAW))
        sightings = []
        for other in (k - 1, *([0] if closed and k == len(rates) - 1 else [])):
            true = ends((places[k], rates[k]), (places[other], rates[other]))
            sightings.append(Sighting(other, RowShift(true + rng.normal(0, sd, 4), np.eye(4) * sd**2)))
            poses = update(poses, other, sightings[-1].shift, ROWS)
        passages.append(Passage(k, 5.0 * k, 4.5, Drift((0.0, 0.0)), tuple(sightings)))
        pose, spread = pose_of(poses, k)
        poses = keep(poses, (0, k))
        errors.append(pose[:2] - places[k])
        sds.append(spread[:2])
    return np.array(errors), np.array(sds), smooth_drift(passages, ROWS)


def test_errors_of_a_chain_add_up_as_stated_and_a_closed_loop_takes_them_back() -> None:
    rates = np.random.default_rng(2).normal(0, 0.5, (30, 2))
    scores, closed, smoothed, before = [], [], [], []
    for seed in range(12):
        errors, sds, _ = chained(rates, 0.03, False, seed)
        scores.append(errors[4:] / sds[4:])
        errors, sds, drifts = chained(rates, 0.03, True, seed)
        closed.append(errors[-1])
        before.append(errors[-2])
        smoothed.append(np.array(drifts[-2].start) - path(rates)[28])
    assert 0.75 < np.sqrt(np.mean(np.square(scores))) < 1.3
    assert sds[-2].max() > 2 * sds[-1].max()
    assert np.sqrt(np.mean(np.square(closed))) < 0.6 * np.sqrt(np.mean(np.square(before)))
    # Afterwards the frame before the closed loop is as good as the one that closed it.
    assert np.sqrt(np.mean(np.square(smoothed))) < 0.7 * np.sqrt(np.mean(np.square(before)))


def test_smoothed_drift_is_the_least_squares_solution() -> None:
    """Against a dense solution of the same equations by the filter: at the last frame both are the same."""
    rates = np.random.default_rng(3).normal(0, 0.5, (8, 2))
    poses, passages, places = first_pose(header(0, RAW)), [Passage(0, 0.0, 4.5, Drift((0.0, 0.0)))], path(rates)
    rng = np.random.default_rng(4)
    for k in range(1, 8):
        shift = RowShift(against_first(places, rates, k) + rng.normal(0, 0.05, 4), np.eye(4) * 0.05**2)
        poses = update(predict(poses, header(k, RAW)), 0, shift, ROWS)
        passages.append(Passage(k, 5.0 * k, 4.5, Drift((0.0, 0.0)), (Sighting(0, shift),)))
    last = smooth_drift(passages, ROWS)[-1]
    pose, sd = pose_of(poses, 7)
    assert (*last.start, *last.rate) == pytest.approx(pose, abs=1e-4)
    assert last.sd == pytest.approx(sd[:2], rel=1e-2)
