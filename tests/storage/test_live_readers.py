"""Readers in this process, a writer in another: every open works, and nobody ever sees a frame that is not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr
from made_stores import make_frame, make_registered, make_source

import eclips4d.storage as storage
from eclips4d.core.results import Status


def open_while_written(path: Path, opens: int, live: bool) -> tuple[int, set[int]]:
    """Open growing stores in three ways in turn; how many opens there were, and which lengths they saw."""
    script = Path(__file__).with_name("write_store.py")
    seen: set[int] = set()
    count, generation = 0, 0
    while count < opens:
        store = path / f"run{generation}.zarr"
        source = make_source(None if live else 400)
        command = [sys.executable, str(script), str(store), "400", *(["live"] if live else [])]
        with subprocess.Popen(command) as writer:
            try:
                while not store.exists() and writer.poll() is None:
                    writer_is_starting(writer)
                while count < opens and writer.poll() is None:
                    seen.add(look(store, source, count))
                    count += 1
            finally:
                writer.kill()
        generation += 1
    return count, seen


def writer_is_starting(writer: subprocess.Popen[bytes]) -> None:
    try:
        writer.wait(0.01)
    except subprocess.TimeoutExpired:
        return


def look(store: Path, source, turn: int) -> int:
    """Open the store and check its newest frame to the last bit."""
    if turn % 3 == 1:
        group = zarr.open_group(store, mode="r")
        arrays = {name: group[name] for name in ("raw", "trust", "status", "time", "height")}
        lengths = {array.shape[0] for array in arrays.values()}
        assert len(lengths) == 1
        length = lengths.pop()
    else:
        arrays = xr.open_zarr(store, chunks=None) if turn % 3 == 0 else storage.open(store)
        length = arrays.sizes["time"]
        assert arrays.attrs["committed"] == length
    if length:
        newest = length - 1
        assert np.array_equal(arrays["raw"][newest], make_frame(source, newest).data)
        assert np.array_equal(arrays["trust"][newest], make_registered(source, newest).surface.trust)
        assert int(arrays["status"][newest]) == Status.DONE
        assert float(arrays["time"][newest]) == 1.5 * newest
        assert np.isfinite(np.asarray(arrays["height"][newest])).all()
    return length


@pytest.mark.parametrize("live", [False, True])
def test_no_open_fails_and_no_ghost_is_seen(tmp_path, live):
    count, seen = open_while_written(tmp_path, 150, live)
    assert count == 150 and len(seen) > 3


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_thousand_opens(tmp_path):
    """A hundred thousand are those of `eclips4d bench reliability --part ghosts`."""
    count, seen = open_while_written(tmp_path, 2000, True)
    assert count == 2000 and len(seen) > 50
