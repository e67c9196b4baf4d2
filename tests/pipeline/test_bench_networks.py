"""The parts of the networks' benchmark are found, and those that train run only when asked for."""

from __future__ import annotations

import importlib
import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from eclips4d.core.errors import InputError
from eclips4d.pipeline.bench.networks.context import BenchContext
from eclips4d.pipeline.bench.networks.run import run_networks
from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.commands.bench import bench


@pytest.fixture
def parts(monkeypatch):
    """Stand-ins for the parts; the names of those that measured or drew."""
    seen: list[str] = []

    def part(path: str) -> SimpleNamespace:
        name = path.split(".")[-2]

        def rows(context):
            seen.append(f"{name} {context.seeds}")
            return [Row(f"table of {name}", "x", 1.0, "≤ 2", name != "heights")]

        return SimpleNamespace(rows=rows, pictures=lambda context, folder: seen.append(f"{name} in {folder.name}"))

    monkeypatch.setattr(importlib, "import_module", part)
    return seen


def context() -> BenchContext:
    return BenchContext(Console(file=io.StringIO()), seeds=3)


def test_all_parts_but_those_that_train(parts):
    rows = run_networks(context())
    assert parts == ["slopes 3", "integration 3", "heights 3", "speed 3"]
    assert [row.table for row in rows] == [f"table of {part.split()[0]}" for part in parts]


def test_training_when_asked(parts):
    run_networks(context(), ["ablations"])
    assert parts == ["ablations 3"]


def test_tables_and_pictures_go_into_the_documentation(parts, tmp_path):
    page = tmp_path / "networks.md"
    page.write_text("<!-- table: table of speed -->\n<!-- /table -->\n", encoding="utf-8")
    run_networks(context(), ["speed"], tmp_path)
    assert parts == ["speed 3", "speed in pictures"]
    assert "| x | 1 | ≤ 2 | yes |" in page.read_text(encoding="utf-8")


def test_an_unknown_part_is_refused():
    with pytest.raises(InputError, match="no part 'optics'"):
        run_networks(context(), ["optics"])


def test_a_missed_bar_is_a_failure(parts, tmp_path):
    assert bench("networks", part=["slopes"], data=tmp_path) == 0
    assert bench("networks", part=["heights"], data=tmp_path) == 1
