"""The mirror beside a run: begun with the store, begun again when it is killed, ended with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil
import pytest
from growing_store import create_store
from seen_in_bucket import shown, until

from eclips4d.pipeline.bucket_run import beside
from eclips4d.pipeline.bucket_run.beside import MirrorBeside

PARENT = """
import os, subprocess, sys
words = [*sys.argv[1:], "--follow", "--parent", str(os.getpid())]
child = subprocess.Popen([sys.executable, "-m", "eclips4d.pipeline", "mirror", *words])
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_mirror_that_is_killed_is_begun_again(tmp_path, place, monkeypatch):
    monkeypatch.setattr(beside, "FIRST_S", 0.05)
    said = list[str]()
    mirror = MirrorBeside(tmp_path / "run.zarr", place, said.append)
    try:
        mirror.look()
        assert mirror.pid is None  # there is nothing to mirror yet
        store = create_store(tmp_path / "run.zarr")
        store.grow(2)

        def reached(count: int) -> bool:
            mirror.look()
            return shown(place) == count

        until(lambda: reached(2))
        first = mirror.pid
        assert first is not None and psutil.Process(first).nice() >= min(19, os.nice(0) + beside.BEHIND_ALL)
        os.kill(first, signal.SIGKILL)
        store.grow(2)
        until(lambda: reached(4))
        assert mirror.pid != first
        store.finish()
        store.writer.close()
        until(lambda: (mirror.look(), mirror.pid is None)[1])
        mirror.look()
        assert mirror.pid is None  # the run has ended, and so has its mirror
    finally:
        mirror.close()
    assert said == [f"{place}: its mirror is begun again: its process was ended by signal 9"]


def test_what_ends_it_is_told(tmp_path, s3):
    said = list[str]()
    store = create_store(tmp_path / "run.zarr")
    store.grow(1)
    store.writer.close()
    mirror = MirrorBeside(store.path, "s3://nowhere/run.zarr", said.append)
    try:
        until(lambda: (mirror.look(), said)[1])
    finally:
        mirror.close()
    assert said[0].startswith("s3://nowhere/run.zarr: its mirror is begun again: no such bucket")


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_parent(tmp_path, place, end):
    store = create_store(tmp_path / "run.zarr")
    store.grow(1)
    store.writer.close()
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(store.path), place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        until(lambda: shown(place) == 1)
        parent.send_signal(end)
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
