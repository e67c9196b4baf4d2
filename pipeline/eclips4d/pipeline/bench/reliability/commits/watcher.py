"""A reader beside a writer: four times a second it opens a growing array with zarr-python and reads the newest frame.

`python -m eclips4d.pipeline.bench.reliability.commits.watcher FOLDER` runs until its input ends, then says how many
frames it read and how many reads failed.
"""

from __future__ import annotations

import re
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PAUSE_S = 0.25


@dataclass(slots=True)
class Watched:
    """What the reader saw."""

    read: int = 0
    failed: int = 0


@contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    """A reader of what grows below `folder`, as long as the block lasts."""
    seen = Watched()
    command = [sys.executable, "-m", __name__, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        yield seen
        said, _ = reader.communicate("")
    seen.read, seen.failed = (int(word) for word in said.split())


def look(folder: Path) -> bool | None:
    """Read the newest frame but one of the first array below `folder`; None while there is none, False if it fails."""
    import zarr

    frames = [(int(found[1] or found[2]), path) for path in folder.rglob("*") if (found := _is_frame(path))]
    if len(frames) < 2:
        return None
    number, path = sorted(frames)[-2]
    home = next((parent for parent in path.parents if (parent / "zarr.json").exists()), None)
    if home is None:
        return False
    try:
        zarr.open_array(home, mode="r")[number]
    except (ValueError, IndexError, OSError, RuntimeError):
        return False
    return True


def _is_frame(path: Path) -> re.Match[str] | None:
    """Shards of time points: `raw/c.7.0.0.0` or `0/c/7/0/0`."""
    return re.search(r"/(?:raw/c\.(\d+)\.0\.0\.0|c/(\d+)/0/0)$", str(path))


def main(folder: Path) -> None:
    """Look until the input ends."""
    read = failed = 0
    while not select.select([sys.stdin], [], [], PAUSE_S)[0]:
        match look(folder):
            case True:
                read += 1
            case False:
                failed += 1
            case None:
                pass
    sys.stdout.write(f"{read} {failed}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
