"""What a board understands: one byte of command and flags, then big-endian numbers of two bytes."""

from __future__ import annotations

import struct
from enum import IntEnum

CYCLE_US = 0.125
"""One sample of the board's converter."""
DAC_CODES = 1 << 14
"""Of each deflection output."""
STEP = 256
"""A step of one code; steps have eight binary places."""
LARGEST_STEP = (1 << 16) - 1
MARK = 0xFFFF
"""Stands before a cookie. No pixel has it: a pixel is fourteen bits and two zeros."""
LONGEST_RUN = 1 << 16


class Command(IntEnum):
    """High half of the first byte."""

    SYNCHRONIZE = 0x0
    ABORT = 0x1
    FLUSH = 0x2
    EXTERNAL_CONTROL = 0x3
    BEAM_SELECT = 0x4
    BLANK = 0x5
    RASTER_REGION = 0xA
    PIXEL_RUN = 0xC


ARGUMENTS = {Command.SYNCHRONIZE: 1, Command.RASTER_REGION: 6, Command.PIXEL_RUN: 2}
"""Numbers that follow; other commands have none."""
_RASTER, _SIXTEEN_BIT = 1, 0


def _encoded(command: Command, flags: int, *numbers: int) -> bytes:
    return struct.pack(f">B{len(numbers)}H", command << 4 | flags, *numbers)


def synchronize(cookie: int) -> bytes:
    """Answered with `MARK` and the cookie when all pixels before it have been sent."""
    return _encoded(Command.SYNCHRONIZE, _RASTER | _SIXTEEN_BIT << 1, cookie)


def abort() -> bytes:
    """Leave the region that is being scanned."""
    return _encoded(Command.ABORT, 0)


def flush() -> bytes:
    """Send what the board holds back for a fuller packet."""
    return _encoded(Command.FLUSH, 0)


def external_control(enable: bool) -> bytes:
    """Take the scan over from the microscope, or give it back; the board waits until its relays have moved."""
    return _encoded(Command.EXTERNAL_CONTROL, int(enable))


def blank(enable: bool, *, with_next_pixel: bool = False) -> bytes:
    """Blank the beam or let it through: between pixels, or together with the next one."""
    return _encoded(Command.BLANK, int(enable) | int(with_next_pixel) << 1)


def raster_region(x: tuple[int, int, int], y: tuple[int, int, int]) -> bytes:
    """Rows and columns of the pixels that follow.

    Parameters
    ----------
    x, y
        First code, count, and step in 1/256 code.
    """
    return _encoded(Command.RASTER_REGION, 0, *x, *y)


def pixel_runs(pixels: int, cycles: int) -> bytes:
    """So many pixels of the region, each of so many converter cycles."""
    runs = bytearray()
    while pixels > 0:
        length = min(pixels, LONGEST_RUN)
        runs += _encoded(Command.PIXEL_RUN, 0, length - 1, cycles - 1)
        pixels -= length
    return bytes(runs)
