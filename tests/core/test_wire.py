"""The wire: what goes in comes out, without a copy; what is damaged, foreign or hostile is a `WireError`."""

from __future__ import annotations

import tracemalloc

import msgspec
import numpy as np
import pytest
from hostile_wire import good_header, good_message, harmless_message, hostile_messages
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from eclips4d.core import wire
from eclips4d.core.errors import WireError
from eclips4d.core.messages import Beat, FrameOffer, Welcome

HOSTILE = hostile_messages()
ARRAYS = st.dictionaries(
    st.text(max_size=20),
    st.sampled_from(wire.DTYPES).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
    ),
    max_size=wire.MAX_PARTS - 1,
)


def on_the_wire(parts) -> list[bytes]:
    return [bytes(part) for part in parts]


@given(ARRAYS)
def test_round_trip_of_every_type_and_shape(arrays):
    received = wire.decode(on_the_wire(wire.encode(Beat(name="x"), arrays)))
    assert received.body == Beat(name="x")
    assert list(received.arrays) == list(arrays)
    for name, array in arrays.items():
        came = received.arrays[name]
        assert came.dtype == array.dtype
        assert came.shape == array.shape
        assert came.tobytes() == array.tobytes()


@given(
    st.builds(
        good_header,
        run_id=st.text(max_size=50),
        sequence=st.integers(0, 1 << 53),
        frame_id=st.integers(-(1 << 63), (1 << 63) - 1),
        start_s=st.floats(-1e12, 1.0),
        side=st.dictionaries(st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,63}", fullmatch=True), st.floats(allow_nan=False)),
    )
)
def test_round_trip_of_every_header(header):
    received = wire.decode(wire.encode(FrameOffer(header=header, stamps={"acquisition": 1})))
    assert received.body == FrameOffer(header=header, stamps={"acquisition": 1})


def test_a_row_of_bytes_may_be_longer_than_any_scan_is_wide():
    row = np.arange((1 << 20) + 5, dtype=np.uint32).view(np.uint8)
    again = wire.decode(on_the_wire(wire.encode(Beat(name="x"), {"0": row})))
    assert np.array_equal(again.arrays["0"], row)


def test_encoding_does_not_copy_and_decoding_gives_views():
    raw = np.arange(4 * 512 * 512, dtype=np.uint16).reshape(4, 512, 512)
    tracemalloc.start()
    parts = wire.encode(Beat(name="x"), {"raw": raw})
    received = wire.decode(parts)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.shares_memory(np.frombuffer(parts[1], np.uint8), raw)
    assert np.shares_memory(received.arrays["raw"], raw)
    assert peak < raw.nbytes / 10


def test_received_arrays_cannot_be_written_to():
    raw = np.zeros((3, 4, 5), np.uint8)
    array = wire.decode(wire.encode(Beat(name="x"), {"raw": raw})).arrays["raw"]
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0, 0] = 1


@pytest.mark.parametrize(("name", "parts"), HOSTILE, ids=[name for name, _ in HOSTILE])
def test_hostile_message_is_refused_in_little_memory(name, parts):
    tracemalloc.start()
    with pytest.raises(WireError) as refusal:
        wire.decode(parts)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "\n" not in str(refusal.value)
    assert peak < 24 * wire.MAX_HEADER_BYTES


@given(st.binary(max_size=400), st.binary(max_size=16))
def test_any_bytes_behind_the_magic_are_a_message_or_a_wire_error(body, array):
    with pytest.raises(WireError):
        wire.decode([wire.MAGIC + body, array])


@given(st.data())
def test_any_damage_to_a_header_is_a_message_or_a_wire_error(data):
    parts = good_message()
    header = bytearray(parts[0])
    for _ in range(data.draw(st.integers(1, 4))):
        header[data.draw(st.integers(0, len(header) - 1))] = data.draw(st.integers(0, 255))
    try:
        received = wire.decode([bytes(header), *parts[1:]])
    except WireError:
        return
    assert isinstance(received.body, msgspec.Struct)


MSGPACK_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(
    field=st.sampled_from(sorted(FrameOffer.__struct_fields__ + good_header().__struct_fields__)), value=MSGPACK_VALUES
)
def test_any_value_in_any_field_is_a_frame_or_a_wire_error(field, value):
    header, array = good_message()
    body, specs = msgspec.msgpack.decode(header[len(wire.MAGIC) :])
    (body if field in FrameOffer.__struct_fields__ else body["header"])[field] = value
    try:
        received = wire.decode([wire.MAGIC + msgspec.msgpack.encode((body, specs)), array])
    except WireError:
        return
    assert isinstance(received.body, FrameOffer)
    assert received.body.header.sequence >= 0


@given(st.integers(0, 119), st.integers(0, 7))
def test_every_flipped_bit_of_an_array_is_noticed(byte, bit):
    header, array = good_message()
    damaged = bytearray(array)
    damaged[byte] ^= 1 << bit
    with pytest.raises(WireError, match="damaged"):
        wire.decode([header, bytes(damaged)])


def test_other_version_is_named_with_its_cure():
    header, array = good_message()
    with pytest.raises(WireError, match=r"wire version 09, this is version 1; run one version on all hosts"):
        wire.decode([b"E4D\x09" + header[4:], array])


def test_sender_refuses_what_no_receiver_would_take():
    beat = Beat(name="x")
    with pytest.raises(WireError, match="not C-contiguous"):
        wire.encode(beat, {"raw": np.zeros((4, 4), np.uint8).T[:, :2]})
    with pytest.raises(WireError, match="unknown type"):
        wire.encode(beat, {"raw": np.zeros(4, ">u2")})
    with pytest.raises(WireError, match="unknown type"):
        wire.encode(beat, {"raw": np.zeros(4, np.int16)})
    with pytest.raises(WireError, match="impossible shape"):
        wire.encode(beat, {"raw": np.zeros((1, 1, 1, 1, 1), np.uint8)})
    with pytest.raises(WireError, match="16 arrays"):
        wire.encode(beat, {str(i): np.zeros(1, np.uint8) for i in range(wire.MAX_PARTS)})
    with pytest.raises(WireError, match="a header of"):
        wire.encode(Welcome(run_id="r", next_sequence=0, credits=1, state=bytes(wire.MAX_HEADER_BYTES)))


def test_largest_state_fits_into_a_header():
    state = bytes(64 * 1024)
    received = wire.decode(wire.encode(Welcome(run_id="r", next_sequence=0, credits=1, state=state)))
    assert received.body.state == state


def test_harmless_message_is_one():
    assert wire.decode(harmless_message()).body == Beat(name="probe")
    assert wire.decode(good_message()).arrays["raw"].shape == (3, 4, 5)
