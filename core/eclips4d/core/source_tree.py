"""Which sources are running: what a model card says of the program that made it."""

from __future__ import annotations

import subprocess
from importlib.metadata import version
from pathlib import Path


def commit_of(folder: Path) -> str:
    """Of the tree that a folder is in, `-dirty` where files differ from it; the version where there is no tree."""
    words = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        told = subprocess.run(words, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return f"eclips4d {version('eclips4d')}"
    return told.stdout.strip()
