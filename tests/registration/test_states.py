"""States that travel with a commit: read back, refused in one line."""

from __future__ import annotations

import msgspec
import pytest

from eclips4d.core.errors import InputError
from eclips4d.registration.states import decode_state, encode_state


class Counted(msgspec.Struct, frozen=True, array_like=True):
    count: int
    name: str = ""


def test_a_state_is_read_back() -> None:
    assert decode_state(encode_state(3, Counted(7, "x")), Counted, 3, "count") == Counted(7, "x")


def test_another_version_is_named_whatever_it_holds() -> None:
    later = msgspec.msgpack.encode((4, {"something": "else"}))
    with pytest.raises(InputError, match=r"^count of version 4, this is version 3; finish the run"):
        decode_state(later, Counted, 3, "count")


@pytest.mark.parametrize(
    "state", [b"", b"\x00", b"garbage", msgspec.msgpack.encode(3), msgspec.msgpack.encode((3, ["x"])), b"\x92\x03"]
)
def test_what_is_no_state_is_refused_in_one_line(state: bytes) -> None:
    with pytest.raises(InputError, match=r"^unreadable count: ") as raised:
        decode_state(state, Counted, 3, "count")
    assert "\n" not in str(raised.value)
