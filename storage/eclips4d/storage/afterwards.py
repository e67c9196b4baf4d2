"""What a finished store gains from being tidied: pyramids, and few large files instead of many small ones.

`python -m eclips4d.storage.afterwards RUN.zarr` does it with what nobody else needs of processors and disk. It may be
killed at any point and started again; a store that has not ended is refused.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil

from eclips4d.core.errors import EclipsError
from eclips4d.storage.compact import LINGER_S, compact
from eclips4d.storage.pyramids import make_pyramids


def tidy(path: Path | str, *, linger_s: float = LINGER_S) -> str:
    """Make pyramids and compact a finished store; one line that says what was done.

    Raises
    ------
    StoreError
        It is being written, has not ended, or holds deferred frames.
    DiskFullError
        There is no room for it.
    """
    made = make_pyramids(path)
    return f"{made} smaller images of each frame; {compact(path, linger_s=linger_s)}"


def give_way() -> None:
    """Let every other process go first."""
    os.nice(19)
    if hasattr(psutil, "IOPRIO_CLASS_IDLE"):
        psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)


def main(path: str) -> int:
    """Tidy one store at the lowest priority; returns the exit code."""
    give_way()
    try:
        said = tidy(path)
    except EclipsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{said}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
