from __future__ import annotations

import struct

import cbor2
import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.acquisition.streamv2.arrays import Tagged, pixels, tagged
from eclips4d.acquisition.streamv2.compression import pack, unpack
from eclips4d.core.errors import InputError, WireError

GRID = np.arange(6, dtype=np.uint16).reshape(2, 3)


def as_it_came(item: object) -> object:
    """As the decoder hands it on."""
    if isinstance(item, cbor2.CBORTag):
        return Tagged(item.tag, as_it_came(item.value))
    return [as_it_came(one) for one in item] if isinstance(item, list) else item


@given(st.sampled_from(["lz4", "bslz4"]), st.sampled_from([1, 2, 4]), st.binary(max_size=5000), st.integers(0, 5))
def test_what_is_packed_is_unpacked(algorithm: str, element: int, seed: bytes, repeated: int) -> None:
    plain = seed * (1 + 4 * repeated)
    plain = plain[: len(plain) - len(plain) % element]
    assert unpack(algorithm, element, pack(algorithm, element, plain), len(plain)) == plain


def test_lz4_is_framed_as_the_library_frames_it() -> None:
    """Both ways, with one block of the whole and with many."""
    plain = np.random.default_rng(1).poisson(300, 30_000).astype("<u2").tobytes()
    assert unpack("lz4", 0, imagecodecs.lz4h5_encode(plain), len(plain)) == plain
    assert bytes(imagecodecs.lz4h5_decode(pack("lz4", 2, plain))) == plain


def test_bitshuffled_blocks_by_hand() -> None:
    """Sixteen uint16 of which bit 0 is set in the first eight: bit by bit, as the format says."""
    values = np.array([1] * 8 + [0] * 8, "<u2")
    planes = np.packbits(np.unpackbits(values.view(np.uint8), bitorder="little").reshape(16, 16).T, bitorder="little")
    block = imagecodecs.lz4_encode(planes.tobytes())
    packed = struct.pack(">QII", 32, 8192, len(block)) + block
    assert np.array_equal(np.frombuffer(unpack("bslz4", 2, packed, 32), "<u2"), values)


def test_elements_that_fill_no_group_of_eight_follow_as_they_are() -> None:
    plain = np.arange(11, dtype="<u2").tobytes()
    assert pack("bslz4", 2, plain).endswith(plain[16:])


GOOD = pack("bslz4", 2, bytes(20_000))


@pytest.mark.parametrize(
    ("algorithm", "element", "packed", "why"),
    [
        ("zstd", 2, GOOD, "compression"),
        ("bslz4", 3, GOOD, "elements of 3"),
        ("bslz4", 2, b"", "cut short"),
        ("bslz4", 2, GOOD[:14], "cut short"),
        ("bslz4", 2, GOOD[:-3], "cut short"),
        ("bslz4", 2, GOOD + b"x", "after the last block"),
        ("bslz4", 2, struct.pack(">Q", 1 << 60) + GOOD[8:], "where 20000 bytes are wanted"),
        ("bslz4", 2, GOOD[:8] + struct.pack(">I", 0xFFFFFFF0) + GOOD[12:], "blocks of"),
        ("bslz4", 2, GOOD[:8] + struct.pack(">I", 8200) + GOOD[12:], "blocks of 8200"),
        ("bslz4", 2, GOOD[:12] + struct.pack(">I", 1 << 31) + GOOD[16:], "cut short"),
        ("bslz4", 2, GOOD[:16] + b"\xff" * (len(GOOD) - 16), "cannot be decompressed|bytes where|cut short"),
        ("lz4", 0, struct.pack(">QI", 20_000, 0), "blocks of 0"),
    ],
)
def test_what_cannot_be_unpacked_is_refused(algorithm: str, element: int, packed: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        unpack(algorithm, element, packed, 20_000)


@pytest.mark.parametrize("compression", [None, "lz4", "bslz4"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_images_come_back(compression: str | None, dtype: str) -> None:
    image = np.random.default_rng(0).integers(0, 250, (33, 41)).astype(dtype)
    found = pixels(as_it_came(tagged(image, compression)), (33, 41), dtype)
    assert found.dtype == dtype
    assert np.array_equal(found, image)


def test_big_endian_and_column_major() -> None:
    big = Tagged(40, [[2, 3], Tagged(65, GRID.astype(">u2").tobytes())])
    columns = Tagged(1040, [[2, 3], Tagged(69, GRID.astype("<u2").tobytes(order="F"))])
    for item in (big, columns):
        assert np.array_equal(pixels(item, (2, 3), "uint16"), GRID)


@pytest.mark.parametrize(
    ("item", "what"),
    [
        (Tagged(40, [[3, 2], Tagged(69, GRID.tobytes())]), "uint16 of 2 x 3, the address says uint16 of 3 x 2"),
        (Tagged(40, [[2, 3], Tagged(70, bytes(24))]), "uint32 of 3 x 2"),
        (Tagged(40, [[2, 3], Tagged(64, bytes(6))]), "uint8 of 3 x 2"),
    ],
)
def test_an_image_of_another_layout_is_named(item: object, what: str) -> None:
    with pytest.raises(InputError, match=what):
        pixels(item, (2, 3), "uint16")


@pytest.mark.parametrize(
    "item",
    [
        None,
        [],
        Tagged(69, GRID.tobytes()),
        Tagged(40, [[2, 3]]),
        Tagged(40, [[2, 3, 1], Tagged(69, GRID.tobytes())]),
        Tagged(40, [[2, -3], Tagged(69, GRID.tobytes())]),
        Tagged(40, [[2, True], Tagged(69, GRID.tobytes())]),
        Tagged(40, [[2, 3], [1, 2, 3]]),
        Tagged(40, [[2, 3], Tagged(85, bytes(24))]),
        Tagged(40, [[2, 3], Tagged(69, "text")]),
        Tagged(40, [[2, 3], Tagged(69, bytes(11))]),
        Tagged(40, [[2, 3], Tagged(69, Tagged(56500, ["lz4", 0]))]),
        Tagged(40, [[2, 3], Tagged(69, Tagged(56500, ["lz4", "0", b""]))]),
        Tagged(40, [[2, 3], Tagged(69, Tagged(56500, [Tagged(0, ""), 0, b""]))]),
    ],
)
def test_what_is_no_image_is_refused(item: object) -> None:
    with pytest.raises(WireError):
        pixels(item, (2, 3), "uint16")
