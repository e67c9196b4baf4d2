"""A run over two hosts: every stage with keys, over tcp, while strangers knock at every socket."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import zmq

from eclips4d.core.messages import Hello
from eclips4d.core.wire import encode
from eclips4d.pipeline.config import Endpoints, Keys, RunConfig, to_toml
from eclips4d.pipeline.ports import PeerPort
from eclips4d.pipeline.security.keyring import ServerKey
from eclips4d.pipeline.security.keys import KeyFolder, KeyPair
from eclips4d.storage import open as open_store

FRAMES = 6
STAGES = {"storage": "recorder", "registration": "recorder", "inference": "recorder", "acquisition": "microscope"}


def free_ports(number: int) -> list[int]:
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def hosts(folder: Path) -> dict[str, KeyFolder]:
    """Two hosts that have exchanged their public keys."""
    recorder, microscope = KeyFolder(folder / "recorder"), KeyFolder(folder / "microscope")
    recorder.make("recorder")
    microscope.make("microscope")
    recorder.allow(microscope.path / "microscope.pub")
    microscope.allow(recorder.path / "recorder.pub")
    return {"recorder": recorder, "microscope": microscope}


def write_config(folder: Path, name: str, keys: KeyFolder, ports: list[int]) -> None:
    """Both hosts' `run.toml` but for their keys, which each has in its own place."""
    hub, surfaces, notices = (f"tcp://127.0.0.1:{port}" for port in ports)
    config = RunConfig(
        run_id="two-hosts",
        source=f"sim://copper-redox?size=64&fps=20&frames={FRAMES}",
        out=folder / "run.zarr",
        spill_dir=folder / "spill",
        endpoints=Endpoints(hub=hub, surfaces=surfaces, notices=notices),
        keys=Keys(hub="recorder", folder=keys.path),
    )
    (folder / f"{name}.toml").write_text(to_toml(config), encoding="utf-8")


@contextmanager
def stage(name: str, config: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "eclips4d.pipeline", "stage", name, "--config", str(config)]
    with (config.parent / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def until(what: str, there: Callable[[], bool], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline, what
        zmq.Poller().poll(50)


def are_bound(ports: list[int]) -> bool:
    """Whether stages listen there; looked up, for a connection would count as a stranger's."""
    return set(ports) <= {c.laddr.port for c in psutil.net_connections("tcp4") if c.status == psutil.CONN_LISTEN}


def refused(log: Path) -> int:
    """Connections that a stage has turned away, as it says when it ends."""
    found = re.search(r"gate closed .*refused=(\d+)", log.read_text())
    assert found is not None, log.read_text()
    return int(found[1])


class Strangers:
    """Whoever knocks at one port: a key that is not allowed, no key, and scanners."""

    def __init__(self, context: zmq.Context[Any], port: int, server: bytes) -> None:
        address = f"tcp://127.0.0.1:{port}"
        hello = encode(Hello(role="acquisition", name="acquisition", pid=1))
        stranger = KeyPair("stranger", *zmq.curve_keypair())
        self._sockets = [PeerPort(context, address, "acquisition", ServerKey(stranger, server)).socket]
        self._sockets.append(context.socket(zmq.DEALER))
        self._sockets[1].setsockopt(zmq.LINGER, 0)
        self._sockets[1].connect(address)
        for knocking in self._sockets:
            with suppress(zmq.Again):
                knocking.send_multipart(hello, zmq.NOBLOCK)
        self._scanners = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
        self._scanners[0].sendall(b"GET / HTTP/1.1\r\n\r\n")
        self._scanners[1].sendall(bytes(range(256)) * 8)  # the third one says nothing

    number = 5

    def close(self) -> None:
        for held in (*self._sockets, *self._scanners):
            held.close()


@pytest.mark.slow
def test_a_run_over_two_hosts_is_complete_while_strangers_knock(tmp_path: Path) -> None:
    known = hosts(tmp_path)
    ports = free_ports(3)
    write_config(tmp_path, "recorder", known["recorder"], ports)
    write_config(tmp_path, "microscope", known["microscope"], ports)
    server = known["recorder"].pair().public
    with ExitStack() as open_now:
        start = {name: stage(name, tmp_path / f"{host}.toml") for name, host in STAGES.items()}
        running = {name: open_now.enter_context(start[name]) for name in STAGES if name != "acquisition"}
        until("the ports are bound", lambda: are_bound(ports))
        outside = open_now.enter_context(zmq.Context())
        strangers = [Strangers(outside, port, server) for port in ports]
        running["acquisition"] = open_now.enter_context(start["acquisition"])
        for knocking in strangers:
            open_now.callback(knocking.close)
        for name, process in running.items():
            said = (tmp_path / f"{name}.log").read_text()
            assert process.wait(60) == 0, f"{name}: {said}"
    with open_store(tmp_path / "run.zarr") as data:
        assert data["status"].values.tolist() == [1] * FRAMES
        assert data["height"].shape[0] == FRAMES
    assert refused(tmp_path / "storage.log") >= 2 * Strangers.number  # at the hub and at the notices
    assert refused(tmp_path / "registration.log") >= Strangers.number
    said = (tmp_path / "storage.log").read_text()
    assert "refused: its key is not allowed" in said
    assert "refused: no handshake of ours" in said
