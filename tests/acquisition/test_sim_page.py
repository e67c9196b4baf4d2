"""The page about the simulated microscope says what the settings say."""

from __future__ import annotations

from pathlib import Path

import pytest

from eclips4d.acquisition.fault_plan import CHANCES, OUTAGES
from eclips4d.acquisition.sim_parameters import as_markdown, effect_parameters, microscope_parameters

TABLES = {
    "parameters of the microscope": as_markdown(microscope_parameters()),
    "effects": as_markdown(effect_parameters(), "size"),
}


@pytest.fixture
def page(repository: Path) -> str:
    return (repository / "docs" / "simulated-microscope.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_those_of_the_settings(page: str, name: str) -> None:
    _, _, after = page.partition(f"<!-- {name} -->\n")
    assert after.partition("\n<!-- end -->")[0] == TABLES[name], "python tests/acquisition/test_sim_page.py writes it"


def test_every_fault_is_explained(page: str) -> None:
    for kind in (*CHANCES, *OUTAGES):
        assert f"| `{kind}:" in page


if __name__ == "__main__":
    path = Path(__file__).resolve().parents[2] / "docs" / "simulated-microscope.md"
    text = path.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        before, mark, after = text.partition(f"<!-- {name} -->\n")
        text = before + mark + table + "\n<!-- end -->" + after.partition("<!-- end -->")[2]
    path.write_text(text, encoding="utf-8")
