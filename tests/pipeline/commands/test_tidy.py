"""Long runs that have ended for good are tidied; short ones, and those that may go on, are not."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import numpy as np
import pytest
import xarray as xr

from eclips4d.pipeline import tidying
from eclips4d.pipeline.cli import main
from eclips4d.storage import afterwards


@pytest.fixture
def finished(make_store):
    store = make_store()
    for _ in range(4):
        store.record()
        store.settle()
    store.writer.finish(4)
    store.writer.close()
    return store


def test_only_long_runs_that_cannot_go_on(finished):
    source = finished.source
    assert not tidying.is_worth_it(msgspec.structs.replace(source, frames=tidying.FROM_FRAMES - 1))
    assert not tidying.is_worth_it(msgspec.structs.replace(source, frames=None))
    assert tidying.is_worth_it(msgspec.structs.replace(source, frames=tidying.FROM_FRAMES))


def test_it_is_begun_in_a_process_that_does_the_same_as_the_function(finished, monkeypatch):
    begun = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: begun.append(command))
    tidying.tidy_behind(finished.path)
    assert begun == [[sys.executable, "-m", afterwards.__name__, str(finished.path)]]


def test_by_hand(finished, monkeypatch, capsys):
    monkeypatch.setattr("eclips4d.pipeline.commands.info.LINGER_S", 0.0)
    with xr.open_zarr(finished.path) as data:
        before = data.load()
    assert main(["info", str(finished.path), "--tidy"]) == 0
    assert "smaller images of each frame" in capsys.readouterr().out
    with xr.open_zarr(finished.path) as data:
        for name in before.variables:
            np.testing.assert_array_equal(data[name].values, before[name].values)


def test_a_recording_has_nothing_to_tidy(capsys):
    assert main(["info", "sim://copper-redox?size=16", "--tidy"]) == 2
    assert "leave --tidy out" in capsys.readouterr().err
