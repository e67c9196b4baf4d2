"""The audit of dependencies: a known vulnerability fails, one with a reason does not, no answer is no good news."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).resolve().parents[1] / ".ci" / "audit.py"


@pytest.fixture(scope="module")
def audit() -> Any:
    spec = importlib.util.spec_from_file_location("audit", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report(*vulns: dict[str, Any]) -> dict[str, Any]:
    return {
        "dependencies": [
            {"name": "eclips4d", "skip_reason": "not on the index"},
            {"name": "fine", "version": "1", "vulns": []},
            {"name": "hurt", "version": "2", "vulns": list(vulns)},
        ]
    }


HURT = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2.1"]}


def test_a_known_vulnerability_fails_and_its_cure_is_named(audit: Any) -> None:
    lines, code = audit.verdict(report(HURT), {})
    assert code == 1
    assert "hurt 2: PYSEC-1, fixed in 2.1" in lines


@pytest.mark.parametrize("known_as", ["PYSEC-1", "CVE-1"])
def test_one_that_does_not_matter_is_named_with_its_reason(audit: Any, known_as: str) -> None:
    lines, code = audit.verdict(report(HURT), audit.read_ignored(f"# nothing\n{known_as} we never call it\n"))
    assert code == 0
    assert "hurt 2: PYSEC-1, ignored: we never call it" in lines


def test_without_a_reason_nothing_is_ignored(audit: Any) -> None:
    with pytest.raises(SystemExit, match="say why PYSEC-1 does not matter"):
        audit.read_ignored("PYSEC-1\n")


def test_none_found_is_said_and_so_is_what_was_not_looked_up(audit: Any) -> None:
    there = report()
    there["dependencies"].append({"name": "odd", "skip_reason": "not found"})
    lines, code = audit.verdict(there, {})
    assert code == 0
    assert lines == [
        "2 packages looked up",
        "not looked up, the service does not know them: odd",
        "no known vulnerability",
    ]


def test_no_answer_is_not_taken_for_a_good_one(audit: Any) -> None:
    nothing = {"dependencies": [{"name": "fine", "skip_reason": "cannot be reached"}]}
    for silent in (None, nothing, {"dependencies": []}):
        lines, code = audit.verdict(silent, {})
        assert code == 0
        assert lines[0].startswith("NOT AUDITED")


def test_the_list_of_what_does_not_matter_can_be_read(audit: Any) -> None:
    assert isinstance(audit.read_ignored(audit.IGNORED.read_text("utf-8")), dict)
