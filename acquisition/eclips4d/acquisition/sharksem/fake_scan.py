"""The bytes of one frame as a microscope would send them, and as it would not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from eclips4d.acquisition.sharksem.messages import HEADER
from eclips4d.acquisition.sharksem.parts import DATA, Part, encode_part
from eclips4d.core.frame import RawArray

RUNS = 8
"""Into so many runs of rows a frame's images are cut."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that goes out, or happens, at a share of the frame's time.

    Attributes
    ----------
    due
        0 at the frame's start, 1 at its end.
    action
        `send`, `wait` or `break`.
    """

    due: float
    action: str
    data: bytes = b""


def frame_pieces(
    images: RawArray, channels: Sequence[int], number: int, faults: frozenset[str] = frozenset()
) -> Iterator[Piece]:
    """Messages of one frame, run by run, in each all channels.

    Parameters
    ----------
    images
        [channel, y, x].
    faults
        Words of `fake_faults.WORDS`.
    """
    if "skip" in faults:
        return
    flat = images.reshape(len(images), -1)
    edges = np.linspace(0, flat.shape[1], min(RUNS, flat.shape[1]) + 1).astype(int)
    middle = len(edges) // 2
    for run, (start, stop) in enumerate(pairwise(edges), 1):
        due = run / (len(edges) - 1)
        spoilt = faults if run == middle else frozenset()
        if "wait" in spoilt or "break" in spoilt:
            yield Piece(due, "wait" if "wait" in spoilt else "break")
        if "garbage" in spoilt:
            yield Piece(due, "send", bytes(range(1, 256)))
        order = range(len(channels))
        for place in reversed(order) if "turn" in spoilt else order:
            part = Part(number, channels[place], int(start), flat[place, start:stop])
            yield from (Piece(due, "send", data) for data in _messages(part, spoilt if place == 0 else frozenset()))


def _messages(part: Part, faults: frozenset[str]) -> Iterator[bytes]:
    body = encode_part(part)
    if "lose" in faults:
        return
    if "cut" in faults:
        body = body[: len(body) // 2]
    if "deep" in faults:
        body = encode_part(Part(part.frame, part.channel, part.index, (part.pixels >> 1).astype(_other(part))))
    yield _message(body)
    if "repeat" in faults:
        half = part.pixels.size // 2
        yield _message(encode_part(Part(part.frame, part.channel, part.index + half, part.pixels[half:])))


def _other(part: Part) -> str:
    return "uint8" if part.pixels.itemsize == 2 else "uint16"


def _message(body: bytes) -> bytes:
    return HEADER.pack(DATA.encode(), len(body), 0, 0, 0, 0) + body
