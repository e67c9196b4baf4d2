"""Logs and metrics of one process: nothing shared, nothing left open, nothing that grows without end."""

from __future__ import annotations

import json
import os
from pathlib import Path
from threading import Thread

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Counter

from eclips4d.core.bounded_file import BoundedFile
from eclips4d.core.log import about_frame, configure_logging, file_logger, get_logger
from eclips4d.core.metrics import Followed, StageMetrics


@pytest.fixture(autouse=True)
def _default_logging():
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines_of(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_every_line_of_a_file_has_run_stage_and_frame(tmp_path):
    file = tmp_path / "storage.jsonl"
    configure_logging(stage="storage", run_id="r1", file=file, level="info")
    get_logger().debug("not kept")
    get_logger().warning("gap", sequence=7)
    try:
        raise ValueError("bad")
    except ValueError:
        get_logger().exception("failed")
    other = Thread(target=lambda: get_logger().info("from another thread"))
    other.start()
    other.join()
    lines = lines_of(file)
    assert [line["event"] for line in lines] == ["gap", "failed", "from another thread"]
    assert all(line["run_id"] == "r1" and line["stage"] == "storage" for line in lines)
    assert lines[0].items() >= {"sequence": 7, "level": "warning"}.items()
    assert "ValueError: bad" in str(lines[1]["exception"])


def test_lines_of_a_block_are_about_its_frame(tmp_path):
    file = tmp_path / "inference-0.jsonl"
    configure_logging(file=file)
    with about_frame(12):
        get_logger().warning("plain least squares")
    get_logger().info("idle")
    assert [line.get("sequence") for line in lines_of(file)] == [12, None]


def test_a_file_is_appended_to(tmp_path):
    file = tmp_path / "storage.jsonl"
    for _ in range(2):
        configure_logging(file=file)
        get_logger().info("start")
    assert len(lines_of(file)) == 2


def test_the_level_decides_what_is_kept(tmp_path):
    file = tmp_path / "storage.jsonl"
    configure_logging(file=file, level="warning")
    get_logger().info("not kept")
    get_logger().warning("kept")
    assert [line["event"] for line in lines_of(file)] == ["kept"]


def test_a_logger_of_its_own_file_leaves_the_others_alone(tmp_path, capsys):
    configure_logging()
    file_logger(tmp_path / "supervisor.jsonl", stage="supervisor", run_id="r1").info("started", pid=7)
    get_logger().info("shown")
    (line,) = lines_of(tmp_path / "supervisor.jsonl")
    assert line.items() >= {"stage": "supervisor", "run_id": "r1", "pid": 7, "event": "started"}.items()
    err = capsys.readouterr().err
    assert "shown" in err and "started" not in err


def test_terminal_gets_short_lines_on_standard_error(capsys):
    configure_logging(stage="viewer")
    get_logger().info("opened", path="run.zarr")
    out, err = capsys.readouterr()
    assert out == ""
    assert "opened" in err
    assert "path=run.zarr" in err
    assert "stage=viewer" in err


def test_a_flood_does_not_fill_the_disk(tmp_path):
    file = BoundedFile(tmp_path / "log.jsonl", most_bytes=1000, kept=2)
    written = [f"{k:05d}\n" for k in range(2000)]
    for line in written:
        file.write(line)
    names = ["log.jsonl.2", "log.jsonl.1", "log.jsonl"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert all((tmp_path / name).stat().st_size <= 1000 for name in names)
    kept = "".join((tmp_path / name).read_text() for name in names)
    assert kept == "".join(written[-len(kept) // 6 :]) and len(kept) > 2000


@given(st.lists(st.text(max_size=60), max_size=40), st.integers(1, 100), st.integers(1, 3))
def test_what_is_kept_is_the_end_of_what_was_written(tmp_path_factory, texts, most, kept):
    folder = tmp_path_factory.mktemp("log")
    file = BoundedFile(folder / "log", most_bytes=most, kept=kept)
    for text in texts:
        file.write(text)
    read = b"".join((folder / f"log{end}").read_bytes() for end in _from_the_oldest(folder, kept))
    whole = "".join(texts).encode("utf-8", errors="backslashreplace")
    assert whole.endswith(read)
    assert len(read) == len(whole) or len(read) > (most - 240) * kept
    assert not file.dropped


def _from_the_oldest(folder: Path, kept: int) -> list[str]:
    ends = [*(f".{k}" for k in range(kept, 0, -1)), ""]
    return [end for end in ends if (folder / f"log{end}").exists()]


def test_a_log_that_cannot_be_written_ends_nothing(tmp_path):
    file = BoundedFile(tmp_path / "gone" / "log")
    assert file.write("lost\n") == 5
    assert file.dropped == 1


def test_a_full_disk_ends_nothing():
    if not os.access("/dev/full", os.W_OK):
        pytest.skip("no /dev/full")
    file = BoundedFile(Path("/dev/full"))
    file.write("lost\n")
    assert file.dropped == 1


def test_two_stages_do_not_share_metrics():
    first, second = StageMetrics("storage"), StageMetrics("storage")
    first.frames.inc()
    value = ("eclips4d_frames_total", {"stage": "storage"})
    assert first.registry.get_sample_value(*value) == 1
    assert second.registry.get_sample_value(*value) == 0


@given(st.lists(st.lists(st.integers(0, 100)).map(sorted)))
def test_a_counter_follows_a_number_that_may_begin_anew(lives):
    counter = Counter("c", "c", registry=None)
    followed, total = Followed(counter), 0
    for life in lives:
        followed.follow(0)
        for number in life:
            followed.follow(number)
        total += life[-1] if life else 0
    assert counter._value.get() == total


def test_which_run_it_is_stands_among_the_metrics():
    metrics = StageMetrics("storage")
    metrics.belongs_to("r1", "0.1.0")
    labels = {"stage": "storage", "run_id": "r1", "version": "0.1.0"}
    assert metrics.registry.get_sample_value("eclips4d_run_info", labels) == 1
