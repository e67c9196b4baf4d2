"""Crashes at operations of the disk: they happen as planned, and the store is that of a run in peace.

Each in a process of its own: a library that some other test has loaded here forbids its process to fork.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from eclips4d.pipeline.bench.reliability.crashes import misfortune, part
from eclips4d.storage.durable import write_synced

KILLED = """
import sys
from pathlib import Path
from eclips4d.pipeline.bench.reliability.crashes.misfortune import Misfortune, meeting
from eclips4d.storage.durable import write_synced

folder = Path(sys.argv[1])
with meeting(Misfortune(kill_at=1, afterwards=sys.argv[2] == "True")):
    write_synced(folder / "spare", b"1")
    (folder / "spare").replace(folder / "name")
"""


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_crashes_change_nothing() -> None:
    words = ["bench", "reliability", "--part", "crashes", "--seed", "2", "--scale", str(3 / part.STORES)]
    done = subprocess.run([sys.executable, "-m", "eclips4d.pipeline", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(disk in done.stdout for disk in part.DISKS)


def test_a_disk_refuses_and_kills_as_planned(tmp_path: Path) -> None:
    with misfortune.meeting(misfortune.Misfortune(full=range(1, 2))) as operations:
        write_synced(tmp_path / "one", b"1")
        with pytest.raises(OSError, match="No space"):
            write_synced(tmp_path / "two", b"2")
        write_synced(tmp_path / "three", b"3")
        assert operations() == 3
    for afterwards in (False, True):
        done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(afterwards)])
        assert done.returncode == -signal.SIGKILL
        assert (tmp_path / "name").exists() is afterwards
