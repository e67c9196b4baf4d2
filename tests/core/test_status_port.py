"""What a stage answers over HTTP, asked with the standard library's client."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from eclips4d.core.metrics import StageMetrics
from eclips4d.core.status_port import MOST_AT_ONCE, Verdict, serve


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def verdicts(unused_port: int) -> Iterator[dict[str, Verdict]]:
    """What is answered, for the test to change."""
    said = {"/health": Verdict(True, "the loop turns"), "/ready": Verdict(False, "not let in")}
    metrics = StageMetrics("inference-0")
    metrics.frames.inc(3)
    stop = serve(metrics, {path: lambda path=path: said[path] for path in said}, unused_port)
    yield said
    stop()


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_metrics_are_served_until_stopped(unused_port: int) -> None:
    metrics = StageMetrics("inference")
    metrics.frames.inc(3)
    stop = serve(metrics, {}, unused_port)
    code, text = ask(unused_port, "/metrics")
    stop()
    assert code == 200
    assert 'eclips4d_frames_total{stage="inference"} 3.0' in text
    assert "process_resident_memory_bytes" in text
    with pytest.raises(urllib.error.URLError):
        ask(unused_port, "/metrics")


def test_health_and_readiness_are_a_code_and_one_line(unused_port: int, verdicts: dict[str, Verdict]) -> None:
    code, line = ask(unused_port, "/health")
    assert code == 200 and line.count("\n") == 1
    assert json.loads(line) == {"ok": True, "why": "the loop turns"}
    code, line = ask(unused_port, "/ready")
    assert code == 503 and json.loads(line) == {"ok": False, "why": "not let in"}
    verdicts["/health"] = Verdict(False, "the loop has not turned for 70 s")
    assert ask(unused_port, "/health?x=1")[0] == 503


def test_other_pages_are_not_there(unused_port: int, verdicts: dict[str, Verdict]) -> None:
    assert ask(unused_port, "/../etc/passwd")[0] == 404


def test_those_who_say_nothing_hold_nobody_up(unused_port: int, verdicts: dict[str, Verdict]) -> None:
    silent = [socket.create_connection(("127.0.0.1", unused_port)) for _ in range(MOST_AT_ONCE - 1)]
    assert ask(unused_port, "/health")[0] == 200
    silent.append(socket.create_connection(("127.0.0.1", unused_port)))
    with pytest.raises(OSError):  # one too many is closed unheard
        ask(unused_port, "/health")
    for connection in silent:
        connection.sendall(b"\x00\xff nonsense\r\n\r\n")
        connection.close()
    with socket.create_connection(("127.0.0.1", unused_port)) as rude:
        rude.sendall(b"GET /metrics HTTP/1.1\r\n")
    deadline = time.monotonic() + 30
    while not answers(unused_port) and time.monotonic() < deadline:
        pass
    assert ask(unused_port, "/health")[0] == 200


def answers(port: int) -> bool:
    try:
        return ask(port, "/health")[0] == 200
    except OSError:
        return False
