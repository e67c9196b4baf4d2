"""The lines of Python in the folders' pages run as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COMPLETE = ("core", "physics", "acquisition", "inference")
"""Pages whose lines need nothing that is not there: no run, no recording."""


@pytest.mark.slow
@pytest.mark.parametrize("folder", COMPLETE)
def test_lines_of_the_page(folder, tmp_path):
    page = (ROOT / folder / "README.md").read_text(encoding="utf-8")
    pieces = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert pieces
    for code in pieces:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=100
        )
        assert done.returncode == 0, done.stderr
