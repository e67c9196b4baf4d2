"""Frames around marks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from growing_store import GrowingStore, making_stores

from eclips4d.core.errors import InputError
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.triggers.around import frames_around


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GrowingStore]:
    """Ten frames, two seconds apart, the fifth and the last but one marked, and one that is not there."""
    with making_stores(tmp_path) as make:
        store = make(keep=("height", "slope", "slope_sd", "trust"))
        store.grow(10)
        for sequence in (4, 8, 11):
            store.writer.event({"event": "trigger", "text": "drift>2: on at 3 px", "sequence": sequence})
        store.writer.event({"event": "trigger", "text": "of no frame"})
        store.writer.event({"event": "note", "text": "trigger", "sequence": 2})
        yield store


@pytest.mark.parametrize(
    ("mark", "around_s", "frames"), [(1, 4.0, "2:7"), (1, 3.9, "3:6"), (2, 60, "0:10"), (-3, 0, "8:9")]
)
def test_frames_within_so_many_seconds(store: GrowingStore, mark: int, around_s: float, frames: str) -> None:
    assert frames_around(store.path, mark, around_s) == frames


@pytest.mark.parametrize(
    ("mark", "around_s", "part"),
    [(0, 1, "no mark 0"), (5, 1, "give 1 to 4"), (3, 1, "mark 3 is at no"), (4, 1, "mark 4 is at no"), (1, -1, "-1 s")],
)
def test_marks_that_are_none(store: GrowingStore, mark: int, around_s: float, part: str) -> None:
    with pytest.raises(InputError, match=part):
        frames_around(store.path, mark, around_s)


def test_a_run_without_marks_says_how_to_set_them(tmp_path: Path) -> None:
    with making_stores(tmp_path) as make:
        store = make()
        store.grow(1)
        with pytest.raises(InputError, match="watch --mark"):
            frames_around(store.path, 1, 1.0)


def test_listed_and_exported(store: GrowingStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(store.path)]) in (0, 1)
    assert "1: drift>2: on at 3 px (frame 4)" in " ".join(capsys.readouterr().out.split())
    out = tmp_path / "four.csv"
    call = ["export", str(store.path), "--to", "csv", "--out", str(out), "--mark", "1"]
    assert main([*call, "--around", "2"]) == 0
    assert "3 frames" in capsys.readouterr().out
    assert main([*call, "--frames", "1"]) == 2
    assert "two choices" in capsys.readouterr().err


def test_damaged_lines_are_passed_over(store: GrowingStore) -> None:
    file = store.path / "events.jsonl"
    good = json.dumps({"event": "trigger", "sequence": 1})
    file.write_bytes(b'\xff\xfe\n{"event": 3}\n[]\n' + good.encode() + b'\n{"event": "trig')
    assert frames_around(store.path, -1, 0) == "1:2"
