"""Drift as lengths and velocities, and its changes of grid."""

import numpy as np
import pytest

from eclips4d.core.errors import StoreError
from eclips4d.core.results import Drift, Status
from eclips4d.metrology.drift import DriftSeries, joined, read_drift
from eclips4d.storage import open as open_store

DONE, LOST, GAP = int(Status.DONE), int(Status.DONE | Status.NOT_ALIGNED), int(Status.GAP)


def series(status, reference, px, *, scan_s=2.0, pixel_size_nm=(3.0, 5.0)):
    px = np.array(px, float)
    n = len(px)
    u_px = np.where(np.arange(n)[:, None] > 0, 0.1, 0.0) * np.ones(2)
    time_s, status, reference = np.arange(n) * 2.0, np.array(status), np.array(reference)
    return DriftSeries(time_s, status, reference, px, u_px, px / 2, np.full(n, scan_s), pixel_size_nm)


def test_rows_become_y_and_columns_x_each_with_its_own_pixel_size():
    found = series([DONE, DONE], [0, 0], [(0, 0), (2, -4)])
    assert found.nm[1].tolist() == [-4 * 3.0, 2 * 5.0]
    assert found.u_nm[1] == pytest.approx([0.3, 0.5])
    assert found.velocity_nm_s[1].tolist() == [-2 * 3.0 / 2, 1 * 5.0 / 2]


def test_a_frame_taken_in_one_instant_has_no_velocity():
    assert np.isnan(series([DONE, DONE], [0, 0], [(0, 0), (1, 1)], scan_s=0.0).velocity_nm_s).all()


def test_the_grid_changes_between_frames_with_results_only():
    found = series([DONE, GAP, DONE, LOST, DONE], [0, -1, 0, 2, 2], [(0, 0), (np.nan, np.nan), (1, 1), (2, 2), (3, 3)])
    assert found.changes.tolist() == [3]
    assert found.references == [0, 2]
    assert found.known.tolist() == [True, False, True, True, True]
    assert found.aligned.tolist() == [True, False, True, False, True]
    assert found.measured.tolist() == [False, False, True, False, True], "the first is at zero by definition"


def test_what_a_store_holds_is_read_from_any_frame_on(make_store):
    store = make_store()
    store.grow()
    store.grow(drift=Drift((1.5, -2.5), (0.5, 0.25), (0.01, 0.02), aligned=False))
    store.record()
    store.settle(status=Status.QUARANTINED)
    run = open_store(store.path)
    found = read_drift(run, (2.0, 2.0))
    assert found.time_s.tolist() == [0.0, 2.0, 4.0]
    assert found.px[1].tolist() == [1.5, -2.5] and found.u_px[1].tolist() == [0.01, 0.02]
    assert found.scan_s[1] == pytest.approx(0.01 * (store.rows - 1))
    assert found.aligned.tolist() == [True, False, False]
    assert found.reference.tolist() == [0, 0, -1] and np.isnan(found.px[2]).all()
    whole = joined(found, 1, read_drift(run, (2.0, 2.0), 1))
    np.testing.assert_array_equal(whole.px, found.px)
    assert len(whole) == 3


def test_a_column_that_is_gone_is_named(make_store):
    store = make_store()
    store.grow()
    with pytest.raises(StoreError, match="drift_sd is missing"):
        read_drift(open_store(store.path).drop_vars("drift_sd"), (2.0, 2.0))
