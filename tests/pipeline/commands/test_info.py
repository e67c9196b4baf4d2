"""`eclips4d info` on stores: what it says of the datum."""

import pytest

from eclips4d.core.results import Datum, Status
from eclips4d.pipeline.cli import main


@pytest.fixture
def lines(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")

    def call(store):
        assert main(["info", str(store.path)]) == 0
        return {line.strip().split("  ")[0]: line for line in capsys.readouterr().out.splitlines()}

    return call


def test_the_share_of_frames_and_the_newest_datum(make_store, lines):
    store = make_store()
    store.grow(datum=Datum((0.0,) * 3, (0.0,) * 3))
    store.grow(datum=Datum((-1.5, 0.0, 0.0), (0.25, 1e-3, 1e-3)))
    store.grow()
    said = lines(store)
    assert "observable in 2 of 3 frames (66.7 %)" in said["height datum"]
    assert "frame 1 against frame 0: offset −1.50 ± 0.25 nm" in said["newest datum"]


def test_frames_recorded_only_have_none(make_store, lines):
    store = make_store()
    store.record(2)
    store.settle(2, Status.DEFERRED)
    assert "height datum" not in lines(store)
