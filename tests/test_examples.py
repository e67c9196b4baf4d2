"""The examples, and the lines of Python in the README, run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.slow


def run(*command: object, folder: Path) -> str:
    """Run a command as a user would; its output, or a failure that shows its errors."""
    environment = {**os.environ, "MPLBACKEND": "Agg", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
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


def test_lines_of_the_readme(folder):
    lines = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert lines
    for code in lines:
        run(sys.executable, "-c", code, folder=folder)
