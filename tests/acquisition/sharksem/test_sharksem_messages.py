from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.acquisition.sharksem.messages import (
    HEADER,
    Message,
    decode,
    decode_numbers,
    encode,
    read_message,
)
from eclips4d.core.errors import WireError


def reader(data: bytes):
    stream = io.BytesIO(data)

    def read(count: int) -> bytearray:
        came = stream.read(count)
        if len(came) < count:
            raise ConnectionResetError("over")
        return bytearray(came)

    return read


def test_a_request_is_as_it_is_described() -> None:
    """Written out by hand from the public description of the protocol."""
    wanted = b"DtEnable" + bytes(8) + struct.pack("<IIHHI", 12, 0, 0, 0, 0) + struct.pack("<iii", 2, 1, 16)
    assert encode("DtEnable", 2, 1, 16) == wanted


@pytest.mark.parametrize(
    ("number", "body"),
    [
        (0.5, b"\x04\0\0\0" + b"0.5\0"),
        (10.25, b"\x08\0\0\0" + b"10.25\0\0\0"),
        (1000.0, b"\x08\0\0\0" + b"1000.0\0\0"),
    ],
)
def test_decimal_numbers_are_letters_with_at_least_one_zero_behind(number: float, body: bytes) -> None:
    assert encode("SetWD", number)[HEADER.size :] == body


VALUES = st.one_of(
    st.tuples(st.just("i"), st.integers(-(1 << 31), (1 << 31) - 1)),
    st.tuples(st.just("u"), st.integers(0, (1 << 32) - 1)),
    st.tuples(st.just("f"), st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just("s"), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)),
)


@given(st.lists(VALUES, max_size=6))
def test_arguments_come_back(values: list[tuple[str, object]]) -> None:
    arguments = tuple(value for _, value in values)
    message = read_message(reader(encode("Any", *arguments)))
    assert len(message.body) % 4 == 0
    assert decode(message, "".join(kind for kind, _ in values)) == arguments


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=7))
def test_all_numbers_come_back(numbers: list[float]) -> None:
    assert decode_numbers(read_message(reader(encode("StgGetPosition", *numbers)))) == tuple(numbers)


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        (b"", "i"),
        (b"\1\0", "u"),
        (b"\x08\0\0\0abcd", "s"),
        (b"\xff\xff\xff\xff", "s"),
        (b"\4\0\0\0abc\0", "f"),
        (b"\4\0\0\0nan\0", "f"),
        (b"\4\0\0\0inf\0", "f"),
        (b"\0\0\0\0", "f"),
    ],
)
def test_what_is_cut_or_no_number_is_refused(body: bytes, kinds: str) -> None:
    with pytest.raises(WireError, match="the message Any"):
        decode(Message("Any", body), kinds)


@pytest.mark.parametrize(
    "header",
    [
        HEADER.pack(b"", 0, 0, 0, 0, 0),
        HEADER.pack(b"\xff\xfe", 0, 0, 0, 0, 0),
        HEADER.pack(b"a b", 0, 0, 0, 0, 0),
        HEADER.pack(b"ScData", 101, 0, 0, 0, 0),
        bytes(range(1, 33)),
    ],
)
def test_what_is_no_message_is_refused_before_its_body_is_read(header: bytes) -> None:
    with pytest.raises(WireError):
        read_message(reader(header), 100)
