"""The part `hostile` of the benchmark: its tables, in small."""

from __future__ import annotations

import pytest
from rich.console import Console

from eclips4d.pipeline.bench.reliability.context import ReliabilityContext
from eclips4d.pipeline.bench.reliability.hostile import part

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def test_a_small_assault_meets_every_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eclips4d.pipeline.bench.reliability.hostile.strangers.HANDSHAKE_S", 0.3)
    rows = part.rows(ReliabilityContext(Console(quiet=True), seed=4, scale=0.008))
    assert {row.table for row in rows} == {part.MESSAGES, part.STRANGERS}
    assert [row.what for row in rows if row.met is False] == []
    assert sum(row.value for row in rows if row.what.endswith(": messages, thousand")) == pytest.approx(0.008 * 200)
