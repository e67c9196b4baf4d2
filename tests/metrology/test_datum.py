"""The datum of a run as one series."""

import numpy as np

from eclips4d.core.results import Datum, Status
from eclips4d.metrology.datum import joined, read_datum
from eclips4d.storage import open as open_store

AT_ZERO = Datum((0.0,) * 3, (0.0,) * 3)
LOW = Datum((-1.0, 1e-3, 2e-3), (0.1, 1e-4, 1e-4))


def test_what_a_store_holds_is_read_from_any_frame_on(make_store):
    store = make_store()
    store.grow(datum=AT_ZERO)
    store.grow(datum=LOW)
    store.grow()
    store.record()
    store.settle(status=Status.QUARANTINED)
    run = open_store(store.path)
    found = read_datum(run)
    assert found.known.tolist() == [True, True, True, False]
    assert found.observable.tolist() == [True, True, False, False] and found.newest == 1
    assert found.reference.tolist() == [0, 0, 0, -1]
    assert found.plane[1].tolist() == list(LOW.plane) and found.sd[1].tolist() == list(LOW.sd)
    assert np.isnan(found.plane[2:]).all()
    whole = joined(found, 1, read_datum(run, 1))
    np.testing.assert_array_equal(whole.plane, found.plane)
    assert len(whole) == 4 and len(read_datum(run, 4)) == 0


def test_a_plane_without_its_uncertainty_is_none(make_store):
    store = make_store()
    store.grow(datum=Datum((1.0, 0.0, 0.0), (np.nan, 0.0, 0.0)))
    found = read_datum(open_store(store.path))
    assert not found.observable.any() and found.newest is None


def test_a_store_made_before_there_was_one_has_none(make_store):
    store = make_store()
    store.grow()
    assert read_datum(open_store(store.path).drop_vars("datum_sd")) is None
