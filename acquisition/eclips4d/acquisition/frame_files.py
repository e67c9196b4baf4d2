"""Files of one folder put together to frames: which file is which segment of which frame, and when it was taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from eclips4d.acquisition.image_file import ImageFile, check_alike, holds_frame, look_at, read_planes, read_segment
from eclips4d.acquisition.naming import Pattern, guess_pattern
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray

_SPARSE = 4
"""Numbers that leave out more than three of four are no frame numbers, but times."""
Files = dict[str, Path]
"""Segment and its file; one file under the empty name where it holds all segments."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Frames of a folder.

    Attributes
    ----------
    frames
        In order; None where a frame, or one of its segments, is not there.
    segments
        Names in the order of the detector's azimuths; empty where each file holds all segments.
    first_id
        Number of the first frame in the files' names.
    remarks
        What was guessed, and what is missing.
    """

    frames: tuple[Files | None, ...]
    segments: tuple[str, ...]
    first_id: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def files(self) -> list[Path]:
        """Of all complete frames."""
        return [path for files in self.frames if files for path in files.values()]


def group(files: Sequence[Path], segments: int, pattern: Pattern | None, where: str) -> Grouping:
    """Put files together to frames.

    Parameters
    ----------
    files
        In the order of their names.
    segments
        How many the detector has.
    pattern
        Of the names; when None, as many files as segments are one frame, and others are guessed.

    Raises
    ------
    InputError
        The names do not tell.
    """
    together = pattern is None and holds_frame(files[0], segments)
    if pattern is None and len(files) == (1 if together else segments):
        if together:
            return Grouping((Files({"": files[0]}),), ())
        return Grouping((Files({file.stem: file for file in files}),), tuple(file.stem for file in files))
    if pattern is None:
        pattern = guess_pattern([file.name for file in files], 1 if together else segments)
        if pattern is None:
            check_alike({file.name: look_at(file) for file in files})
            raise InputError(
                f"{len(files)} channels or files, but the instrument file has {segments} azimuths, and the names do "
                "not tell which file is which",
                where=where,
                cure="give one azimuths_deg value per channel, or name the files: FOLDER::NAME_{segment}_{frame}.tif",
            )
        found = _grouped(files, pattern, segments, where)
        return replace(found, remarks=(guessed(pattern), *found.remarks))
    return _grouped(files, pattern, segments, where)


def guessed(pattern: Pattern) -> str:
    """What whoever did not name a pattern is told."""
    return f"files are put together by their names, as {pattern.text}"


def _grouped(files: Sequence[Path], pattern: Pattern, segments: int, where: str) -> Grouping:
    found: dict[int, Files] = {}
    for file in files:
        place = pattern.place(file.name)
        if place is not None:
            found.setdefault(place.frame, {})[place.segment] = file
    names = tuple(sorted({segment for frame in found.values() for segment in frame}))
    wanted = segments if pattern.has_segment else 1
    if len(names) != wanted:
        told = f"names the segments {', '.join(names)}" if names else "fits no file"
        raise InputError(
            f"{pattern.text} {told}; the instrument file has {segments} azimuths", where=where, cure="correct it"
        )
    whole = {number: {name: frame[name] for name in names} for number, frame in found.items() if set(frame) == {*names}}
    if not whole:
        raise InputError("no frame has all its segments", where=where, cure="copy the folder again, completely")
    numbers = range(min(whole), max(found) + 1)
    if len(numbers) > _SPARSE * len(found):
        jump = "numbers in file names leave out most, so frames are counted instead: what is missing cannot be told"
        return Grouping(tuple(whole.get(k) for k in sorted(found) if k >= min(whole)), _named(names), remarks=(jump,))
    missing = [str(k) for k in numbers if k not in whole]
    told = f"{', '.join(missing[:12])}{' …' if len(missing) > 12 else ''}"
    remarks = (f"frames that are not complete, and so gaps: {told}",) if missing else ()
    return Grouping(tuple(whole.get(k) for k in numbers), _named(names), min(whole), remarks)


def _named(names: tuple[str, ...]) -> tuple[str, ...]:
    return () if names == ("",) else names


def read_frame(files: Mapping[str, Path], rows: int) -> RawArray:
    """Pixels of one frame, [segment, row, column], without its data bar.

    Raises
    ------
    InputError
        A file that cannot be read, or of another size than the others.
    """
    if "" in files:
        whole: Any = read_planes(files[""])
    else:
        planes = [read_segment(path) for path in files.values()]
        if len({(plane.shape, plane.dtype) for plane in planes}) != 1:
            raise InputError("segments of several sizes", where=", ".join(map(str, files.values())))
        whole = np.stack(planes)
    cut: RawArray = np.ascontiguousarray(whole[:, :rows])
    return cut


def start_times(images: Sequence[ImageFile | None]) -> tuple[float, ...] | None:
    """Start of each frame, s after the first, by the clock in its header; None where the headers do not tell.

    That clock has whole seconds. Where several frames fall into one, all are spread evenly between first and last;
    frames that are not there lie between their neighbours.
    """
    here = [(k, image.header.start_utc) for k, image in enumerate(images) if image is not None]
    if any(start_utc is None for _, start_utc in here):
        return None
    moments = [datetime.fromisoformat(start_utc or "").timestamp() for _, start_utc in here]
    times = [moment - moments[0] for moment in moments]
    if any(two <= one for one, two in pairwise(times)):
        if times[-1] <= 0.0:
            return None
        times = [times[-1] * (k - here[0][0]) / (here[-1][0] - here[0][0]) for k, _ in here]
    return tuple(float(t) for t in np.interp(np.arange(len(images)), [k for k, _ in here], times))
