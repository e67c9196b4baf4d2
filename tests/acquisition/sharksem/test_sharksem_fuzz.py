"""Streams of bytes that no microscope sends: random ones, and true ones that were damaged."""

from __future__ import annotations

import gc
import io
import tracemalloc

import numpy as np
import pytest

from eclips4d.acquisition.device_source import Loss
from eclips4d.acquisition.sharksem.assembly import Assembly, Scanned
from eclips4d.acquisition.sharksem.detectors import known_detectors
from eclips4d.acquisition.sharksem.fake_scan import frame_pieces
from eclips4d.acquisition.sharksem.messages import decode, decode_numbers, encode, read_message
from eclips4d.acquisition.sharksem.parts import DATA, HEAD, parse_part
from eclips4d.core.errors import WireError

CHANNELS, SHAPE = (0, 1, 2, 3), (6, 8)
PIXELS = SHAPE[0] * SHAPE[1]
MOST = HEAD.size + 2 * PIXELS
KINDS = ("i", "u", "f", "s", "ff", "is", "sf", "uuuu")
MANY, FEW, TRACED = 10_000, 400, 1000


class Cut(Exception):
    """The stream is over."""


def stream(random: np.random.Generator, frames: int = 4) -> bytes:
    images = random.integers(0, 1 << 16, (len(CHANNELS), *SHAPE), dtype=np.uint16)
    return b"".join(piece.data for k in range(frames) for piece in frame_pieces(images, CHANNELS, k))


def damaged(data: bytes, random: np.random.Generator) -> bytes:
    """Bytes changed, taken out, put in, doubled, or cut off."""
    spoilt = bytearray(data)
    for _ in range(random.integers(1, 6)):
        at, length = int(random.integers(0, len(spoilt) + 1)), int(random.integers(1, 60))
        match random.integers(0, 5):
            case 0:
                spoilt[at : at + length] = random.bytes(len(spoilt[at : at + length]))
            case 1:
                del spoilt[at : at + length]
            case 2:
                spoilt[at:at] = random.bytes(length)
            case 3:
                spoilt[at:at] = spoilt[at : at + length]
            case 4:
                # Where lengths and places stand, large numbers are worse than random ones.
                spoilt[at : at + 4] = int(random.choice([0, 1, 0x7FFFFFFF, 0xFFFFFFFF])).to_bytes(4, "little")
    return bytes(spoilt)


def fuzzed(seed: int) -> bytes:
    random = np.random.default_rng(seed)
    return random.bytes(int(random.integers(0, 400))) if seed % 4 == 0 else damaged(stream(random), random)


def receive(data: bytes) -> list[Scanned | Loss]:
    """What the adapter makes of a stream until it gives the connection up, or the stream ends."""
    whole, assembly, items = io.BytesIO(data), Assembly(CHANNELS, PIXELS, 16), []

    def read(count: int) -> bytearray:
        assert count <= max(MOST, 32), "more is waited for than there can be"
        came = whole.read(count)
        if len(came) < count:
            raise Cut
        return bytearray(came)

    try:
        while True:
            message = read_message(read, MOST)
            if message.name == DATA:
                items += assembly.put(parse_part(message, 16), 0.0)
    except (WireError, Cut):
        items += assembly.give_up()
    return items


def check_stream(seed: int) -> None:
    items = receive(fuzzed(seed))
    numbers = [item.number for item in items if isinstance(item, Scanned)]
    assert numbers == sorted(set(numbers))
    assert all(item.data.shape == (len(CHANNELS), PIXELS) for item in items if isinstance(item, Scanned))


def check_answer(seed: int) -> None:
    """Answers on the control connection, and the list of detectors in one of them."""
    random = np.random.default_rng(seed)
    answer = encode("StgGetPosition", 1.5, -2.25, "det.0.name=BSE\ndet.0.detector=4\n", int(random.integers(0, 9)))
    spoilt = io.BytesIO(damaged(answer, random))
    try:
        message = read_message(lambda count: bytearray(spoilt.read(count).ljust(count, b"?")), 1 << 12)
    except WireError:
        return
    for kinds in KINDS:
        try:
            known_detectors(" ".join(str(value) for value in decode(message, kinds)))
        except WireError:
            continue
    try:
        decode_numbers(message)
    except WireError:
        return


def test_an_undamaged_stream_gives_all_its_frames() -> None:
    items = receive(stream(np.random.default_rng(1)))
    assert [item.number for item in items if isinstance(item, Scanned)] == [0, 1, 2, 3]


def test_damage_is_felt() -> None:
    """Streams that are fuzzed are not simply thrown away, nor taken for whole."""
    delivered = [sum(isinstance(item, Scanned) for item in receive(fuzzed(seed))) for seed in range(200)]
    assert {0, 1, 2, 3} <= set(delivered)


@pytest.mark.parametrize("check", [check_stream, check_answer])
def test_fuzzed_bytes_are_survived(check) -> None:
    for seed in range(FEW):
        check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("check", [check_stream, check_answer])
def test_ten_thousand_are_survived_without_growing(check) -> None:
    for seed in range(MANY - TRACED):
        check(seed)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for seed in range(MANY - TRACED, MANY):
            check(seed)
        gc.collect()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 64 << 10
    assert peak - before < 1 << 20
