"""Logs and metrics of one process: nothing shared, nothing left open."""

from __future__ import annotations

import json
import urllib.request

import pytest
import structlog

from eclips4d.core.log import configure_logging, get_logger
from eclips4d.core.metrics import StageMetrics


@pytest.fixture(autouse=True)
def _default_logging():
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_file_gets_json_lines_with_stage_and_values(tmp_path):
    file = tmp_path / "storage.jsonl"
    with configure_logging(stage="storage", file=file, level="info"):
        log = get_logger(run="r1")
        log.debug("not kept")
        log.warning("gap", frame_id=7)
        try:
            raise ValueError("bad")
        except ValueError:
            log.exception("failed")
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line["event"] for line in lines] == ["gap", "failed"]
    assert lines[0].items() >= {"stage": "storage", "run": "r1", "frame_id": 7, "level": "warning"}.items()
    assert "ValueError: bad" in lines[1]["exception"]


def test_file_is_appended_to(tmp_path):
    file = tmp_path / "storage.jsonl"
    for _ in range(2):
        with configure_logging(file=file):
            get_logger().info("start")
    assert len(file.read_text(encoding="utf-8").splitlines()) == 2


def test_terminal_gets_short_lines_on_standard_error(capsys):
    configure_logging(stage="viewer")
    get_logger().info("opened", path="run.zarr")
    out, err = capsys.readouterr()
    assert out == ""
    assert "opened" in err
    assert "path=run.zarr" in err
    assert "stage=viewer" in err


def test_two_stages_do_not_share_metrics():
    first, second = StageMetrics("storage"), StageMetrics("storage")
    first.frames.inc()
    value = ("eclips4d_frames_total", {"stage": "storage"})
    assert first.registry.get_sample_value(*value) == 1
    assert second.registry.get_sample_value(*value) == 0


def test_metrics_are_served_until_stopped(unused_port):
    metrics = StageMetrics("inference")
    metrics.frames.inc(3)
    metrics.busy.observe(0.1)
    stop = metrics.serve(unused_port)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{unused_port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
    finally:
        stop()
    assert 'eclips4d_frames_total{stage="inference"} 3.0' in text
    assert 'eclips4d_process_seconds_count{stage="inference"} 1.0' in text


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
