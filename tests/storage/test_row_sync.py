"""Rows written by several threads at once: all there, in the order that says what is whole, each file synced once."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock

import pytest

from eclips4d.storage.columns import Column, Entry
from eclips4d.storage.layout import ArraySpec
from eclips4d.storage.row_sync import Row, RowSync

LENGTH = 64


@pytest.fixture
def columns(tmp_path: Path) -> dict[str, Column]:
    made = {}
    for name in ("drift", "model", "status"):
        (tmp_path / name).mkdir()
        made[name] = Column(ArraySpec(name, "int32", ("time",), (), LENGTH), tmp_path / name)
        made[name].extend(LENGTH)
    return made


@pytest.fixture
def sync() -> RowSync:
    return RowSync(guard=Lock())


def row(columns: dict[str, Column], sequence: int, value: int = 7) -> Row:
    entries = tuple(columns[name].entry(sequence, value) for name in ("drift", "model"))
    return Row(entries, lambda: columns["status"].entry(sequence, 1))


def test_rows_of_many_threads_are_all_there(columns: dict[str, Column], sync: RowSync) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda s: sync.write(row(columns, s, 100 + s)), range(LENGTH)))
    assert columns["drift"].read_range(0, LENGTH).tolist() == [100 + s for s in range(LENGTH)]
    assert columns["model"].read_range(0, LENGTH).tolist() == [100 + s for s in range(LENGTH)]
    assert columns["status"].read_range(0, LENGTH).tolist() == [1] * LENGTH
    sync.close()


def test_the_last_entry_is_asked_for_when_the_others_are_durable(
    columns: dict[str, Column], sync: RowSync, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []

    def fdatasync(fd: int) -> None:
        synced.append(Path(f"/proc/self/fd/{fd}").readlink().parent.name)

    monkeypatch.setattr(os, "fdatasync", fdatasync)

    def last() -> Entry:
        assert sorted(synced) == ["drift", "model"]
        return columns["status"].entry(3, 1)

    sync.write(Row(row(columns, 3).entries, last))
    assert synced[-1] == "status" and len(synced) == 3
    sync.close()


def test_rows_that_wait_are_written_together(
    columns: dict[str, Column], sync: RowSync, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_is_there, go_on = Event(), Event()
    synced: Counter[int] = Counter()

    def last() -> Entry:
        first_is_there.set()
        go_on.wait(60)
        return columns["status"].entry(0, 1)

    monkeypatch.setattr(os, "fdatasync", lambda fd: synced.update([os.fstat(fd).st_ino]))
    with ThreadPoolExecutor(6) as threads:
        begun = [threads.submit(sync.write, Row(row(columns, 0).entries, last))]
        first_is_there.wait(60)
        begun += [threads.submit(sync.write, row(columns, s)) for s in range(1, 6)]
        while len(sync._waiting) < 5:
            """They come while the first one is written."""
        go_on.set()
        for one in begun:
            one.result()
    assert set(synced.values()) == {2}, "six rows, two turns"
    assert columns["status"].read_range(0, 6).tolist() == [1] * 6
    sync.close()


def test_what_the_disk_refuses_is_told_to_all_that_were_written_with_it(
    columns: dict[str, Column], sync: RowSync, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:

        def refuse(_: int) -> None:
            raise OSError(28, "No space left on device")

        full.setattr(os, "fdatasync", refuse)
        with ThreadPoolExecutor(4) as threads:
            begun = [threads.submit(sync.write, row(columns, s)) for s in range(4)]
        assert all(isinstance(one.exception(), OSError) for one in begun)
    assert columns["status"].read_range(0, 4).tolist() == [0] * 4
    sync.write(row(columns, 0))
    assert columns["status"].read(0) == 1
    sync.close()


def test_new_files_are_synced_and_then_their_folders(
    tmp_path: Path, sync: RowSync, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / folder / "c.0" for folder in ("height", "slope")]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(b"shard")
    synced: list[Path] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(Path(f"/proc/self/fd/{fd}").readlink()))
    sync.sync(paths)
    assert sorted(synced[:2]) == paths
    assert sorted(synced[2:]) == [path.parent for path in paths]
    sync.close()
