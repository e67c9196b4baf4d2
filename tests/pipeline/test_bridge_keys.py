"""A bridge on another host: whom the gate lets in, and that nobody listens there without keys."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import zmq

from eclips4d.acquisition.bridge.eclips4d_bridge import Bridge
from eclips4d.acquisition.bridge.source import open_bridge
from eclips4d.acquisition.fakes import INSTRUMENT_TOML, FakeSource
from eclips4d.core.errors import InputError
from eclips4d.core.instrument import parse_instrument
from eclips4d.pipeline.config import Endpoints, Keys, RunConfig
from eclips4d.pipeline.security.keys import KeyFolder
from eclips4d.pipeline.source_gate import gate_of_source

INSTRUMENT = parse_instrument(INSTRUMENT_TOML, "fake")


@pytest.fixture
def port() -> int:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        return socket.bind_to_random_port("tcp://127.0.0.1")


def config(folder: Path, keys: Path | None) -> RunConfig:
    ends = Endpoints(hub=f"ipc://{folder}/h", surfaces=f"ipc://{folder}/s", notices=f"ipc://{folder}/n")
    return RunConfig(
        run_id="run",
        source="bridge://",
        out=folder / "run.zarr",
        endpoints=ends,
        spill_dir=folder,
        keys=None if keys is None else Keys(hub="recorder", own="recorder", folder=keys),
    )


def test_a_bridge_with_its_keys_is_let_in_and_a_stranger_is_not(port: int, tmp_path: Path) -> None:
    here, there = KeyFolder(tmp_path / "here"), KeyFolder(tmp_path / "there")
    here.make("recorder")
    for name in ("microscope", "stranger"):
        there.make(name)
    here.allow(there.path / "microscope.pub")
    public = here.path / "recorder.pub"
    bridges = [
        Bridge(f"tcp://127.0.0.1:{port}", tmp_path / name, keys=(there.path / f"{name}.key", public))
        for name in ("stranger", "microscope")
    ]
    for k, bridge in enumerate(bridges):
        assert bridge.push(np.full((4, 12, 16), k, np.uint8), 0.0, 1.0)
    source = open_bridge(f"bridge://*:{port}?width=16&height=12&bits=8", INSTRUMENT)
    with zmq.Context() as context:
        gate = gate_of_source(source, config(tmp_path, here.path), context)
        assert gate is not None and gate.has_keys
        with source, closing(source.frames()) as frames:
            frame = next(frames)
            while not gate.wrong_keys.total:
                bridges[0].push(np.zeros((4, 12, 16), np.uint8), 0.0, 1.0)
        gate.close()
    assert (frame.data == 1).all()
    assert bridges[0].close(0.0) > 0
    bridges[1].close(0.0)


def test_without_keys_only_this_host_is_listened_to(port: int, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    everybody = open_bridge(f"bridge://0.0.0.0:{port}?width=16&height=12", INSTRUMENT)
    this_host = open_bridge(f"bridge://127.0.0.1:{port}?width=16&height=12", INSTRUMENT)
    with zmq.Context() as context, everybody, this_host:
        with pytest.raises(InputError, match="there are no keys"):
            gate_of_source(everybody, config(tmp_path, None), context)
        gate = gate_of_source(this_host, config(tmp_path, None), context)
        assert gate is not None and not gate.has_keys
        gate.close()


def test_other_sources_have_no_gate(tmp_path: Path) -> None:
    with zmq.Context() as context:
        assert gate_of_source(FakeSource(1), config(tmp_path, None), context) is None
