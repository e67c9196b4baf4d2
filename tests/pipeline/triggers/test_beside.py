"""The process beside a run."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from eclips4d.core.errors import InputError
from eclips4d.core.messages import Notice
from eclips4d.pipeline.triggers.asked import check_beside
from eclips4d.pipeline.triggers.beside import Beside, watching_beside

from .conftest import FRAMES

KEEP = ("height", "slope", "slope_sd", "height_sd", "residual", "trust")


def notice(committed: int = 0, *, ended: bool = False) -> Notice:
    counts = dict.fromkeys(("gaps", "duplicates", "quarantined", "deferred", "disk_free_bytes", "workers"), 0)
    return Notice(
        run_id="r",
        recorded=FRAMES,
        committed=committed,
        total=None,
        frame_id=0,
        time_s=0.0,
        lag_s=0.0,
        ended=ended,
        **counts,
    )


def test_it_judges_what_is_left_of_a_run_that_has_ended(jumped: Path) -> None:
    said: list[str] = []
    beside = Beside(jumped, ["drift>2", "trust<1"], None, said.append)
    beside.noted(notice())
    beside.noted(notice(FRAMES, ended=True))
    beside.close()
    assert said == [f"{FRAMES} frames judged; triggers went on 1 times, 1 marked in the run's events"]


def test_frames_of_an_earlier_process_are_not_told_again(jumped: Path) -> None:
    said: list[str] = []
    beside = Beside(jumped, ["drift>2"], None, said.append)
    beside.noted(notice(FRAMES, ended=True))
    beside.close()
    assert said == [f"{FRAMES} frames judged; triggers went on 0 times, 0 marked in the run's events"]


def test_one_that_ends_too_early_is_told_of_once(tmp_path: Path) -> None:
    said: list[str] = []
    beside = Beside(tmp_path / "none.zarr", ["drift>2"], None, said.append)
    deadline = time.monotonic() + 60
    while not said:
        assert time.monotonic() < deadline
        beside.noted(notice())
    beside.noted(notice())
    beside.close()
    assert len(said) == 1
    assert said[0].startswith("no trigger is watched any more: eclips4d: ")


def test_without_triggers_there_is_no_process(tmp_path: Path) -> None:
    before = psutil.Process().children(recursive=True)
    with watching_beside(tmp_path, (), None, Console(quiet=True)) as heard:
        heard(notice())
        assert psutil.Process().children(recursive=True) == before


@pytest.mark.parametrize(
    ("words", "events", "record_only", "part"),
    [
        (["drift>2"], None, True, "only recorded"),
        (["step>2"], None, False, "eclips4d watch"),
        ([], "tcp://127.0.0.1:1", False, "no triggers to tell of"),
        (["residual>2"], None, False, "keeps no residual"),
        (["drift>2", "what>2"], None, False, "cannot be watched"),
        (["drift>2"], "udp://127.0.0.1:1", False, "no address"),
    ],
)
def test_what_a_run_cannot_have_beside_it(words: list[str], events: str | None, record_only: bool, part: str) -> None:
    with pytest.raises(InputError, match=part):
        check_beside(words, events, ("height",), 4, record_only=record_only)


def test_what_it_can() -> None:
    check_beside(["drift>2", "trust<1"], "tcp://127.0.0.1:5770", KEEP, 4, record_only=False)
    check_beside([], None, (), 3, record_only=True)
