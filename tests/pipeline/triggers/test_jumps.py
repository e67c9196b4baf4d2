"""Jumps of drift: every one that was planted at its frame, and no more by noise than is said."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.pipeline.triggers import jumps as module
from eclips4d.pipeline.triggers.jumps import Jumps

SD = 0.05
FIRST = 4
"""Frames before which nothing can be said: three intervals are to be known."""


def followed(places: np.ndarray, sd: float = SD, times: np.ndarray | None = None) -> np.ndarray:
    watch, times = Jumps(), np.arange(len(places)) if times is None else times
    return np.array([watch.take(float(t), (r, c), (sd, sd)) for t, (r, c) in zip(times, places.tolist(), strict=True)])


def still(frames: int, seed: int, rate: tuple[float, float] = (0.3, -0.2)) -> np.ndarray:
    return np.outer(np.arange(frames), rate) + np.random.default_rng(seed).normal(0.0, SD, (frames, 2))


@settings(deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sets(st.integers(FIRST, 60).map(lambda k: 4 * k), max_size=8),
    st.floats(0.0, 2 * math.pi),
    st.floats(1.5, 40.0),
)
def test_every_planted_jump_is_seen_at_its_frame_and_only_there(
    seed: int, planted: set[int], angle: float, length: float
) -> None:
    places = still(260, seed)
    for k in planted:
        places[k:] += length * np.array([math.sin(angle), math.cos(angle)])
    found = followed(places)
    assert set(np.flatnonzero(found > 1.0)) == planted
    assert np.allclose(found[sorted(planted)], length, atol=10 * SD)


@pytest.mark.parametrize("stated", [SD, 20 * SD, 0.2 * SD])
def test_noise_alone_is_seen_no_oftener_than_is_said(stated: float) -> None:
    found = np.stack([followed(still(20_000, seed), sd=stated) for seed in range(3)])
    assert np.isnan(found[:, :FIRST]).all()
    share = (found[:, FIRST:] > 0).mean()
    # A standard deviation that is stated too small is believed: then the level alone has to be above the noise.
    assert share > 0.1 if stated < SD else share <= 1e-4


def test_the_law_where_it_can_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SURE_SD", 2.5)
    monkeypatch.setattr(module, "LEAST_SEEN", 10**9)
    share = (followed(still(20_000, 2))[FIRST:] > 0).mean()
    assert 0.2 * math.exp(-(2.5**2) / 2) < share < math.exp(-(2.5**2) / 2)


def test_a_way_that_is_unsure_from_the_first_frame_on_hides_no_jump() -> None:
    places = still(80, 4)
    places[60:] += [3.0, 0.0]
    assert np.flatnonzero(followed(places, sd=2.0) > 1).tolist() == [60]
    places = still(80, 4)
    places[20:] += [3.0, 0.0]
    assert np.nanmax(followed(places, sd=2.0)) == 0.0, "nothing else is known of the noise so early"


def test_a_frame_that_was_lost_or_not_aligned_is_no_jump() -> None:
    places, times = still(40, 3, (1.0, 0.5)), np.arange(40.0)
    kept = np.delete(np.arange(40), [10, 11, 20])
    places[30] = math.nan
    found = followed(places[kept], times=times[kept])
    assert np.nanmax(found) == 0.0
    assert math.isnan(found[27])  # frame 30


def test_a_new_steady_drift_is_told_until_it_is_usual() -> None:
    places = np.concatenate([np.zeros((10, 2)), np.outer(np.arange(1, 11), [3.0, 0.0])])
    found = followed(places, sd=0.01)
    assert found[10] == pytest.approx(3.0)
    assert found[-1] == 0.0


def test_times_that_stand_still_say_nothing() -> None:
    watch = Jumps()
    assert math.isnan(watch.take(1.0, (0.0, 0.0), (SD, SD)))
    assert math.isnan(watch.take(1.0, (9.0, 0.0), (SD, SD)))
