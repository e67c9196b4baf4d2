"""The first frame of a watched folder: it tells the size of all that follow, and how their files are named."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from eclips4d.acquisition.image_file import holds_frame, look_at
from eclips4d.acquisition.naming import Pattern, guess_pattern
from eclips4d.acquisition.watch.address import Watching
from eclips4d.acquisition.watch.settling import Settling, Stamp, listing
from eclips4d.core.errors import InputError, PeerTimeoutError
from eclips4d.core.log import get_logger


@dataclass(frozen=True, slots=True)
class Beginning:
    """How files are named, and the first frame that is whole."""

    pattern: Pattern
    segments: tuple[str, ...]
    number: int
    files: dict[str, Path]


def wait_for_first(folder: Path, segments: int, watching: Watching, where: str) -> Beginning:
    """Look until a whole frame is there.

    Raises
    ------
    PeerTimeoutError
        None has come; what has come, is said.
    """
    pattern = Pattern(watching.pattern) if watching.pattern else None
    settling, pause = Settling(watching.settle), Event()
    started, told = time.monotonic(), False
    while True:
        settled = dict(settling.look(_listed(folder), time.monotonic()))
        whole = [name for name in sorted(settled) if is_whole(folder / name)]
        found = _first(folder, whole, segments, pattern)
        if found is not None:
            return found
        if time.monotonic() - started > watching.wait:
            seen = ", ".join(sorted(settled)[:6]) or "none"
            raise PeerTimeoutError(
                f"no frame of {segments} segments in {watching.wait:g} s; whole TIFF files there: {seen}",
                where=where,
                cure="start the microscope's export, or name the files with pattern=NAME_{segment}_{frame}.tif",
            )
        if not told:
            get_logger().warning("waiting for the first frame", folder=where)
            told = True
        pause.wait(watching.poll)


def is_whole(path: Path) -> bool:
    """Whether a TIFF file is there to its end."""
    try:
        look_at(path)
    except (InputError, OSError):
        return False
    return True


def _first(folder: Path, names: list[str], segments: int, pattern: Pattern | None) -> Beginning | None:
    if not names:
        return None
    if pattern is None:
        pattern = guess_pattern(names, 1 if holds_frame(folder / names[0], segments) else segments)
    if pattern is None or not pattern.has_frame:
        return None
    frames: dict[int, dict[str, Path]] = {}
    for name in names:
        place = pattern.place(name)
        if place is not None:
            frames.setdefault(place.frame, {})[place.segment] = folder / name
    wanted = segments if pattern.has_segment else 1
    for number, files in sorted(frames.items()):
        if len(files) == wanted:
            return Beginning(pattern, tuple(sorted(files)), number, dict(sorted(files.items())))
    return None


def _listed(folder: Path) -> Mapping[str, Stamp]:
    try:
        return listing(folder)
    except OSError as error:
        raise InputError(f"the folder cannot be read: {error}", where=str(folder), cure="check its path") from error
