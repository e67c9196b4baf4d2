"""The documentation's tables are replaced where they stand, and nowhere else."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from eclips4d.core.errors import InputError
from eclips4d.pipeline.bench.document import markdown, write_tables
from eclips4d.pipeline.bench.physics.run import run_physics
from eclips4d.pipeline.bench.rows import Row

PAGE = """# page

before
<!-- table: first -->
old
<!-- /table -->
between
<!-- table: second -->
<!-- /table -->
after
"""


def test_tables_are_replaced_and_the_text_around_them_stays(tmp_path):
    page = tmp_path / "physics.md"
    page.write_text(PAGE, encoding="utf-8")
    rows = [Row("first", "a|b", 1.23456, "≤ 2", True), Row("first", "unknown", float("nan")), Row("second", "c", 2.0)]
    write_tables(page, rows)
    once = page.read_text(encoding="utf-8")
    assert "old" not in once and "| a∣b | 1.235 | ≤ 2 | yes |" in once and "| unknown | – |  |  |" in once
    assert [word for word in ("before", "between", "after") if word in once.splitlines()] == [
        "before",
        "between",
        "after",
    ]
    assert once.index("| c | 2 |") > once.index("between")
    write_tables(page, rows)
    assert page.read_text(encoding="utf-8") == once


def test_a_table_without_a_place_is_refused_by_name(tmp_path):
    page = tmp_path / "physics.md"
    page.write_text(PAGE, encoding="utf-8")
    with pytest.raises(InputError, match="third"):
        write_tables(page, [Row("third", "x", 1.0)])


def test_a_missed_bar_stands_out():
    assert "**no**" in markdown([Row("t", "x", 3.0, "≤ 2", False)])


def test_an_unknown_part_is_refused():
    with pytest.raises(InputError, match="no part 'optics'"):
        run_physics(Console(file=io.StringIO()), ["optics"])
