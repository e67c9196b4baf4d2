"""The drift filter against paths that are known: straight pieces, continuous from frame to frame."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shifted_frames import header

from eclips4d.registration.drift import as_drift, expected_ends, first_state, predict, update
from eclips4d.registration.subpixel import RowShift

RAW = np.zeros((4, 201, 50), np.uint16)
ROWS = RAW.shape[1]


def path(rates: np.ndarray, interval: float = 5.0, scan: float = 4.5) -> np.ndarray:
    return np.vstack([np.zeros(2), np.cumsum(rates * interval / scan, axis=0)])


def ends(start: np.ndarray, rate: np.ndarray, first_rate: np.ndarray) -> np.ndarray:
    """Where reference rows 0 and n are seen: solved from the definition of drift, not with the filter's formulas."""
    n = ROWS - 1
    out = []
    for s0, content in ((0.0, np.zeros(2)), (float(n), -first_rate)):
        seen = (s0 + content[0] + start[0]) / (1 - rate[0] / n)
        out += [seen - s0, content[1] + start[1] + rate[1] * seen / n]
    return np.array(out)


def follow(rates: np.ndarray, sd: float = 1e-3) -> list[tuple[np.ndarray, np.ndarray]]:
    places, state, found = path(rates), first_state(header(0, RAW)), []
    for k in range(1, len(rates)):
        measured = RowShift(ends(places[k], rates[k], rates[0]), np.eye(4) * sd**2)
        state = update(predict(state, header(k, RAW)), measured, ROWS)
        drift = as_drift(state, aligned=True)
        found.append((np.array(drift.start), np.array(drift.rate)))
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
    state = first_state(header(0, RAW, scan_s=0.0))
    state = predict(state, header(1, RAW, scan_s=0.0))
    measured = RowShift(np.array([1.0, 2.0, 1.0, 2.0]), np.tile(np.eye(2) * 1e-4, (2, 2)) + np.eye(4) * 1e-9)
    drift = as_drift(update(state, measured, ROWS), aligned=True)
    assert drift.rate == (0.0, 0.0)
    assert drift.start == pytest.approx((1.0, 2.0), abs=1e-3)


def test_without_measurements_drift_coasts_to_a_stop_and_grows_unsure() -> None:
    state = first_state(header(0, RAW))
    state = update(predict(state, header(1, RAW)), RowShift(np.ones(4), np.eye(4) * 1e-4), ROWS)
    starts, sds = [], []
    for k in range(2, 40):
        state = predict(state, header(k, RAW))
        starts.append(as_drift(state, aligned=False).start[0])
        sds.append(as_drift(state, aligned=False).sd[0])
    assert abs(starts[-1] - starts[-2]) < 1e-3
    assert (np.diff(sds) > 0).all()


def test_a_pause_between_frames_loosens_the_tie() -> None:
    state = first_state(header(0, RAW))
    state = update(predict(state, header(1, RAW)), RowShift(np.zeros(4), np.eye(4) * 1e-4), ROWS)
    soon, late = (expected_ends(predict(state, header(k, RAW)), ROWS)[1][0, 0] for k in (2, 12))
    assert late > 10 * soon


def test_the_covariance_stays_positive_over_a_long_run() -> None:
    rng = np.random.default_rng(5)
    rates = rng.normal(0, 0.7, (400, 2))
    places, state = path(rates), first_state(header(0, RAW))
    errors = []
    for k in range(1, len(rates)):
        noise = rng.normal(0, 0.02, 4)
        measured = RowShift(ends(places[k], rates[k], rates[0]) + noise, np.eye(4) * 0.02**2)
        state = update(predict(state, header(k, RAW)), measured, ROWS)
        assert np.linalg.eigvalsh(np.reshape(state.covariance, (6, 6))).min() > 0
        errors.append((np.array(as_drift(state, aligned=True).start) - places[k]) / as_drift(state, aligned=True).sd)
    assert 0.7 < np.sqrt(np.mean(np.square(errors))) < 1.3
