"""When a long run has ended for good, its store is tidied in the background: pyramids, and few large files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from eclips4d.core.source import SourceInfo

FROM_FRAMES = 256
"""Shorter runs have nothing to gain."""


def is_worth_it(info: SourceInfo) -> bool:
    """Whether a complete run of this source is long, and can never go on: a tidied store takes no more frames."""
    return info.frames is not None and info.frames >= FROM_FRAMES


def tidy_behind(out: Path) -> None:
    """Begin to tidy, in a process that gives way to every other one and outlives this one.

    Killed at any point it leaves the store as good as before, and reading goes on meanwhile.
    """
    command = [sys.executable, "-m", "eclips4d.storage.afterwards", str(out)]
    nowhere = subprocess.DEVNULL
    subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True)
