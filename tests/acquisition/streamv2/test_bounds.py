from __future__ import annotations

import random
from datetime import UTC, datetime
from fractions import Fraction

import cbor2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.acquisition.streamv2.arrays import pixels
from eclips4d.acquisition.streamv2.bounds import MOST_ITEMS, check_bounds
from eclips4d.acquisition.streamv2.messages import Image, read, write_end, write_image
from eclips4d.core.errors import InputError, WireError

SELF_DESCRIBED = b"\xd9\xd9\xf7"
BEGAN = "2026-01-01T00:00:00+00:00"


def image_message(compression: str | None = None) -> bytes:
    planes = {name: np.arange(12 * 16, dtype=np.uint16).reshape(12, 16) for name in "ABCD"}
    return write_image("series", 7, (1.0, 1.5), planes, began_utc=BEGAN, compression=compression)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 64), (1 << 64) - 1) | st.floats() | st.binary() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=30,
)


@given(plain)
def test_what_cbor_writes_is_within_bounds(item: object) -> None:
    """And nothing after it is: the heads that are walked here are those that the library wrote."""
    message = cbor2.dumps(item)
    check_bounds(message)
    with pytest.raises(WireError):
        check_bounds(message + b"\x00")
    with pytest.raises(WireError):
        check_bounds(message[:-1])


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"", "cut short"),
        (b"\x5b" + (1 << 62).to_bytes(8, "big"), "cut short"),
        (b"\x9b" + (1 << 62).to_bytes(8, "big"), "cut short"),
        (b"\x7a" + (1 << 20).to_bytes(4, "big") + b"a" * (1 << 20), "a text of"),
        (b"\x81" * 100, "levels"),
        (b"\xa0\xa0", "after the message"),
        (b"\x9f\xff", "indefinite"),
        (b"\x5f\x41a\xff", "indefinite"),
        (cbor2.dumps([0] * MOST_ITEMS), "items"),
        (cbor2.dumps(cbor2.CBORTag(2, b"\x01" * 9)), "the tag 2"),
        (cbor2.dumps(cbor2.CBORTag(4, [10**9, 1])), "the tag 4"),
        (cbor2.dumps(cbor2.CBORTag(35, "(a+)+$")), "the tag 35"),
        (cbor2.dumps(cbor2.CBORTag(28, [])), "the tag 28"),
        (cbor2.dumps(datetime(2026, 1, 1, tzinfo=UTC), datetime_as_timestamp=True), "the tag 1"),
    ],
)
def test_what_no_detector_sends_is_refused(message: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        read(message)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"type": "picture"}, "type 'picture'"),
        ({"series_unique_id": None, "series_id": None}, "no series"),
        ({"image_id": -1}, "image_id"),
        ({"image_id": 1 << 63}, "image_id"),
        ({"image_id": True}, "image_id"),
        ({"start_time": [1, 0]}, "start_time"),
        ({"start_time": [1.5, 2]}, "start_time"),
        ({"start_time": [9, 1]}, "ends before"),
        ({"stop_time": 3}, "stop_time"),
        ({"data": []}, "without data"),
        ({"data": {1: 2}}, "without data"),
    ],
)
def test_an_image_needs_its_fields(changes: dict[str, object], why: str) -> None:
    message = image_message()
    assert message.startswith(SELF_DESCRIBED)
    fields = cbor2.loads(message.removeprefix(SELF_DESCRIBED), tag_hook=lambda tag, _immutable: tag)
    fields["series_date"] = cbor2.CBORTag(0, BEGAN)
    assert isinstance(read(cbor2.dumps(fields)), Image)
    with pytest.raises(WireError, match=why):
        read(cbor2.dumps({**fields, **changes}))


def test_keys_that_repeat_are_refused() -> None:
    with pytest.raises(WireError, match="unreadable"):
        read(b"\xa2\x61a\x01\x61a\x02")


def test_a_message_that_is_no_map_is_refused() -> None:
    with pytest.raises(WireError, match="no map"):
        read(b"\x80")


def fuzzed(seed: int) -> bytes:
    """A message with some bytes changed, cut, doubled, or nothing but noise."""
    rng = random.Random(seed)
    whole = bytearray(image_message(rng.choice([None, "lz4", "bslz4"])) if rng.random() < 0.9 else write_end("s"))
    for _ in range(rng.randint(1, 8)):
        place = rng.randrange(len(whole))
        match rng.randrange(4):
            case 0:
                whole[place] = rng.randrange(256)
            case 1:
                del whole[place : place + rng.randint(1, 64)]
            case 2:
                whole[place:place] = rng.randbytes(rng.randint(1, 16))
            case _:
                whole[place] ^= 1 << rng.randrange(8)
        if not whole:
            whole = bytearray(rng.randbytes(40))
    return bytes(whole)


def look_at(message: bytes) -> str:
    try:
        said = read(message)
        if not isinstance(said, Image):
            return "read"
        assert isinstance(said.start_s, Fraction)
        for item in said.data.values():
            assert pixels(item, (12, 16), "uint16").shape == (12, 16)
    except WireError:
        return "dropped"
    except InputError:
        return "another layout"
    return "read"


def test_ten_thousand_damaged_messages_are_dropped_and_nothing_else_happens() -> None:
    outcomes = [look_at(fuzzed(seed)) for seed in range(10_000)]
    assert set(outcomes) == {"dropped", "read", "another layout"}
    assert outcomes.count("dropped") > 3000
    assert outcomes.count("read") > 300  # a changed pixel is a pixel
