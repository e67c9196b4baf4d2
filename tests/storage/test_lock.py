"""The lock names its owner, dies with it, and does not trust file systems whose locks reach no other host."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from made_stores import make_frame, make_source

from eclips4d.core.errors import StoreError
from eclips4d.storage import StoreWriter
from eclips4d.storage.folder import lock_path
from eclips4d.storage.lock import Owner, acquire, describe, held, owner, release

HOLD = "import sys; from pathlib import Path; from eclips4d.storage import StoreWriter\n" + (
    "with StoreWriter.resume(Path(sys.argv[1])):\n    print('held', flush=True); sys.stdin.read()"
)


@pytest.fixture
def path(tmp_path):
    with StoreWriter.create(tmp_path / "run.zarr", make_source(), "run") as writer:
        writer.write_frame(make_frame(make_source(), 0)).result()
        writer.commit(committed=0, recorded=1)
    return tmp_path / "run.zarr"


@pytest.fixture
def holder(path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        yield other
        other.kill()


def test_the_second_writer_is_told_who_the_first_is(path, holder):
    expected = rf"process {holder.pid} on {socket.gethostname()} since 20\d\d-.* \(-c .*run\.zarr\)"
    with pytest.raises(StoreError, match=expected) as caught:
        StoreWriter.resume(path)
    assert "\n" not in str(caught.value) and held(lock_path(path))


def test_a_killed_writer_holds_nothing(path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert not held(lock_path(path)) and owner(lock_path(path)) is not None
    with StoreWriter.resume(path) as writer:
        assert owner(lock_path(path)).pid == os.getpid() and writer.recorded == 1
    assert owner(lock_path(path)) is None


def leave(path: Path, host: str) -> None:
    lock_path(path).write_bytes(msgspec.json.encode(Owner(pid=7, host=host, since="then", command="eclips4d run x")))


def test_a_store_that_another_host_wrote_a_moment_ago_is_refused(path):
    leave(path, "elsewhere")
    with pytest.raises(StoreError, match=r"process 7 on elsewhere since then \(eclips4d run x\), which never let go"):
        StoreWriter.resume(path)
    assert owner(lock_path(path)).host == "elsewhere", "the next one is refused, too"
    long_ago = time.time() - 3600
    os.utime(path / "zarr.json", (long_ago, long_ago))
    StoreWriter.resume(path).close()
    assert not list((path / "journal").glob("clock-*"))


def test_what_a_dead_process_of_this_host_left_is_taken_over(path):
    leave(path, socket.gethostname())
    with StoreWriter.resume(path) as writer:
        assert owner(lock_path(path)).pid == os.getpid()
        assert writer.recorded == 1


def test_locks_of_older_versions_and_torn_ones_are_read(tmp_path):
    lock = tmp_path / "lock"
    lock.write_bytes(b'{"pid":3,"host":"a"}')
    assert describe(lock) == "process 3 on a"
    for torn in (b"", b'{"pid":3', b"[]", b"\xff"):
        lock.write_bytes(torn)
        assert owner(lock) is None and describe(lock) == "another process"


def test_a_file_system_without_locks_says_so(tmp_path, monkeypatch):
    import fcntl

    def none_here(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none_here)
    with pytest.raises(StoreError, match=r"cannot be locked: No locks available; .*doctor"):
        acquire(tmp_path / "lock", tmp_path)


def test_a_command_of_several_lines_is_one(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/eclips4d", "run", "a\nb  c" + 300 * "x"])
    fd = acquire(tmp_path / "lock", tmp_path)
    said = describe(tmp_path / "lock")
    release(fd)
    assert "(eclips4d run a b cx" in said and "\n" not in said and len(said) < 250
