"""What a repair did and what it could not, in words."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from shlex import quote

from eclips4d.pipeline.store_report.health import damaged
from eclips4d.pipeline.store_report.numbers import frames
from eclips4d.storage.reader import StoreSummary, summary
from eclips4d.storage.repair import Repair, repair

FOR_EVER = ("raw", "time", "time_end", "line_time", "frame_id")
"""Arrays that no run makes again; side values likewise."""


def mend(path: Path) -> tuple[Repair, list[str]]:
    """Repair a store; what was done, and the same in words.

    Raises
    ------
    InputError, StoreError
        It is no store, is being written, or cannot be repaired.
    """
    left = sum(file.name.endswith((".partial", ".__lock")) for file in path.glob("*/*"))
    done = repair(path)
    return done, repair_lines(done, left, summary(path))


def lost_for_ever(done: Repair) -> list[str]:
    """What cannot be had again from anything in the store."""
    columns = [name for name in done.lost if name != "raw" and (name in FOR_EVER or name.startswith("side_"))]
    raw = sorted({damage.sequence for damage in done.damaged if damage.array == "raw"})
    pixels = [f"raw pixels of {frames(raw)}, quarantined now"] if raw else []
    return [*pixels, *(f"{name} of all frames" for name in columns)]


def repair_lines(done: Repair, left: int, held: StoreSummary) -> list[str]:
    """What was done, one thing a line.

    Parameters
    ----------
    left
        Unfinished files of a killed writer that were there before.
    """
    lines = [f"{done.committed} committed and {done.recorded} recorded frames checked in {done.seconds:.1f} s"]
    if done.restored:
        lines.append("zarr.json was damaged: the commit before took its place")
    if left:
        lines.append(f"{left} unfinished {'file' if left == 1 else 'files'} of a killed writer removed")
    if done.lost:
        lines.append(f"made anew, empty: {', '.join(done.lost)}")
    lines += [f"dropped: {line}" for line in damaged(done.damaged)]
    lost = lost_for_ever(done)
    lines += [f"LOST: {line}" for line in lost]
    if lost and held.source.can_wait:
        lines.append(f"the recording may still have it: eclips4d run {quote(held.source.address)} --out ANOTHER.zarr")
    return lines if len(lines) > 1 else [f"{lines[0]}: nothing damaged"]


def cure(path: Path, held: StoreSummary, waiting: Iterable[int]) -> list[str]:
    """How deferred frames get their results."""
    sequences = list(waiting)
    if not sequences:
        return []
    again = f"eclips4d run {quote(held.source.address)} --out {quote(str(path))}"
    return [f"run this to make the results of {frames(sequences)}: {again}"]
