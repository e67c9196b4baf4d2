"""Which segment and which frame an image file holds, told by its name."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from eclips4d.core.errors import InputError

SEGMENT, FRAME, ANYTHING = "{segment}", "{frame}", "*"
MOST_DIGITS = 18
"""Of a frame's number: it has to fit 64 bits."""
_PARTS = {SEGMENT: r"(?P<segment>[^{}]+?)", FRAME: rf"(?P<frame>\d{{1,{MOST_DIGITS}}})", ANYTHING: r".*?"}
_WORDS = re.compile(r"\d+|[^\W\d_]+|[\W_]")
Word = tuple[Literal["segment", "frame", "text"], str]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a file belongs: frame 0 where the pattern has no `{frame}`, an empty segment where it has none."""

    frame: int
    segment: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A file name with placeholders: `{segment}`, `{frame}` (digits), and `*` for what does not matter.

    >>> Pattern("BSE_{segment}_{frame}.tif").place("BSE_NE_0012.tif")
    Place(frame=12, segment='NE')
    >>> Pattern("BSE_{segment}_{frame}.tif").place("overview.tif") is None
    True
    """

    text: str

    def __post_init__(self) -> None:
        words = re.findall(r"\{\w*\}", self.text)
        if sorted(words) not in ([FRAME], [SEGMENT], [FRAME, SEGMENT]):
            raise InputError(
                f"the pattern {self.text!r} does not tell files apart",
                cure="name {segment}, {frame}, or both once: pattern=BSE_{segment}_{frame}.tif",
            )

    @property
    def has_segment(self) -> bool:
        """One file per segment; otherwise each file holds all of them."""
        return SEGMENT in self.text

    @property
    def has_frame(self) -> bool:
        """Several frames; otherwise the files are one frame."""
        return FRAME in self.text

    def place(self, name: str) -> Place | None:
        """Where a file of this name belongs; None for another file. Upper and lower case are alike in its ending."""
        match = self._expression().fullmatch(name)
        if match is None:
            return None
        found = match.groupdict()
        return Place(int(found.get("frame") or 0), found.get("segment") or "")

    def _expression(self) -> re.Pattern[str]:
        stem, dot, ending = self.text.rpartition(".")
        if not dot:
            stem, ending = ending, ""
        parts = re.split(r"(\{segment\}|\{frame\}|\*)", stem)
        body = "".join(_PARTS.get(part, re.escape(part)) for part in parts)
        return re.compile(body + (rf"\.(?i:{re.escape(ending)})" if dot else ""))


def guess_pattern(names: Collection[str], segments: int) -> Pattern | None:
    """The pattern that file names seem to follow; None where they do not tell.

    Names are cut into runs of letters, runs of digits and what stands between. All must have the same cuts. Where one
    run takes as many values as there are segments, that is the segment; another run of digits is the frame: the one
    that changes, or, while only one frame is there, the last one.

    Parameters
    ----------
    names
        Of files of one kind.
    segments
        How many the detector has; 1 for files that hold a whole frame each.
    """
    cut = [_WORDS.findall(name.rpartition(".")[0]) for name in sorted(names)]
    endings = {name.rpartition(".")[2].lower() for name in names}
    if not cut or len({len(words) for words in cut}) != 1 or len(endings) != 1:
        return None
    columns = list(zip(*cut, strict=True))
    changing = [k for k, column in enumerate(columns) if len(set(column)) > 1]
    segment = _segment_among(columns, changing, segments) if segments > 1 else -1
    if segment is None:
        return None
    changing = [k for k in changing if k != segment]
    numbers = [k for k, column in enumerate(columns) if k != segment and all(word.isdecimal() for word in column)]
    if len(changing) > 1 or not set(changing) <= set(numbers):
        return None
    frame = changing[0] if changing else (numbers[-1] if numbers else None)
    if segments == 1 and frame is None:
        return None
    words = [SEGMENT if k == segment else FRAME if k == frame else column[0] for k, column in enumerate(columns)]
    return Pattern("".join(words) + "." + endings.pop())


def _segment_among(columns: Sequence[Sequence[str]], changing: Sequence[int], segments: int) -> int | None:
    """The run with as many values as segments; where two have, the one of letters."""
    fitting = [k for k in changing if len(set(columns[k])) == segments]
    letters = [k for k in fitting if not columns[k][0].isdecimal()]
    found = letters or fitting
    return found[0] if len(found) == 1 else None
