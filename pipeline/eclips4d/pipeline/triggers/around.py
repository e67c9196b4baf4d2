"""The frames around a mark that a trigger has left in a run's events."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np

from eclips4d.core.errors import InputError
from eclips4d.core.note import TRIGGER
from eclips4d.storage.contents import lines_of
from eclips4d.storage.folder import EVENTS
from eclips4d.storage.reader import open as open_store


class _Line(msgspec.Struct):
    event: str
    sequence: int | None = None


def marked_frames(store: Path) -> list[int | None]:
    """The frame of each mark, in the order of the marks; a line that cannot be read is passed over."""
    found = list[int | None]()
    for line in lines_of(store / EVENTS):
        try:
            told = msgspec.json.decode(line, type=_Line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        if told.event == TRIGGER:
            found.append(told.sequence)
    return found


def frames_around(store: Path, mark: int, around_s: float) -> str:
    """The committed frames that began at most `around_s` before or after the marked one, as A:B.

    Parameters
    ----------
    store : Path
    mark : int
        1 is the run's first, -1 its last.
    around_s : float

    Raises
    ------
    InputError
        There is no such mark, or its frame is not committed.
    """
    if not (math.isfinite(around_s) and around_s >= 0):
        raise InputError(f"{around_s:g} s around a frame", where="--around", cure="give seconds, from 0 on")
    marked = marked_frames(store)
    if mark == 0 or abs(mark) > len(marked):
        cure = f"give 1 to {len(marked)}" if marked else "eclips4d watch --mark sets marks"
        raise InputError(f"no mark {mark} of a trigger", where=str(store), cure=cure)
    frame = marked[mark - 1 if mark > 0 else mark]
    with open_store(store) as data:
        times = data["time"].values
    if frame is None or not 0 <= frame < times.size:
        raise InputError(f"mark {mark} is at no committed frame", where=str(store), cure="choose another mark")
    near = np.flatnonzero(np.abs(times - times[frame]) <= around_s)
    return f"{near[0]}:{near[-1] + 1}"
