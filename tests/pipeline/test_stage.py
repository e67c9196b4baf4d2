"""A stage process: its ports, its configuration, its log, what it says of itself and its last word."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
import zmq

from eclips4d.core.errors import InputError
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.pulse import Pulse
from eclips4d.core.settings import parse_toml
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.config import Endpoints, RunConfig, to_toml
from eclips4d.pipeline.hub import Hub
from eclips4d.pipeline.stage import UNFINISHED, port_of, run_stage
from eclips4d.pipeline.vital_signs import answering


def config(folder: Path, **settings: object) -> RunConfig:
    ends = Endpoints(hub=f"ipc://{folder}/h", surfaces=f"ipc://{folder}/s", notices=f"ipc://{folder}/n")
    return RunConfig.model_validate(
        {"run_id": "r", "source": "s", "out": folder / "o.zarr", "spill_dir": folder / "spill", "endpoints": ends}
        | settings
    )


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def until(look: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not look():
        assert time.monotonic() < deadline, f"not seen: {what}"


def test_every_stage_has_a_port_of_its_own() -> None:
    names = ["storage", "acquisition", "registration", "inference-0", "inference-1", "inference-7"]
    ports = [port_of(name, 9100) for name in names]
    assert ports == [9100, 9101, 9102, 9103, 9104, 9110]


def test_a_configuration_survives_toml(tmp_path: Path) -> None:
    odd = config(
        tmp_path, source='a "quoted" \\ name.ome.tif', keep=("height", "trust"), skip_lag_s=2.5, record_only=True
    )
    assert parse_toml(RunConfig, to_toml(odd), "run.toml") == odd


def test_an_unknown_stage_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no stage 'kitchen'"):
        run_stage("kitchen", config(tmp_path))


@pytest.mark.parametrize("port", ["0", "-1", "65000"])
def test_a_port_that_cannot_be_is_one_line(tmp_path: Path, port: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "run.toml"
    file.write_text(to_toml(config(tmp_path)))
    assert main(["stage", "storage", "--config", str(file), f"--metrics-port={port}"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "--metrics-port" in said


@contextmanager
def hanging(folder: Path, pulse: Pulse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """A storage stage whose loop goes on only when told so."""
    goes_on, over = Event(), Event()
    monkeypatch.setattr(Hub, "step", lambda hub: goes_on.wait() and None)
    with zmq.Context() as context:
        hub = Hub(config(folder), context, StageMetrics("storage"), pulse)
        loop = Thread(target=lambda: hub.run(lambda: not over.is_set()))
        loop.start()
        try:
            yield goes_on
        finally:
            over.set()
            goes_on.set()
            loop.join()
            hub.close()


def test_a_hung_loop_is_told_by_another_thread(
    tmp_path: Path, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulse, patience_s = Pulse(), 0.5
    with (
        answering(StageMetrics("storage"), pulse, unused_port, patience_s),
        hanging(tmp_path, pulse, monkeypatch) as goes_on,
    ):
        until(lambda: ask(unused_port, "/health")[0] == 503, "503 while the loop hangs")
        assert "the loop has not turned for" in ask(unused_port, "/health")[1]
        goes_on.set()
        until(lambda: ask(unused_port, "/health")[0] == 200, "200 once it goes on")


def test_a_stage_alone_says_how_it_is(tmp_path: Path, unused_port: int) -> None:
    """Under systemd, as far as its socket goes: started, its log, its pages, its end."""
    file = tmp_path / "run.toml"
    file.write_text(to_toml(config(tmp_path, run_id="copper-7", log_dir=tmp_path / "log")))
    command = [sys.executable, "-m", "eclips4d.pipeline", "stage", "storage", "--config", str(file)]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        process = subprocess.Popen(
            [*command, f"--metrics-port={unused_port}", "--log-level=debug"],
            env=os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "2000000"},
        )
        try:
            heard = ""
            while "READY=1" not in heard:
                heard += systemd.recv(4096).decode() + "\n"
            assert ask(unused_port, "/health")[0] == 200
            code, line = ask(unused_port, "/ready")
            assert code == 503 and "the store is not open" in json.loads(line)["why"]
            metrics = ask(unused_port, "/metrics")[1]
            assert 'eclips4d_run_info{run_id="copper-7",stage="storage",version=' in metrics
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(60)
        assert code == UNFINISHED
    assert "WATCHDOG=1" in heard
    said = [json.loads(line) for line in (tmp_path / "log" / "storage.jsonl").read_text().splitlines()]
    assert [line["event"] for line in said] == ["stage starts", "stage ends"]
    assert all(line["run_id"] == "copper-7" and line["stage"] == "storage" for line in said)
