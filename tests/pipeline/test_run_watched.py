"""A whole run as an operator watches it: every stage's pages while it goes on, every stage's log afterwards."""

from __future__ import annotations

import json
import os
import random
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from eclips4d.pipeline.cli import main

STAGES = ("storage", "acquisition", "registration", "inference-0")
SOURCE = "sim://copper-redox?size=64&fps=2&frames=20&seed=3"


def ports(count: int) -> list[int]:
    """So many free ports in a row, below those that the system gives to whoever connects.

    A client that asks again and again for a port of that range which nobody listens on yet may be given that very port
    for its own end, and then talks to itself.
    """
    for first in random.Random(os.getpid()).sample(range(20_000, 32_000), 50):
        taken = [socket.socket() for _ in range(count)]
        try:
            for k, probe in enumerate(taken):
                probe.bind(("127.0.0.1", first + k))
        except OSError:
            continue
        finally:
            for probe in taken:
                probe.close()
        return list(range(first, first + count))
    raise AssertionError("no free ports")


def page(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, ""
    except OSError:
        return 0, ""


def value(metrics: str, name: str) -> float:
    found = re.search(rf'^eclips4d_{name}{{stage="[^"]+"}} (\S+)$', metrics, re.MULTILINE)
    return float(found[1]) if found else 0.0


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_pages_while_it_runs_and_logs_afterwards(tmp_path: Path) -> None:
    numbers = ports(len(STAGES))
    words = ["run", SOURCE, "--out", str(tmp_path / "run.zarr"), "--no-view", f"--metrics-port={numbers[0]}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "eclips4d.pipeline", *words],
        env=os.environ | {"XDG_STATE_HOME": str(tmp_path / "state")},
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while value(page(numbers[0], "/metrics")[1], "committed_frames") < 3:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        for stage, port in zip(STAGES, numbers, strict=True):
            assert page(port, "/health")[0] == page(port, "/ready")[0] == 200, stage
            metrics = page(port, "/metrics")[1]
            assert f'stage="{stage}"' in metrics
            assert value(metrics, "frames_total") >= 3 and value(metrics, "bad_messages_total") == 0, stage
            assert value(metrics, "ready") == 1
        storage = page(numbers[0], "/metrics")[1]
        assert value(storage, "workers") == 1 and value(storage, "disk_free_bytes") > 0
        for name in ("commit_seconds_count", "durable_seconds_count"):
            assert value(storage, name) >= 3, name
        assert 'eclips4d_latency_seconds_count{stage="storage",step="written"}' in storage
        assert process.wait(120) == 0
    finally:
        process.kill()
        process.wait()
    (logs,) = (tmp_path / "state" / "eclips4d").iterdir()
    for stage in (*STAGES, "supervisor"):
        lines = [json.loads(line) for line in (logs / f"{stage}.jsonl").read_text().splitlines()]
        assert lines and all(line["run_id"] == logs.name and line["stage"] == stage for line in lines)
    events = [json.loads(line) for line in (tmp_path / "run.zarr" / "events.jsonl").read_text().splitlines()]
    assert events[0]["run_id"] == logs.name


@pytest.mark.slow
def test_a_failure_says_where_the_log_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = ["run", SOURCE, "--out", str(tmp_path / "run.zarr"), "--no-view", f"--metrics-port={port}"]
        assert main(words) == 2
    said = capsys.readouterr().err
    (logs,) = (tmp_path / "state" / "eclips4d").iterdir()
    assert said.count("\n") == 1 and f"port {port} is taken" in said and said.rstrip().endswith(f"the log is in {logs}")
    assert f"port {port} is taken" in (logs / "storage.jsonl").read_text()
