"""`eclips4d mirror` follows a store through cuts of the line and through kill -9; other commands read its mirror."""

from __future__ import annotations

import signal
import subprocess
import sys
from threading import Event, Thread

import pytest
from seen_in_bucket import shown, until

import eclips4d.storage as storage
from eclips4d.pipeline import mirroring
from eclips4d.pipeline.cli import main
from eclips4d.storage.objects import Objects


@pytest.fixture
def place(s3, tmp_path) -> str:
    return f"s3://bucket/{tmp_path.name}/run.zarr"


def same_heights(here, place: str) -> None:
    with storage.open(here) as local, storage.open(place) as there:
        assert local["height"].values.tobytes() == there["height"].values.tobytes()
        assert local["raw"].values.tobytes() == there["raw"].values.tobytes()


@pytest.mark.parametrize("from_the_start", [False, True])
def test_a_mirror_follows_through_cuts(make_store, place, s3, monkeypatch, from_the_start):
    monkeypatch.setattr(mirroring, "POLL_S", 0.02)
    monkeypatch.setattr(mirroring, "MOST_S", 0.1)
    store, told = make_store(), list[str]()
    store.grow(2)
    if from_the_start:
        s3.tell("cut")
    thread = Thread(target=mirroring.follow, args=(store.path, place, Event(), told.append))
    thread.start()
    if not from_the_start:
        until(lambda: shown(place) == 2)
        s3.tell("cut")
    store.grow(2)
    until(lambda: bool(told))
    store.grow(1)
    s3.tell("heal")
    until(lambda: shown(place) == 5)
    store.finish()
    thread.join()
    store.writer.close()
    same_heights(store.path, place)
    assert len(told) % 2 == 0 and "does not answer" in told[0] and told[-1] == "the server answers again"


def test_it_stops_when_told(make_store, place):
    store, stop = make_store(), Event()
    store.grow(1)
    stop.set()
    assert mirroring.follow(store.path, place, stop, print) == mirroring.Mirrored()
    store.writer.close()


def test_what_nobody_writes_is_copied_once(make_store, place):
    store = make_store()
    store.grow(2)
    store.writer.close()  # killed, say: its run has not ended
    assert mirroring.follow(store.path, place, Event(), print, once=True).committed == 2
    same_heights(store.path, place)


def test_a_killed_process_is_followed_by_the_same_command(make_store, place, capsys):
    store = make_store()
    store.grow(3)
    command = [sys.executable, "-m", "eclips4d.pipeline", "mirror", str(store.path), place, "--follow"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        until(lambda: shown(place) == 3)
        assert main(["mirror", str(store.path), place]) == 1
        assert f"{place}: is being written by process {process.pid}" in capsys.readouterr().err
        process.send_signal(signal.SIGKILL)
    store.grow(1)
    store.finish()
    store.writer.close()
    assert main(["mirror", str(store.path), place, "--follow"]) == 0
    assert "4 committed frames" in capsys.readouterr().out
    same_heights(store.path, place)


def test_what_commands_say_of_a_mirror(make_store, place, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "200")
    store = make_store()
    store.grow(3)
    store.finish()
    store.writer.close()
    assert main(["mirror", str(store.path), place]) == 0
    assert main(["info", place]) == 0
    said = capsys.readouterr().out
    assert place in said and "3 committed, 3 recorded" in said and "no gap, every frame aligned" in said
    opened = list[str]()
    with monkeypatch.context() as patched:
        tagged = Objects.tagged
        patched.setattr(Objects, "tagged", lambda o, key="": (opened.append(f"{o.address}/{key}"), tagged(o, key))[1])
        assert main(["info", place]) == 0
    assert sum(key.rstrip("/") == f"{place}/zarr.json" for key in opened) == 1  # all rows tell of one commit
    assert said.endswith(capsys.readouterr().out)
    Objects(place).delete(["height/c.1.0.0"])
    assert main(["info", place]) == 1
    assert "1 of " in (said := capsys.readouterr().out) and "height/c.1.0.0" in said
    assert main(["info", place, "--repair"]) == 2
    assert "is mended where it was made" in capsys.readouterr().err
    assert main(["export", place, "--to", "tiff", "--frames", "2", "--out", str(tmp_path / "a.ome.tif")]) == 0
    assert (tmp_path / "a.ome.tif").exists()
