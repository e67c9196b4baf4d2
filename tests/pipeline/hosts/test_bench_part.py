"""Part `hosts` of the benchmark: its tables have their places in the page, and say when a bar is missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from eclips4d.pipeline.bench.document import write_tables
from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.bench.scaling.hosts.part import CHAIN, KEY, LARGE, LARGE_FPS, WIRE, _rows_of
from eclips4d.pipeline.bench.scaling.hosts.trial import Healed, Times

GOOD = {"code": 0, "missed": 0, "lost_before": 0, "undone": 0, "line_mb_per_s": 105.0, "heal_s": 1.0}


def healed(**values: float) -> Healed:
    return Healed(**{**GOOD, "caught_up_s": 40.0, "processor_s": 0.08, **values})  # type: ignore[arg-type]


def test_the_page_has_a_place_for_each_table(repository: Path, tmp_path: Path) -> None:
    page = tmp_path / "scaling.md"
    page.write_text((repository / "docs" / "scaling.md").read_text(encoding="utf-8"), encoding="utf-8")
    for title in (CHAIN, WIRE, KEY):
        write_tables(page, [Row(title, f"a row of {title}", 1.0)])
        assert f"a row of {title}" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("values", "met"), [({}, True), ({"missed": 1}, False), ({"code": 1}, False), ({"heal_s": 60.0}, False)]
)
def test_a_frame_missed_a_failure_and_a_late_healing_are_not_met(values: dict[str, float], met: bool) -> None:
    rows = _rows_of(WIRE, healed(**values), Times(10.0, 30.0))
    assert all(row.met is not False for row in rows) is met


def test_the_frames_that_are_sent_are_100_mb_per_s() -> None:
    assert 4 * LARGE**2 * 2 * LARGE_FPS >= 100e6
