"""What can go wrong on the way from a fake microscope, planned by frame: `lose@3,cut@5`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eclips4d.core.errors import InputError

WORDS: Mapping[str, str] = {
    "lose": "a run of pixels is never sent",
    "skip": "the whole frame is never sent; where numbers stand still, nothing but time tells",
    "repeat": "a run of pixels is sent, then overwritten from its middle on",
    "cut": "a message holds fewer pixels than it says",
    "deep": "a message has pixels of another depth",
    "turn": "the channels of a run come in another order",
    "restart": "the numbers begin anew with this frame",
    "wait": "nothing comes for half a second in the middle of the frame",
    "garbage": "bytes that are no message come in the middle of the frame",
    "break": "both connections are closed in the middle of the frame",
}


@dataclass(frozen=True, slots=True)
class Faults:
    """Words of `WORDS` by frame, counted from the fake's first; `piece_bytes` is the most that is sent at once."""

    planned: Mapping[int, frozenset[str]] = field(default_factory=dict)
    piece_bytes: int | None = None

    def of(self, frame: int) -> frozenset[str]:
        """What happens to a frame."""
        return self.planned.get(frame, frozenset())


def parse_faults(text: str, piece_bytes: int | None = None) -> Faults:
    """`WORD@FRAME,WORD@FRAME…`.

    Raises
    ------
    InputError
        Another word, or no frame.
    """
    planned: dict[int, frozenset[str]] = {}
    for item in filter(None, text.split(",")):
        word, _, frame = item.partition("@")
        if word not in WORDS or not frame.isdecimal():
            raise InputError(f"{item!r} is no fault", cure=f"say WORD@FRAME with one of {', '.join(WORDS)}")
        planned[int(frame)] = planned.get(int(frame), frozenset()) | {word}
    return Faults(planned, piece_bytes)
