"""The examples, and the lines of Python in the README, run as they stand there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
pytestmark = pytest.mark.slow

EXECUTED = """
import os, sys
import nbformat
from nbclient import NotebookClient

os.environ.pop("MPLBACKEND", None)  # figures are wanted in the notebook
book = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(book, timeout=600, kernel_name="python3", resources={"metadata": {"path": "."}}).execute()
figures = [output for cell in book.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
print(len(figures), "figures")
"""
"""In a process of its own: a kernel's sockets and threads are its client's business."""


def run(*command: object, folder: Path, timeout_s: float = 100) -> str:
    """Run a command as a user would; its output, or a failure that shows its errors."""
    environment = {**os.environ, "MPLBACKEND": "Agg", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with a finished run in it."""
    folder = tmp_path_factory.mktemp("examples")
    source = "sim://copper-redox?size=64&fps=20&frames=2"
    run("eclips4d", "run", source, "--out", "run.zarr", "--no-view", folder=folder)
    return folder


def test_opening_a_run(folder):
    said = run(sys.executable, ROOT / "examples" / "open_run.py", "run.zarr", folder=folder)
    assert re.search(r"^2 frames, the last at [\d.]+ s\nheights from -?[\d.]+ to -?[\d.]+ nm$", said, re.MULTILINE)


def test_replaying_a_run(folder):
    run("bash", ROOT / "examples" / "replay.sh", "run.zarr", "again.zarr", "max", folder=folder)
    said = run(sys.executable, ROOT / "examples" / "open_run.py", "again.zarr", folder=folder)
    assert said.startswith("2 frames")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_a_notebook_runs_from_its_first_to_its_last_cell(notebook, tmp_path):
    said = run(sys.executable, "-c", EXECUTED, notebook, folder=tmp_path, timeout_s=800)
    assert int(said.split()[0]) >= 2


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_a_notebook_is_kept_without_what_it_printed(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code and not [cell for cell in code if cell["outputs"] or cell["execution_count"]]


def test_there_are_notebooks():
    assert {notebook.stem for notebook in NOTEBOOKS} >= {"redox", "step_velocity"}


def test_lines_of_the_readme(folder):
    lines = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert lines
    for code in lines:
        run(sys.executable, "-c", code, folder=folder)
