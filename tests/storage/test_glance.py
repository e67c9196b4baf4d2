"""A glance shows what xarray shows, of a growing store, a finished one and a damaged one."""

from __future__ import annotations

import shutil
import subprocess
import sys

import numpy as np
import pytest
from made_stores import STAGES, make_frame, make_source, settle, write_run

from eclips4d import storage
from eclips4d.storage import StoreWriter
from eclips4d.storage.folder import load_record
from eclips4d.storage.glance import Glance
from eclips4d.storage.planes import Planes


@pytest.fixture(params=[None, 6], ids=["endless", "of known length"])
def growing(tmp_path, request):
    """Four frames recorded, two of them settled."""
    source = make_source(request.param, (4, 24, 300))
    with StoreWriter.create(tmp_path / "run.zarr", source, "run", stages=STAGES) as writer:
        for sequence in range(4):
            writer.write_frame(make_frame(source, sequence)).result()
        settle(writer, source, 0)
        settle(writer, source, 1)
        writer.commit(committed=2, recorded=4)
        yield writer


def glance(path, *, recorded=False) -> Glance:
    record = load_record(path)
    return Glance(path, record, Planes(path, record.planes().values()), recorded=recorded)


def check_alike(seen, told):
    assert dict(seen.sizes) == {name: told.sizes[name] for name in ("time", "y", "x")}
    assert set(seen.variables) == set(map(str, told.variables))
    for name in seen.variables:
        whole = told[name].values
        assert seen[name].values.dtype == whole.dtype
        np.testing.assert_array_equal(seen[name].values, whole)
        assert dict(seen[name].attrs) == dict(told[name].attrs)
        for part in (slice(1, None), slice(None, 1), slice(0, 9), slice(5, 2), slice(-1, None), 0, -1, np.int64(1)):
            np.testing.assert_array_equal(seen[name][part].values, whole[part])


@pytest.mark.parametrize("recorded", [False, True])
def test_it_shows_what_xarray_shows(growing, recorded):
    seen = glance(growing.path, recorded=recorded)
    check_alike(seen, storage.open(growing.path, recorded=recorded))
    assert ("height" in seen) is not recorded and "side_temperature" in seen and "velocity" not in seen


def test_it_stays_at_its_commit(growing):
    before = glance(growing.path)
    source = load_record(growing.path).source
    settle(growing, source, 2)
    growing.commit(committed=3, recorded=4)
    assert before.sizes["time"] == 2 and before["status"].values.size == 2
    assert glance(growing.path).sizes["time"] == 3


def test_a_finished_store_too(tmp_path):
    source = make_source(5, (4, 24, 40))
    write_run(tmp_path / "run.zarr", source, 5)
    check_alike(glance(tmp_path / "run.zarr"), storage.open(tmp_path / "run.zarr"))


def test_a_column_that_is_lost_is_fill_values_as_to_xarray(growing):
    for name in ("drift", "status"):
        shutil.rmtree(growing.path / name)
        np.testing.assert_array_equal(
            glance(growing.path)[name].values, storage.open(growing.path)[name].values, strict=True
        )


def test_a_place_that_is_not_there_is_refused(growing):
    with pytest.raises(IndexError):
        glance(growing.path)["status"][2]
    with pytest.raises(KeyError):
        glance(growing.path)["velocity"]


def test_it_loads_neither_xarray_nor_zarr():
    code = (
        "import sys, eclips4d.storage.glance, eclips4d.storage\n"
        "print([m for m in ('xarray', 'zarr', 'pandas') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert answer.stdout.strip() == "[]"
