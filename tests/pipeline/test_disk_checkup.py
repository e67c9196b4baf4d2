"""The doctor finds file systems that break a promise, and says what to do; on a local disk it finds nothing."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from eclips4d.pipeline import disk_checkup
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.disk_checkup import CHECKS, file_system


def found(folder, name):
    (one,) = [finding for finding in file_system(folder) if finding.name == name]
    return one


def test_a_local_disk_keeps_every_promise_and_stays_clean(tmp_path):
    # How fast it is, how full, and whether it is memory depends on the machine.
    open_questions = {"durable writing", "disk", "kind of disk", "synced files"}
    findings = file_system(tmp_path)
    assert len(findings) == len(CHECKS) + 2
    assert not [finding for finding in findings if not finding.good and finding.name not in open_questions]
    assert not list(tmp_path.iterdir())


def test_a_rename_in_two_steps_is_seen(tmp_path, monkeypatch):
    script = disk_checkup._REPLACE.replace("os.replace(new, kept)", "pass")
    in_place = script.replace('sys.argv[1] + ".new"', "sys.argv[1]")
    in_place = "import time\n" + in_place.replace("file.write(", "time.sleep(1e-3); file.write(")  # as a slow disk does
    monkeypatch.setattr(disk_checkup, "_REPLACE", in_place)
    one = found(tmp_path, "renames in one step")
    assert not one.good and not one.optional and "local disk" in one.line


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("fcntl.LOCK_EX | fcntl.LOCK_NB", "fcntl.LOCK_SH | fcntl.LOCK_UN"), "would not be noticed"),
        (("fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)", "raise BlockingIOError"), "lets go"),
    ],
)
def test_locks_that_do_not_reach_others_are_seen(tmp_path, monkeypatch, change, words):
    monkeypatch.setattr(disk_checkup, "_LOCK", disk_checkup._LOCK.replace(*change))
    one = found(tmp_path, "locks")
    assert not one.good and words in one.text


def test_names_given_twice_are_seen(tmp_path, monkeypatch):
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, flags, *more, **named: real(path, flags & ~os.O_EXCL, *more, **named))
    assert not found(tmp_path, "exclusive files").good


def test_a_refused_sync_is_a_finding(tmp_path, monkeypatch):
    def refused(_):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fsync", refused)
    one = found(tmp_path, "durable renames")
    assert not one.good and "Invalid argument" in one.line
    assert main(["doctor", str(tmp_path)]) == 1


@pytest.mark.parametrize(
    ("kind", "good", "optional", "words"),
    [
        ("ext4", True, True, "ext4"),
        ("nfs4", False, True, "nolock"),
        ("cifs", False, True, "nobrl"),
        ("fuse.sshfs", False, True, "local disk"),
        ("tmpfs", False, False, "power cut"),
    ],
)
def test_pitfalls_are_named_by_kind(tmp_path, monkeypatch, kind, good, optional, words):
    mounted = [SimpleNamespace(mountpoint="/", fstype="xfs"), SimpleNamespace(mountpoint=str(tmp_path), fstype=kind)]
    monkeypatch.setattr(disk_checkup.psutil, "disk_partitions", lambda all: mounted)
    one = disk_checkup._kind_of(disk_checkup._kind(tmp_path))
    assert (one.good, one.optional or one.good) == (good, optional) and words in one.line


def test_a_folder_that_takes_nothing(tmp_path, monkeypatch):
    def refused(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(disk_checkup.tempfile, "TemporaryDirectory", refused)
    one = found(tmp_path, "file system")
    assert not one.good and "Permission denied" in one.text
