"""`eclips4d host`: what it refuses, what it shows, and two hosts that record a run by it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from eclips4d.core.errors import EclipsError
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.hosts import standing
from eclips4d.storage import summary

FRAMES, MANY = 6, 100
HOSTS = ("microscope", "server")


def refusal(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["host", *words]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_an_unknown_host_is_one_line(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(capsys, "laptop", "--config", str(recording))
    assert "no host 'laptop'" in said and "microscope, gpu, server" in said


def test_a_key_that_is_missing_is_one_line(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(capsys, "server", "--config", str(recording), "--keys", str(recording.parent / "keys"))
    assert "eclips4d keys make server" in said
    assert not list(recording.parent.glob("run.zarr")), "nothing was started"


def test_who_does_what_is_shown_while_nothing_runs(
    recording: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "HEAR_S", 0.2)
    assert main(["host", "--config", str(recording)]) == 1
    said = capsys.readouterr().out
    assert [word in said for word in ("microscope", "acquisition", "127.0.0.3", "storage is not")] == [True] * 4


def stage(host: subprocess.Popen[bytes], name: str) -> psutil.Process | None:
    """The living process of a stage that a host's command has started."""
    for child in psutil.Process(host.pid).children():
        with suppress(psutil.NoSuchProcess):
            if name in child.cmdline():
                return child
    return None


def until(look: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 120
    while not look():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def recorded(store: Path) -> int:
    with suppress(EclipsError, OSError, ValueError):
        return summary(store).recorded
    return 0


@pytest.mark.slow
def test_two_hosts_record_a_run_and_one_of_them_starts_its_storage_again(recording: Path) -> None:
    store = recording.parent / "run.zarr"
    file = recording.read_text(encoding="utf-8")
    recording.write_text(file.replace(f"frames={FRAMES}", f"frames={MANY}"), encoding="utf-8")
    command = [sys.executable, "-m", "eclips4d.pipeline", "host"]
    with ExitStack() as held:
        files = {host: held.enter_context((recording.parent / f"{host}.txt").open("wb")) for host in HOSTS}
        hosts = {
            host: subprocess.Popen([*command, host, "--config", str(recording)], stdout=file, stderr=file)
            for host, file in files.items()
        }
        for host in hosts.values():
            held.callback(host.wait)
            held.callback(host.kill)
        until(lambda: recorded(store), "a frame")
        storage = stage(hosts["server"], "storage")
        assert storage is not None
        storage.kill()
        codes = {host: process.wait(120) for host, process in hosts.items()}
    said = {host: (recording.parent / f"{host}.txt").read_text(encoding="utf-8") for host in HOSTS}
    assert codes == dict.fromkeys(HOSTS, 0), said
    assert "storage restarting (killed by signal 9)" in said["server"]
    held_now = summary(store)
    assert held_now.ended and held_now.committed == MANY
    assert "windows anywhere: eclips4d view tcp://127.0.0.3:" in said["server"]
