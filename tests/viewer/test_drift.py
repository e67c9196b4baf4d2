"""What the drift panel shows, decided without a screen."""

import math

import numpy as np
import pytest
from growing_store import surface_of

from eclips4d.core.results import Datum, Drift, Registered, Status
from eclips4d.metrology import datum
from eclips4d.metrology import drift as metrology
from eclips4d.metrology.drift import DriftSeries
from eclips4d.storage import open as open_store
from eclips4d.viewer.drift import drift_curves, drift_read_out, reach_nm, widened
from eclips4d.viewer.drift_memory import DriftMemory
from eclips4d.viewer.model import Model
from eclips4d.viewer.store import StoreFrames


def walk(count, lost=(), holes=()):
    status = np.full(count, int(Status.DONE))
    status[list(lost)] |= int(Status.NOT_ALIGNED)
    status[list(holes)] = int(Status.GAP)
    px = np.cumsum(np.random.default_rng(4).normal(size=(count, 2)), axis=0)
    ones = np.ones((count, 2))
    return DriftSeries(
        np.arange(count) * 0.5, status, np.zeros(count, int), px, 0.1 * ones, 0 * ones, np.zeros(count), (2.0, 3.0)
    )


@pytest.fixture
def look(store):
    frames, model = StoreFrames(store.path), Model()

    def tick():
        model.accept(frames.look(model.wanted))
        return model

    return tick


def test_the_model_has_the_drift_of_the_frame_shown(store, look):
    store.grow()
    store.grow(drift=Drift((1.0, -3.0), (0.29, 0.0), (0.1, 0.2), aligned=False, reference=1))
    model = look()
    found = model.drift_read_out()
    assert (found.frame, found.reference, found.aligned) == (1, 1, False)
    assert found.px == (-3.0, 1.0) and found.nm == (-6.0, 2.0), "x is along the columns"
    assert found.u_nm == pytest.approx((0.4, 0.2))
    assert found.velocity_nm_s == pytest.approx((0.0, 2.0)), "0.29 px of 2 nm in 29 rows of 10 ms"
    curves = model.state.drift_curves
    assert curves.nm.tolist() == [[0.0, -6.0], [0.0, 2.0]]
    assert (curves.not_aligned, curves.known, curves.lost_s.tolist()) == (1, 2, [2.0])
    assert curves.changes == ((2.0, 1),)
    model.select(0)
    assert look().drift_read_out().px == (0.0, 0.0)


def test_nothing_is_known_before_the_first_result(store, look):
    assert look().drift_read_out() is None
    store.record()
    model = look()
    assert model.state.drift_curves is None and model.drift_read_out() is None
    store.settle(status=Status.QUARANTINED)
    model = look()
    assert model.state.drift_curves is None and model.drift_read_out() is None


def test_frames_are_read_once_and_a_deferred_one_again_when_it_is_filled_in(store, look, monkeypatch):
    read = []
    original = metrology.read_drift
    monkeypatch.setattr(
        "eclips4d.viewer.drift_memory.read_drift",
        lambda run, size, first: read.append(first) or original(run, size, first),
    )
    store.grow(3)
    look()
    store.record(2)
    store.settle(status=Status.DEFERRED)
    store.settle(drift=Drift((2.0, 2.0)))
    assert np.isnan(look().state.drift.px[3]).all()
    store.writer.write_registered(3, Registered(surface_of(3), Drift((1.0, 1.0))), *store.keys).result()
    store.record()
    drift = look().state.drift
    assert read == [0, 3, 3]
    assert drift.px[:, 0].tolist() == [0.0, 0.0, 0.0, 1.0, 2.0]


def test_the_datum_is_read_once_and_a_deferred_one_again_when_it_is_filled_in(store, look, monkeypatch):
    read, known = [], Datum((1.0, 0.0, 0.0), (0.1, 0.0, 0.0))
    original = datum.read_datum
    monkeypatch.setattr(
        "eclips4d.viewer.drift_memory.read_datum", lambda run, first: read.append(first) or original(run, first)
    )
    store.grow(2, datum=known)
    look()
    store.record()
    store.settle(status=Status.DEFERRED)
    before = look().state.datum
    assert before.observable.tolist() == [True, True, False]
    store.writer.write_registered(2, Registered(surface_of(2), Drift((1.0, 1.0)), known), *store.keys).result()
    store.record()
    assert look().state.datum.observable.tolist() == [True, True, True] and read == [0, 2, 2]
    look()
    assert read == [0, 2, 2]


def test_a_long_run_keeps_its_outline_and_its_holes():
    series = walk(20_003, lost=range(100, 4000, 3), holes=(7000, 7001))
    series.px[12_345] = 500.0, -500.0
    curves = drift_curves(series, most=400)
    assert curves.time_s.size < 500 and curves.lost_s.size <= 60
    assert curves.time_s[[0, -1]].tolist() == [0.0, 10_001.0]
    assert np.nanmax(curves.nm[1]) == 1500.0 and np.nanmin(curves.nm[0]) == -1000.0
    assert np.isnan(curves.nm[0, np.isin(curves.time_s, (3500.0, 3500.5))]).any(), "the curve is broken there"
    assert (curves.not_aligned, curves.known) == (1300, 20_001)


def test_a_band_that_grows_without_end_does_not_flatten_the_curves():
    series = walk(50, lost=range(30, 50))
    series.u_px[30:] = np.geomspace(0.1, 1e6, 20)[:, None]
    quiet = walk(50)
    low, high = reach_nm(series)
    least, greatest = reach_nm(quiet)
    assert least - (greatest - least) <= low <= least and greatest <= high <= greatest + (greatest - least)


def test_values_of_a_frame_that_has_none():
    series = walk(5, holes=(2,))
    assert [drift_read_out(series, k) is None for k in (1, 2, 5, -1)] == [False, True, True, True]
    assert math.isnan(drift_read_out(series, 1).velocity_nm_s[0]), "taken in one instant"


def test_axes_move_seldom_and_hold_everything():
    shown, moves = None, 0
    for k in range(1, 1000):
        before, shown = shown, widened(shown, (0.0, k * 0.5), both_ways=False)
        assert shown[0] <= 0.0 and shown[1] >= k * 0.5
        moves += shown != before
    assert moves < 35
    low, high = widened(None, (-1.0, 1.0))
    assert low == -high < -1.0
    assert widened(None, (2.0, 2.0), least=0.5) == pytest.approx((1.675, 2.325))


def test_a_store_that_lost_its_drift_has_none(store):
    store.grow()
    lost = open_store(store.path).drop_vars("drift")
    assert DriftMemory().read("run", lost, (2.0, 2.0)) is None
