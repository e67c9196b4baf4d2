"""The house rules that a tool can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
STAGES = CONFIG["tool"]["hatch"]["build"]["dev-mode-dirs"]
BESIDE = ["tests", "benchmarks", "examples", "docs"]
LIBRARY = sorted(file for stage in STAGES for file in (ROOT / stage / "eclips4d").rglob("*.py"))
SOURCES = LIBRARY + sorted(file for folder in BESIDE for file in (ROOT / folder).rglob("*.py"))
PAGES = sorted(ROOT.glob("*.md")) + sorted(page for folder in STAGES + BESIDE for page in (ROOT / folder).rglob("*.md"))
LONGEST = 400

FORBIDDEN = {
    "something left to do": re.compile(r"\b(TODO|FIXME|XXX)\b"),
    "a stub": re.compile(r"raise NotImplementedError"),
    "waiting by sleeping": re.compile(r"\btime\.sleep\("),
    "pickle": re.compile(r"^\s*(import|from) (c?[pP]ickle|dill|joblib)\b|recv_pyobj|send_pyobj", re.MULTILINE),
    "the logging module": re.compile(r"^\s*(import|from) logging\b", re.MULTILINE),
    "the path of one machine": re.compile(r"[\"' (](/root|/home|/work|/Users)/"),
}


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


TORCH = ("physics/eclips4d/physics/bsesm/autograd.py", "training/", "inference/eclips4d/inference/engines/")
"""Where torch may be imported: it is no part of the light installation."""


def test_torch_stays_where_it_is_said():
    imports = re.compile(r"^\s*(import|from) torch\b", re.MULTILINE)
    found = [name(file) for file in LIBRARY if imports.search(file.read_text(encoding="utf-8"))]
    assert not [file for file in found if not file.startswith(TORCH)]


def test_openvino_is_imported_where_its_telemetry_is_left_out():
    imports = re.compile(r"^\s*(import|from) openvino\b", re.MULTILINE)
    found = [name(file) for file in SOURCES if imports.search(file.read_text(encoding="utf-8"))]
    assert found == ["inference/eclips4d/inference/engines/openvino_engine.py"]


def test_no_package_hides_the_other_roots():
    assert not [name(file) for stage in STAGES for file in (ROOT / stage).glob("eclips4d/__init__.py")]


def test_folders_and_every_list_of_them_agree():
    folders = {path.parent.name for path in ROOT.glob("*/eclips4d")}
    wheel = CONFIG["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(STAGES) == folders
    assert wheel["sources"] == wheel["only-include"] == CONFIG["tool"]["ruff"]["namespace-packages"] == STAGES
    assert CONFIG["tool"]["mypy"]["mypy_path"].split(",") == STAGES
    packages = {f"eclips4d.{stage}" for stage in STAGES}
    assert set(CONFIG["tool"]["importlinter"]["root_packages"]) == set(CONFIG["tool"]["mypy"]["packages"]) == packages


@pytest.mark.parametrize("stage", STAGES)
def test_root_holds_its_own_package_only(stage):
    inside = {path.name for path in (ROOT / stage / "eclips4d").iterdir()} - {"__pycache__"}
    assert inside == {stage}
    assert (ROOT / stage / "eclips4d" / stage / "py.typed").exists()


@pytest.mark.parametrize("folder", STAGES + BESIDE)
def test_folder_has_a_page(folder):
    assert (ROOT / folder / "README.md").read_text(encoding="utf-8").startswith("# ")


def test_no_file_is_too_long():
    lengths = {name(file): len(file.read_text(encoding="utf-8").splitlines()) for file in SOURCES}
    assert not {file: lines for file, lines in lengths.items() if lines > LONGEST}


def test_library_shows_no_shortcut():
    found = [
        f"{name(file)}:{text.count(chr(10), 0, match.start()) + 1}: {what}"
        for file in LIBRARY
        for text in [file.read_text(encoding="utf-8")]
        for what, pattern in FORBIDDEN.items()
        for match in pattern.finditer(text)
    ]
    assert not found


def test_library_does_not_print():
    calls = [
        f"{name(file)}:{node.lineno}"
        for file in LIBRARY
        if "print" in file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not calls


def test_every_module_says_what_it_is_for():
    assert not [name(f) for f in LIBRARY if not ast.get_docstring(ast.parse(f.read_text(encoding="utf-8")))]


def test_decision_numbers_are_unique_and_have_titles():
    pages = [page for page in (ROOT / "docs" / "decisions").glob("*.md") if page.name != "README.md"]
    numbers = [page.name[:4] for page in pages]
    assert all(re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", page.name) for page in pages)
    assert len(set(numbers)) == len(numbers)
    for page in pages:
        assert page.read_text(encoding="utf-8").startswith(f"# {page.name[:4]}: "), page.name


def test_links_between_pages_lead_somewhere():
    dead = [
        f"{name(page)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not dead


def test_stages_import_nothing_heavy_by_themselves():
    """No Qt, torch or matplotlib by importing a stage: commands start fast, and headless machines start at all."""
    code = (
        "import importlib, sys\n"
        f"for stage in {STAGES!r}: importlib.import_module('eclips4d.' + stage)\n"
        "print([m for m in ('PySide6', 'pyqtgraph', 'torch', 'matplotlib.pyplot', 'dask') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.strip() == "[]"
