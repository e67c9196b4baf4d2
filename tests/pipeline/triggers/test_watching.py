"""Stores that are watched: what is told, marked and published, while they grow and afterwards."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zmq
from growing_store import PIXEL_NM, GrowingStore, making_stores
from played_run import PlayedRun

from eclips4d.core.errors import InputError
from eclips4d.core.messages import Ready, Work
from eclips4d.core.results import Drift, Status
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.security.keyring import ServerKey
from eclips4d.pipeline.security.keys import KeyFolder
from eclips4d.pipeline.triggers.condition import parse_condition
from eclips4d.pipeline.triggers.judge import Judge
from eclips4d.pipeline.triggers.kept import check_kept
from eclips4d.pipeline.triggers.marks import Marks
from eclips4d.pipeline.triggers.seen_frames import SeenFrames
from eclips4d.pipeline.triggers.stream import ALIVE_EVERY_S, WAITING, EventStream
from eclips4d.pipeline.triggers.watching import Watching, is_at_work
from eclips4d.pipeline.view_service.addresses import gate_before

from .conftest import JUMP_AT

KEEP = ("height", "slope", "slope_sd", "height_sd", "residual", "trust")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GrowingStore]:
    with making_stores(tmp_path) as make:
        yield make("run.zarr", keep=KEEP)


def watching(path: Path, *words: str, **more: Any) -> tuple[Watching, list[str]]:
    conditions = [parse_condition(word) for word in words]
    said: list[str] = []
    return Watching(
        path, SeenFrames(path, [c.quantity for c in conditions]), Judge(conditions), said.append, **more
    ), said


def events(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (path / "events.jsonl").read_text().splitlines()]


def test_a_planted_jump_of_a_recording_is_told_at_its_frame(jumped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", str(jumped), "--trigger", "drift>2", "--trigger", "residual>1.5", "--mark"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith(f"frame {JUMP_AT}, {0.5 * JUMP_AT} s: drift>2: on at 5")
    assert told[1].startswith(f"frame {JUMP_AT + 1}, ")
    assert told[-1] == "14 frames judged; triggers went on 1 times, 1 marked in the run's events"
    (mark,) = [event for event in events(jumped) if event["event"] == "trigger"]
    assert (mark["sequence"], mark["time_s"]) == (JUMP_AT, 0.5 * JUMP_AT)
    assert mark["text"].startswith("drift>2: on at ")


def test_frames_are_judged_once_as_they_are_committed(store: GrowingStore) -> None:
    watch, said = watching(store.path, "drift>2", "residual>0.5", "trust<50", since=1)
    store.grow(5)
    watch.look()
    assert said == []
    assert [seen.values["residual"] for seen in SeenFrames(store.path, ["residual"]).news()] == [1.0] * 5
    store.grow(1, drift=Drift((3.0, 4.0), sd=(0.1, 0.1)))
    watch.look()
    watch.look()
    assert said == ["frame 5, 10.0 s: drift>2: on at 5 px"]
    assert watch.judge.on == ["drift>2", "residual>0.5"], "the residual went on before what is told of"


def test_frames_without_results_are_passed_over(store: GrowingStore) -> None:
    store.record(3)
    store.settle(1)
    store.settle(1, status=Status.QUARANTINED)
    store.settle(1)
    frames = SeenFrames(store.path, ["trust"])
    assert [(seen.frame, seen.values["trust"]) for seen in frames.news()] == [(0, 100.0), (2, 100.0)]
    assert (frames.next, frames.without_results) == (3, 1)


def test_side_values(store: GrowingStore) -> None:
    for value in (20.0, 21.0, 400.0):
        store.record(1, side={"stage_c": value})
        store.settle(1)
    watch, said = watching(store.path, "side_stage_c>100", "side_other>1")
    watch.look()
    assert said == ["frame 2, 4.0 s: side_stage_c>100: on at 400"]


def test_a_line_without_steps_says_nothing(store: GrowingStore) -> None:
    store.grow(3)
    line = ((0.0, 20.0), (38 * PIXEL_NM, 20.0))
    seen = list(SeenFrames(store.path, ["step"], line).news())
    assert [one.edges for one in seen] == [()] * 3
    with pytest.raises(InputError, match="outside the field"):
        list(SeenFrames(store.path, ["step"], ((0.0, 0.0), (1e6, 0.0))).news())


def test_what_a_run_does_not_keep_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with making_stores(tmp_path) as make:
        path = str(make().path)
        assert main(["watch", path, "--trigger", "drift>1", "--trigger", "residual>1"]) == 2
    assert "the run keeps no residual, which residual needs" in capsys.readouterr().err
    check_kept(["drift", "side_x"], (), 3, path)
    with pytest.raises(InputError, match="3 segments leave no residual"):
        check_kept(["residual"], KEEP, 3, path)


def test_a_damaged_store_ends_it_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", str(tmp_path / "none.zarr"), "--trigger", "drift>2"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_an_address_that_others_reach_is_refused_without_keys(
    store: GrowingStore, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    call = ["watch", str(store.path), "--trigger", "drift>2", "--events", "tcp://0.0.0.0:5999"]
    assert main([*call, "--keys", str(tmp_path / "keys")]) == 2
    assert "key" in capsys.readouterr().err


def test_the_lock_of_a_run_is_left_alone(store: GrowingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.grow(3)
    watch, _ = watching(store.path, "drift>2")
    assert is_at_work(store.path)
    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "flock", lambda *_: pytest.fail("a lock was tried"))
        turns = iter((True, True, True, False))
        watch.run(lambda: next(turns, False))
    store.finish()
    assert is_at_work(store.path)
    store.writer.close()
    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "flock", lambda *_: pytest.fail("a lock was tried"))
        watch.run(lambda: True)
        assert not is_at_work(store.path)
    assert watch.closing_line == "3 frames judged; triggers went on 0 times"


def test_what_is_published(store: GrowingStore) -> None:
    with zmq.Context() as context:
        stream = EventStream(context, "inproc://events", "run")
        listener = context.socket(zmq.SUB)
        listener.subscribe(b"")
        listener.connect("inproc://events")
        watch, _ = watching(store.path, "drift>2", stream=stream)
        store.grow(5)
        store.grow(1, drift=Drift((3.0, 4.0), sd=(0.1, 0.1)))
        watch.look()
        store.finish()
        store.writer.close()
        watch.run(lambda: True)
        heard = [json.loads(listener.recv()) for _ in range(3)]
        stream.close()
        listener.close()
    assert [(one["event"], one["number"], one["run_id"]) for one in heard] == [
        ("trigger", 0, "run"),
        ("alive", 1, "run"),
        ("end", 2, "run"),
    ]
    assert {k: heard[0][k] for k in ("trigger", "state", "frame", "first", "time_s", "value", "unit")} == {
        "trigger": "drift>2",
        "state": "on",
        "frame": 5,
        "first": 5,
        "time_s": 10.0,
        "value": 5.0,
        "unit": "px",
    }
    assert (heard[1]["frame"], heard[1]["on"]) == (5, ["drift>2"])
    assert heard[2]["reason"] == "the run has ended"


def test_with_keys_only_a_reader_whose_key_is_allowed_hears(tmp_path: Path) -> None:
    here, there = KeyFolder(tmp_path / "here"), KeyFolder(tmp_path / "there")
    own, known, unknown = here.make("recorder"), there.make("valve"), KeyFolder(tmp_path / "other").make("stranger")
    here.allow(tmp_path / "there" / "valve.pub")
    ticks = count(0.0, ALIVE_EVERY_S).__next__
    with zmq.Context() as context:
        gate = gate_before("tcp://127.0.0.1:*", context, tmp_path / "here")
        stream = EventStream(context, "tcp://127.0.0.1:*", "run", gate, ticks)
        readers = []
        for pair in (known, unknown, None):
            reader = context.socket(zmq.SUB)
            reader.setsockopt(zmq.LINGER, 0)
            reader.subscribe(b"")
            if pair is not None:
                ServerKey(pair, own.public).put_on(reader)
            reader.connect(stream.address)
            readers.append(reader)
        deadline = time.monotonic() + 20
        while not readers[0].poll(5):
            assert time.monotonic() < deadline
            stream.alive(0, 0.0, [])
        stream.alive(0, 0.0, [])
        assert [reader.poll(20) > 0 for reader in readers] == [True, False, False]
        for reader in readers:
            reader.close()
        stream.close()
        assert gate is not None
        gate.close()


def test_a_reader_that_does_not_read_holds_nobody_up() -> None:
    with zmq.Context() as context:
        stream = EventStream(context, "tcp://127.0.0.1:*", "run", clock=iter(np.arange(1e6)).__next__)
        idle = context.socket(zmq.SUB)
        idle.subscribe(b"")
        idle.setsockopt(zmq.RCVHWM, 1)
        idle.connect(stream.address)
        while not idle.poll(1):  # connected
            stream.alive(0, 0.0, [])
        for _ in range(20 * WAITING):
            stream.alive(0, 0.0, ["x" * 500])
        sent, waiting = 20 * WAITING, 0
        while idle.poll(100):
            idle.recv()
            waiting += 1
        assert waiting < sent  # what did not fit was let go
        stream.close()
        idle.close(linger=0)


def test_marks_of_a_run_that_goes_on_are_written_by_its_owner(tmp_path: Path) -> None:
    run = PlayedRun(tmp_path, notes=True)
    try:
        acquisition = run.acquisition()
        worker, registration = run.others()
        worker.send(Ready(credits=8))
        for k, frame in enumerate(run.source.frames()):
            run.offer(acquisition, frame)
            drift = (3.0, 4.0) if k >= 4 else (0.0, 0.0)
            run.finish_work(worker, registration, run.expect(worker, Work), drift_px=drift)
            run.until("committed", k + 1, k + 1)
        marks = Marks(run.out, lambda why: pytest.fail(why))
        watch, said = watching(run.out, "drift>2", marks=marks)
        watch.look()
        assert said[0].endswith("drift>2: on at 5 px")
        marks.close(run.step)
        assert marks.written == 1
    finally:
        run.close()
    (mark,) = [event for event in events(run.out) if event["event"] == "trigger"]
    assert mark["sequence"] == 4


def test_by_default_what_has_been_is_not_told_of_a_run_that_goes_on(
    store: GrowingStore, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.grow(5)
    store.grow(1, drift=Drift((3.0, 4.0), sd=(0.1, 0.1)))
    monkeypatch.setattr(Watching, "run", lambda self, go_on: self.look())
    assert main(["watch", str(store.path), "--trigger", "drift>2"]) == 0
    assert capsys.readouterr().out == "6 frames judged; triggers went on 0 times, 0 marked in the run's events\n"
    assert main(["watch", str(store.path), "--trigger", "drift>2", "--since", "5", "--no-mark"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "frame 5, 10.0 s: drift>2: on at 5 px"
