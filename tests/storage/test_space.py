"""Room on the disk: told beforehand, refused when short, and survived when it runs out."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from made_stores import STAGES, make_frame, make_registered, make_source, settle, write_run

from eclips4d.core.errors import DiskFullError, StoreError
from eclips4d.storage import StoreWriter
from eclips4d.storage.durable import disk_errors
from eclips4d.storage.layout import PRODUCTS
from eclips4d.storage.repair import verify
from eclips4d.storage.space import bytes_per_frame, check_space


@pytest.fixture
def free(monkeypatch):
    def set_free(number: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=number))

    return set_free


def test_rate_and_time(tmp_path, free):
    free(36_000_000_000)
    space = check_space(tmp_path / "not" / "yet", 10_000_000)
    assert space.gb_per_hour == pytest.approx(36) and space.seconds_until_full == pytest.approx(3600)
    assert str(space) == "36 GB/h, 60 min until the disk is full"


def test_refusal_below_ten_minutes(tmp_path, free):
    free(5_990_000_000)
    with pytest.raises(DiskFullError, match="--keep") as caught:
        check_space(tmp_path, 10_000_000)
    assert caught.value.exit_code == 2 and str(tmp_path) in str(caught.value)
    assert check_space(tmp_path, 10_000_000, total_bytes=1e9).free_bytes == 5_990_000_000
    free(6_010_000_000)
    check_space(tmp_path, 10_000_000)


def test_an_idle_source_never_fills_a_disk(tmp_path, free):
    free(1)
    assert check_space(tmp_path, 0.0).seconds_until_full == np.inf


def test_bytes_per_frame_follows_what_is_kept(tmp_path):
    source = make_source(4, (4, 256, 256))
    everything, raw_only = bytes_per_frame(source, tuple(PRODUCTS)), bytes_per_frame(source, ())
    assert raw_only < bytes_per_frame(source, ("height",)) < everything
    write_run(tmp_path / "run.zarr", source, 4)
    shards = sum(p.stat().st_size for name in ("raw", *PRODUCTS) for p in (tmp_path / "run.zarr" / name).glob("c.*"))
    assert 0.5 < everything * 4 / shards < 2  # of pure noise, the worst there is


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_errors_of_a_full_disk_have_one_name(tmp_path, code):
    with pytest.raises(DiskFullError, match="nothing committed is harmed"), disk_errors(tmp_path):
        raise OSError(code, os.strerror(code))
    with pytest.raises(DiskFullError), disk_errors(tmp_path):
        raise ValueError(f"RESOURCE_EXHAUSTED: Error writing [OS error {code}: {os.strerror(code)}]")
    with pytest.raises(StoreError, match="permissions"), disk_errors(tmp_path):
        raise OSError(errno.EACCES, "Permission denied")


def no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_commit_that_finds_no_room_leaves_the_one_before(tmp_path, monkeypatch):
    source, path = make_source(), tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer:
        writer.write_frame(make_frame(source, 0)).result()
        settle(writer, source, 0)
        writer.write_frame(make_frame(source, 1)).result()
        with monkeypatch.context() as full:
            full.setattr(os, "write", no_space)
            with pytest.raises(DiskFullError, match=r"run\.zarr"):
                writer.commit(committed=1, recorded=2)
        assert writer.recorded == 1 and xr.open_zarr(path, chunks=None).sizes["time"] == 1
        writer.commit(committed=1, recorded=2)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 6 MB, where this process may mount one."""
    mount = tmp_path / "disk"
    mount.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", mount], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("this process may not mount a small disk")
    yield mount
    subprocess.run(["umount", mount], check=True)


def test_a_disk_that_runs_full_harms_no_committed_frame(small_disk: Path):
    source, path = make_source(None, (4, 256, 256)), small_disk / "run.zarr"
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer:
        with pytest.raises(DiskFullError, match=r"run\.zarr"):
            for sequence in range(100):
                writer.write_frame(make_frame(source, sequence)).result()
                settle(writer, source, sequence)
        committed = writer.committed
    dataset = xr.open_zarr(path, chunks=None)
    assert dataset.sizes["time"] == committed > 1
    for sequence in range(committed):
        assert np.array_equal(dataset.raw[sequence], make_frame(source, sequence).data)
        assert np.array_equal(dataset.trust[sequence], make_registered(source, sequence).surface.trust)
    dataset.close()
    assert not verify(path)
    subprocess.run(["mount", "-o", "remount,size=20m", small_disk], check=True)
    with StoreWriter.resume(path) as writer:
        writer.write_frame(make_frame(source, committed)).result()
        settle(writer, source, committed)
        assert writer.committed == committed + 1


def test_no_room_to_begin_with(tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", no_space)
        with pytest.raises(DiskFullError):
            StoreWriter.create(tmp_path / "run.zarr", make_source(), "run")
    assert not list(tmp_path.iterdir())
