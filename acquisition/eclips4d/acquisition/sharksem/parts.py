"""`ScData`: a run of pixels of one image channel, as they come while the beam scans."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from eclips4d.acquisition.sharksem.messages import Message
from eclips4d.core.frame import RawArray

DATA = "ScData"
HEAD = struct.Struct("<5I")
DTYPES = {8: "<u1", 16: "<u2"}


@dataclass(frozen=True, slots=True)
class Part:
    """Pixels `index` … of a channel's image, row after row.

    Attributes
    ----------
    frame
        The microscope's number of the frame; it may be the same for all frames of a scan.
    """

    frame: int
    channel: int
    index: int
    pixels: RawArray


def parse_part(message: Message, bits: int) -> Part | None:
    """What a message `ScData` holds; None when it is cut, or its pixels are not of this depth."""
    if len(message.body) < HEAD.size:
        return None
    frame, channel, index, depth, length = HEAD.unpack_from(message.body)
    sample = bits // 8
    if depth != bits or length % sample or HEAD.size + length > len(message.body):
        return None
    pixels = np.frombuffer(message.body, DTYPES[bits], length // sample, HEAD.size)
    return Part(frame, channel, index, pixels)


def encode_part(part: Part) -> bytes:
    """The body of such a message."""
    depth = 8 * part.pixels.itemsize
    data = part.pixels.astype(DTYPES[depth], copy=False).tobytes()
    return HEAD.pack(part.frame, part.channel, part.index, depth, len(data)) + data
