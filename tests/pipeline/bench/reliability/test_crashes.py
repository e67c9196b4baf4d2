"""Crashes at operations of the disk: they happen as planned, and the store is that of a run in peace."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from rich.console import Console

from eclips4d.pipeline.bench.reliability.context import ReliabilityContext
from eclips4d.pipeline.bench.reliability.crashes import misfortune, one_process, part
from eclips4d.storage.durable import write_synced


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_crashes_change_nothing() -> None:
    context = ReliabilityContext(Console(), seed=2, scale=3 / part.STORES)
    bars = part.rows(context)
    assert [row.what for row in bars if row.met is False] == []
    assert len(bars) == len(part.DISKS)


def test_a_disk_refuses_and_kills_as_planned(tmp_path: Path) -> None:
    with misfortune.meeting(misfortune.Misfortune(full=range(1, 2))) as operations:
        write_synced(tmp_path / "one", b"1")
        with pytest.raises(OSError, match="No space"):
            write_synced(tmp_path / "two", b"2")
        write_synced(tmp_path / "three", b"3")
        assert operations() == 3
    for afterwards in (False, True):
        process = one_process.forked(_synced_and_renamed, tmp_path, afterwards)
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert (tmp_path / "name").exists() is afterwards


def _synced_and_renamed(folder: Path, afterwards: bool) -> None:
    with misfortune.meeting(misfortune.Misfortune(kill_at=1, afterwards=afterwards)):
        write_synced(folder / "spare", b"1")
        (folder / "spare").replace(folder / "name")
