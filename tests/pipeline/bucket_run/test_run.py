"""Whole runs into a bucket: the same numbers as on a disk, whatever becomes of the server and of the mirror."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from seen_in_bucket import shown, until

import eclips4d.storage as storage
from eclips4d.pipeline.cli import main

from .conftest import FRAMES

pytestmark = pytest.mark.timeout(400)


def same(local: Path | str, place: str) -> None:
    with storage.open(local) as here, storage.open(place) as there:
        assert set(here.variables) == set(there.variables)
        for name in set(here.variables) - {"latency_ms"}:
            assert here[name].values.tobytes() == there[name].values.tobytes(), name


def begun(*words: str) -> subprocess.Popen[str]:
    """A command as a process of its own, whose words are read at the end."""
    return subprocess.Popen(
        [sys.executable, "-m", "eclips4d.pipeline", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def read_to(process: subprocess.Popen[str], words: str) -> str:
    """What a command says up to the line with these words."""
    said = ""
    assert process.stdout is not None
    while words not in said and (line := process.stdout.readline()):
        said += line
    return said


def mirror_of(process: subprocess.Popen[str]) -> psutil.Process:
    """The mirror beside a run."""
    while True:
        for child in psutil.Process(process.pid).children():
            with suppress(psutil.Error):
                if "mirror" in child.cmdline():
                    return child
        time.sleep(0.02)


def test_a_run_into_a_bucket_is_that_on_a_disk(recording, on_a_disk, place, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    words = ["run", str(recording), "--out", place, "--no-view"]
    assert main(words) == 0
    said, local = capsys.readouterr().out, tmp_path / "data/eclips4d/staged/bucket" / tmp_path.name / "run.zarr"
    assert f"{place}: written to {local} first" in said and "the local store is removed" in said
    same(on_a_disk, place)
    assert not local.exists() and not list(local.parent.iterdir())
    assert main(words) == 0
    assert capsys.readouterr().out == f"{place}: complete, nothing to do\n"
    assert main([*words, "--keep", "height"]) == 2
    assert "the store was begun with --keep" in capsys.readouterr().err
    assert main(["run", "sim://copper-redox?size=64&frames=2", "--out", place, "--no-view"]) == 2
    assert f"{place}: the store holds another source" in capsys.readouterr().err


@pytest.mark.slow
def test_a_cut_and_a_killed_mirror_cost_no_bit(recording, on_a_disk, place, s3, tmp_path):
    words = ["run", str(recording), "--out", place, "--staging", str(tmp_path), "--no-view", "--speed", "0.25x"]
    with begun(*words) as process:
        until(lambda: shown(place) > 0)
        mirror_of(process).kill()
        s3.tell("cut")
        said = read_to(process, "the server does not answer")
        s3.tell("heal")
        said += process.communicate()[0]
    assert process.returncode == 0, said
    assert "its process was ended by signal 9" in said
    assert "the local store is removed" in said
    same(on_a_disk, place)


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_here_and_there(recording, on_a_disk, place, tmp_path):
    words = ["run", str(recording), "--out", place, "--staging", str(tmp_path), "--no-view"]
    with begun(*words, "--speed", "0.1x") as process:
        until(lambda: shown(place) > 0)
        mirror = mirror_of(process)
        process.kill()
    until(lambda: not mirror.is_running())
    assert 0 < shown(place) < FRAMES
    with begun(*words) as process:
        said, _ = process.communicate()
    assert process.returncode == 0, said
    same(on_a_disk, place)


@pytest.mark.slow
def test_ctrl_c_leaves_a_store_that_goes_on(recording, on_a_disk, place, s3, tmp_path):
    words = ["run", str(recording), "--out", place, "--staging", str(tmp_path), "--no-view"]
    with begun(*words, "--speed", "0.1x") as process:
        until(lambda: shown(place) > 0)
        s3.tell("cut")
        os.kill(process.pid, signal.SIGINT)
        said, _ = process.communicate()
    s3.tell("heal")
    assert process.returncode == 130, said
    local = tmp_path / "bucket" / tmp_path.name / "run.zarr"
    assert f"{place}: not all is there; the store is in {local}" in said
    assert f"send it with: eclips4d mirror {local} {place} --follow" in said
    assert main(["mirror", str(local), place, "--follow"]) == 0
    same(local, place)
    shutil.rmtree(tmp_path / "bucket")  # as on another machine
    with begun(*words) as process:
        said, _ = process.communicate()
    assert process.returncode == 0, said
    assert f"fetching {place}" in said and f"continuing {local}" in said
    same(on_a_disk, place)
    assert not local.exists()


@pytest.mark.slow
def test_a_demo_leaves_its_picture_here(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["demo", "--frames", "2", "--size", "64", "--headless", "--out", place, "--staging", "staged"]
    assert main([*words, "--keep-local"]) == 0
    assert (tmp_path / "run.png").exists()
    same(tmp_path / "staged" / "bucket" / tmp_path.name / "run.zarr", place)


def done(*words: str) -> tuple[int, str]:
    """A command as a process of its own: Dask keeps threads for the life of one."""
    with begun(*words) as process:
        said, _ = process.communicate()
    return process.returncode, said


@pytest.mark.slow
def test_a_run_is_made_again_into_a_bucket(on_a_disk, place, tmp_path):
    again = ["reprocess", str(on_a_disk), "--workers", "1", "--out"]
    there = [*again, place, "--staging", str(tmp_path)]
    assert done(*again, str(tmp_path / "again.zarr"))[0] == 0
    code, said = done(*there)
    assert code == 0 and "the local store is removed" in said, said
    same(tmp_path / "again.zarr", place)
    assert done(*there) == (0, f"{place}: complete, nothing to do\n")
    code, said = done(*there, "--keep", "height")
    assert code == 2 and f"{place}: was made otherwise: keep differ" in said
    below = place.removesuffix("/run.zarr")
    sweep = [f"{below}/sweep", "--staging", str(tmp_path), "--model", "analytic", "--model", "live"]
    assert done(*again, *sweep)[0] == 0
    same(tmp_path / "again.zarr", f"{below}/sweep/analytic.zarr")
    assert shown(f"{below}/sweep/live.zarr") == FRAMES
