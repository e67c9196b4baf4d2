"""Bytes of the protocol: against the published command definitions, and whatever else may come."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.acquisition.obi import commands
from eclips4d.acquisition.obi.pixels import find_mark, read_mark, read_pixels
from eclips4d.acquisition.obi.settings import ObiScan
from eclips4d.core.errors import WireError


def reader(content: bytes) -> Callable[[int], bytes]:
    """What is there, then an end as of a closed connection."""
    place = 0

    def read(count: int) -> bytes:
        nonlocal place
        came, place = content[place : place + count], place + count
        if len(came) < count:
            raise ConnectionResetError
        return came

    return read


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (commands.synchronize(0x1234), "011234"),
        (commands.abort(), "10"),
        (commands.flush(), "20"),
        (commands.external_control(True), "31"),
        (commands.external_control(False), "30"),
        (commands.blank(True), "51"),
        (commands.blank(False, with_next_pixel=True), "52"),
        (commands.raster_region((0, 2048, 0x0800), (16, 1024, 0x0800)), "a0000008000800001004000800"),
        (commands.pixel_runs(2, 3), "c000010002"),
        (commands.pixel_runs(65536, 1), "c0ffff0000"),
        (commands.pixel_runs(65537, 8), "c0ffff0007c000000007"),
    ],
)
def test_commands(made: bytes, wanted: str) -> None:
    """By hand from software/obi/commands of the project: type in the high half, flags from the lowest bit on."""
    assert made.hex() == wanted


@given(pixels=st.integers(1, 300_000), cycles=st.integers(1, 65536))
def test_runs_add_up(pixels: int, cycles: int) -> None:
    runs = commands.pixel_runs(pixels, cycles)
    parts = [struct.unpack(">BHH", runs[k : k + 5]) for k in range(0, len(runs), 5)]
    assert sum(length + 1 for _, length, _ in parts) == pixels
    assert all(head == 0xC0 and dwell == cycles - 1 for head, _, dwell in parts)


@given(values=st.lists(st.integers(0, 16383), min_size=1, max_size=50), cookie=st.integers(0, 65535))
def test_pixels_and_marks_come_back(values: list[int], cookie: int) -> None:
    pixels = np.array(values, dtype=np.uint16) << 2
    content = pixels.astype(">u2").tobytes() + b"\xff\xff" + cookie.to_bytes(2, "big") + b"rest"
    read = reader(content)
    assert np.array_equal(read_pixels(read, len(values)), pixels)
    read_mark(read, cookie)
    assert read(4) == b"rest"


@given(before=st.binary(max_size=60), cookie=st.integers(0, 65535), after=st.binary(max_size=5))
def test_a_mark_is_found_wherever_it_stands(before: bytes, cookie: int, after: bytes) -> None:
    mark = b"\xff\xff" + cookie.to_bytes(2, "big")
    content = before + mark + after
    assert find_mark(reader(content), cookie) == content.index(mark)


@given(values=st.lists(st.integers(0, 16383), min_size=3, max_size=30), lost=st.integers(0, 40))
def test_a_lost_byte_is_never_taken_for_pixels(values: list[int], lost: int) -> None:
    """All pixels of a run end in two zero bits; with a byte missing the mark that follows shifts into them."""
    content = (np.array(values, dtype=np.uint16) << 2).astype(">u2").tobytes() + b"\xff\xff\x00\x01"
    lost %= 2 * len(values)
    read = reader(content[:lost] + content[lost + 1 :])
    with pytest.raises((WireError, ConnectionResetError)):
        read_pixels(read, len(values))
        read_mark(read, 1)


def test_ten_thousand_spoilt_streams() -> None:
    random = np.random.default_rng(11)
    good = (np.arange(64, dtype=np.uint16) << 2).astype(">u2").tobytes() + b"\xff\xff\x00\x07"
    refused, times = 0, 10_000
    for _ in range(times):
        spoilt = bytearray(good)
        for place in random.integers(0, len(good), random.integers(0, 5)):
            spoilt[place] = random.integers(0, 256)
        length = len(good) if random.random() < 0.5 else random.integers(0, len(good))
        read = reader(bytes(spoilt[:length]) + random.bytes(random.integers(0, 9)))
        try:
            pixels = read_pixels(read, 64)
            read_mark(read, 7)
            assert not np.any(pixels & 3)
        except (WireError, ConnectionResetError):
            refused += 1
        with suppress(ConnectionResetError):
            find_mark(read, 7)
    assert 0 < refused < times


def test_steps_reach_the_last_code_and_no_further() -> None:
    for width, height, settle in [(1024, 1024, 32), (8192, 100, 0), (2, 8192, 0), (512, 512, 64), (20, 12, 3)]:
        asked = ObiScan(width=width, height=height, settle=settle)
        for pixels in (width + settle, height):
            last = asked.start(pixels) + (pixels - 1) * asked.step / commands.STEP
            assert asked.start(pixels) >= 0 and last < commands.DAC_CODES
            assert abs(asked.start(pixels) + last - commands.DAC_CODES) <= asked.step / commands.STEP + 2
        assert 0 < asked.step < 1 << 16


def test_dwell_is_a_whole_number_of_cycles() -> None:
    assert ObiScan(dwell_us=1.0).cycles == 8 and ObiScan(dwell_us=0.125).cycles == 1
    assert ObiScan(width=1000, settle=24, dwell_us=2.0).line_time_s == pytest.approx(1024 * 2e-6)
