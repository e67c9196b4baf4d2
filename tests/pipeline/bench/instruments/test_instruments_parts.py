"""The parts of `eclips4d bench instruments` on small frames: what they measure, not how fast it is."""

from __future__ import annotations

import importlib

import pytest
from rich.console import Console

from eclips4d.core.errors import StageDiedError
from eclips4d.pipeline.bench.instruments.carried import Carried, rows_of
from eclips4d.pipeline.bench.instruments.context import InstrumentsContext
from eclips4d.pipeline.bench.instruments.fake_process import fake_process
from eclips4d.pipeline.bench.instruments.run import PARTS

CONTEXT = InstrumentsContext(Console(quiet=True), seconds=0.3, size=32)


@pytest.mark.slow
@pytest.mark.parametrize("name", PARTS)
def test_a_part_records_what_a_fake_sends(name: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = importlib.import_module(f"eclips4d.pipeline.bench.instruments.{name}.part").rows(CONTEXT)
    gaps, others = ([row.value for row in rows if row.what.startswith("gaps") is lost] for lost in (True, False))
    assert len(gaps) == len({row.table for row in rows}) and not any(gaps)
    assert others and all(value > 0 for value in others)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("carried", "met"),
    [
        (Carried(100, 0, 20.0), [True, True]),
        (Carried(100, 1, 20.0), [False, False]),
        (Carried(50, 0, 10.0), [False, True]),
    ],
)
def test_a_gap_or_a_low_rate_misses_the_bar(carried: Carried, met: list[bool]) -> None:
    assert [row.met for row in rows_of("t", 20.0, 20.0, carried, (90.0, 0.001)) if row.met is not None] == met


def test_a_fake_that_ends_at_once_is_said() -> None:
    with (
        pytest.raises(StageDiedError, match="the fake instrument ended at once"),
        fake_process("eclips4d.acquisition.sharksem.fake", ["sim://nothing"]),
    ):
        pass
