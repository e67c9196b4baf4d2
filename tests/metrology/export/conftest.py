"""A finished run with a gap, to be exported."""

import pytest

from eclips4d import storage
from eclips4d.core.results import Datum, Status
from eclips4d.metrology.export.flattened import Flatten
from eclips4d.metrology.export.selection import select


@pytest.fixture
def run(make_store):
    """Five frames of a tilted plane that rises: the third has no result, the datum is known in the second only."""
    store = make_store(keep=("height", "height_sd", "slope", "slope_sd", "trust"))
    store.grow(datum=Datum((0.0,) * 3, (0.0,) * 3))
    store.grow(datum=Datum((1.0, 0.1, 0.05), (0.1, 0.0, 0.0)))
    store.record()
    store.settle(status=Status.QUARANTINED)
    store.grow(2)
    store.finish()
    return store


@pytest.fixture
def chosen(run):
    def choose(frames=None, newest=False, stack=None, flatten=Flatten.NONE):
        return select(run.path, frames, newest=newest, stack=stack, flatten=flatten)

    return choose


@pytest.fixture
def stored(run):
    """Heights of a frame as they are in the store: rounded to a tenth of their standard deviation."""
    held = storage.open(run.path)["height"].values
    return held.__getitem__
