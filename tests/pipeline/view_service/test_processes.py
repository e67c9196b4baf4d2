"""`eclips4d serve` as a process of its own: killed, started again, ended by a signal, with keys; a window on it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from view_service_helpers import shows, until

from eclips4d.core.errors import InputError
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.security.keys import KeyFolder
from eclips4d.pipeline.view_service.addresses import place_of
from eclips4d.viewer.picture import Wanted
from eclips4d.viewer.remote import frames as frames_module
from eclips4d.viewer.remote.frames import RemoteFrames
from eclips4d.viewer.remote.link import Place


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(*words: object) -> Iterator[subprocess.Popen[str]]:
    """The command, once it says where it listens."""
    command = [sys.executable, "-m", "eclips4d.pipeline", "serve", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert "is to be seen at" in process.stdout.readline()
            yield process
        finally:
            process.kill()


def test_a_service_is_killed_and_started_again(store, closing, monkeypatch):
    monkeypatch.setattr(frames_module, "SILENT_S", 0.5)
    store.grow(2)
    address = f"tcp://127.0.0.1:{free_port()}"
    frames = closing(RemoteFrames(place_of(address)))
    with serving(store.path, "--at", address) as process:
        before = until(frames, Wanted(), shows(Wanted()))
        assert before.surface.sequence == 1
        process.send_signal(signal.SIGKILL)
        process.wait()
        silent = until(frames, Wanted(), lambda p: p.trouble.startswith("no answer for "))
        assert silent.surface is before.surface, "what was shown stays"
    store.grow(3)
    with serving(store.path, "--at", address) as process:
        after = until(frames, Wanted(), lambda p: p.surface.sequence == 4)
        assert not after.trouble
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_service_that_hangs_holds_no_window_up(store, closing, monkeypatch):
    monkeypatch.setattr(frames_module, "SILENT_S", 0.5)
    store.grow(1)
    address = f"tcp://127.0.0.1:{free_port()}"
    frames = closing(RemoteFrames(Place(address)))
    with serving(store.path, "--at", address) as process:
        until(frames, Wanted(), shows(Wanted()))
        process.send_signal(signal.SIGSTOP)
        until(frames, Wanted(0), lambda p: p.trouble.startswith("no answer for "))
        process.send_signal(signal.SIGCONT)
        until(frames, Wanted(0), shows(Wanted(0)))


def test_over_an_ipc_socket_too(store, tmp_path, closing):
    store.grow(1)
    address = f"ipc://{tmp_path}/view"
    with serving(tmp_path, "--at", address) as process:
        frames = closing(RemoteFrames(place_of(f"{address}#run")))
        until(frames, Wanted(), shows(Wanted()))
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert not (tmp_path / "view").exists()


def test_systemd_hears_that_it_listens_and_that_it_ends(store, tmp_path, monkeypatch):
    """As far as its socket goes."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "400000")
        with serving(store.path, "--at", f"ipc://{tmp_path}/view") as process:
            heard = [systemd.recv(4096).decode().split("\n")]
            while heard[-1][0].startswith("STATUS=starting"):  # beats before it listens
                heard.append(systemd.recv(4096).decode().split("\n"))
            heard = heard[-1:] + [systemd.recv(4096).decode().split("\n") for _ in range(2)]
            assert heard == [["READY=1", "STATUS=at work", "WATCHDOG=1"], ["WATCHDOG=1"], ["WATCHDOG=1"]]
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
            while systemd.recv(4096) != b"STOPPING=1":
                pass


def test_between_hosts_with_keys_and_strangers_are_told(store, tmp_path, closing):
    store.grow(1)
    here, there, foe = (KeyFolder(tmp_path / name) for name in ("here", "there", "foe"))
    for folder, name in ((here, "office"), (there, "recorder"), (foe, "foe")):
        folder.make(name)
    there.allow(here.path / "office.pub")
    for folder in (here, foe):
        folder.allow(there.path / "recorder.pub")
    port = free_port()
    address = f"tcp://127.0.0.1:{port}/run.zarr"
    with serving(tmp_path, "--at", f"tcp://0.0.0.0:{port}", "--keys", there.path) as process:
        good = closing(RemoteFrames(place_of(address, here.path, host="recorder")))
        until(good, Wanted(), shows(Wanted()))
        bad = closing(RemoteFrames(place_of(address, foe.path, host="recorder")))
        end = time.monotonic() + 1
        while time.monotonic() < end:
            assert bad.look(Wanted()).state is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert "its key is not allowed" in process.stderr.read()


@pytest.mark.parametrize(
    ("address", "plain", "name"),
    [
        ("tcp://127.0.0.1:5760", "tcp://127.0.0.1:5760", ""),
        ("tcp://localhost:5760/", "tcp://localhost:5760", ""),
        ("tcp://[::1]:5760/run", "tcp://[::1]:5760", "run"),
        ("tcp://127.0.0.1:5760/my%20run.zarr", "tcp://127.0.0.1:5760", "my run.zarr"),
        ("ipc:///run/view", "ipc:///run/view", ""),
        ("ipc:///run/view#a", "ipc:///run/view", "a"),
    ],
)
def test_addresses_are_taken_apart(address, plain, name):
    place = place_of(address)
    assert (place.address, place.name) == (plain, name)


@pytest.mark.parametrize("address", ["tcp://host", "tcp://:1", "http://a:1", "tcp://a:1/b/c", "tcp://a:1:2", "ipc://"])
def test_what_is_no_address_is_told_in_a_line(address):
    with pytest.raises(InputError, match="no address"):
        place_of(address)


def test_another_host_needs_its_key(tmp_path):
    KeyFolder(tmp_path).make("office")
    with pytest.raises(InputError, match="no public key 'recorder'"):
        place_of("tcp://recorder.lab.example:5760", tmp_path)
    with pytest.raises(InputError, match="--host NAME"):
        place_of("tcp://192.168.7.2:5760", tmp_path)
    with pytest.raises(InputError, match="no such key pair"):
        place_of("tcp://recorder:5760", tmp_path / "none", own="office")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["serve", "nothing"], "no such store or folder"),
        (["serve", "run.zarr", "--at", "tcp://0.0.0.0:5760", "--keys", "none"], "others can reach this address"),
        (["serve", "run.zarr", "--at", "udp://a"], "no address of a stage"),
        (["view", "tcp://host"], "no address of a view service"),
        (["view", "tcp://127.0.0.1:1", "--png", "a.png"], "only stores on this host are painted"),
    ],
)
def test_wrong_calls_are_told_in_a_line(tmp_path, monkeypatch, capsys, words, says):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert says in lines[0]


def test_the_window_comes_over_the_network(store, tmp_path):
    """The command itself, without a screen; it ends by a signal and leaves nothing behind."""
    store.grow(2)
    address = f"tcp://127.0.0.1:{free_port()}"
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(tmp_path)}
    with serving(store.path, "--at", address, "--log-level", "info") as service:
        command = [sys.executable, "-m", "eclips4d.pipeline", "view", address]
        with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True) as window:
            assert any("a window looks" in line for line in service.stderr)
            assert window.poll() is None
            window.send_signal(signal.SIGTERM)
            assert window.wait(30) == 0
            assert "Traceback" not in window.stderr.read()
