"""Values over the network: what goes in comes out, what is there already stays the same object, damage is told."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass, replace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from eclips4d.core.errors import WireError
from eclips4d.core.messages import Seen
from eclips4d.core.wire import MAX_PARTS, decode, encode
from eclips4d.metrology.stack.layers import Motion
from eclips4d.viewer.events import Event
from eclips4d.viewer.picture import (
    Detail,
    DoubtAsked,
    DoubtImage,
    Grid,
    Painted,
    Picture,
    RawImage,
    ReliefAsked,
    RunState,
    Scales,
    Segments,
    SurfaceImage,
    Wanted,
)
from eclips4d.viewer.remote import parcel
from eclips4d.viewer.remote.parcel import TABLE, packed, unpacked
from eclips4d.viewer.remote.pieces import Pieces
from eclips4d.viewer.remote.questions import FrameWanted, MovieWanted, read, written
from eclips4d.viewer.stack_words import StackShown
from eclips4d.viewer.store import StoreFrames

NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
FINITE = st.floats(-1e6, 1e6)
LEVELS = st.none() | st.tuples(FINITE, FINITE)
PLANES = hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.floats(width=32))
SERIES = hnp.arrays(np.float64, st.integers(0, 40), elements=NUMBERS)
COUNTS = hnp.arrays(np.int64, st.integers(0, 40))
IMAGES = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, max_side=6))
SCALES = st.builds(
    Scales,
    raw=st.lists(st.tuples(FINITE, FINITE), max_size=4).map(tuple),
    height=LEVELS,
    slope_deg=st.none() | st.floats(0.1, 90.0),
    change=LEVELS,
)
WANTED = st.builds(
    Wanted,
    sequence=st.none() | st.integers(0, 1 << 30),
    scales=SCALES,
    change=st.booleans(),
    stack=st.none() | st.integers(1, 64),
    doubt=st.none() | st.builds(DoubtAsked, st.sampled_from(["trust", "height_sd"]), LEVELS),
    relief=st.none() | st.builds(ReliefAsked, st.floats(0, 100), st.sampled_from(["height", "slope", "trust"])),
    detail=st.builds(Detail, st.integers(0, 4), st.integers(0, 4)),
    columns=st.frozensets(st.sampled_from(["side", "pace"])),
)
STATES = st.builds(
    RunState,
    committed=st.integers(0, 99),
    recorded=st.integers(0, 99),
    total=st.none() | st.integers(0, 99),
    ended=st.booleans(),
    changed_s=FINITE,
    time_s=SERIES,
    frame_id=COUNTS,
    status=COUNTS,
    scale_u=NUMBERS,
    drift=st.none(),
    drift_curves=st.none(),
    datum=st.none(),
    run_id=st.text(max_size=9),
)
STACKS = st.none() | st.builds(
    StackShown, st.integers(1, 64), st.lists(st.integers(0, 99), max_size=40).map(tuple), st.builds(Motion, NUMBERS)
)
SURFACES = st.builds(
    SurfaceImage, st.integers(0, 99), st.none() | PLANES, st.none() | PLANES, st.none() | PLANES, STACKS
)
EVENTS = st.lists(
    st.builds(Event, st.none() | st.integers(0, 99), st.none() | FINITE, st.text(max_size=9), st.just("note")),
    max_size=40,
).map(tuple)
PICTURES = st.builds(
    Picture,
    wanted=WANTED,
    state=st.none() | STATES,
    grid=st.none() | st.builds(Grid, st.tuples(FINITE, FINITE), st.tuples(st.integers(1, 9), st.integers(1, 9))),
    segments=st.builds(Segments, st.lists(st.text(max_size=4), max_size=20).map(tuple)),
    raw=st.none() | st.builds(RawImage, st.integers(0, 9), IMAGES | PLANES, st.integers(0, 4)),
    surface=st.none() | SURFACES,
    scales=SCALES,
    painted=st.builds(Painted, st.lists(IMAGES, max_size=20).map(tuple), st.none() | IMAGES, st.none(), NUMBERS),
    note=st.text(max_size=9),
    change=st.none(),
    doubt=st.none(),
    relief=st.none(),
    side=st.none(),
    latency=st.none(),
    events=EVENTS,
)


def same(a: Any, b: Any) -> bool:
    """Alike in type and in every value, NaN included."""
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if is_dataclass(a):
        return type(a) is type(b) and all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and math.isnan(a):
        return isinstance(b, float) and math.isnan(b)
    return type(a) is type(b) and a == b


def over_the_wire(parts: dict[str, Any]) -> dict[str, Any]:
    sent = [bytes(part) for part in encode(Seen(number=1, now_s=0.0), parts)]
    return decode(sent).arrays


@settings(max_examples=40)
@given(PICTURES, st.booleans())
def test_a_picture_comes_out_as_it_went_in(picture, compress):
    sent = packed(picture, compress=compress)
    came = unpacked(Picture, sent.root, over_the_wire(sent.parts), Pieces())
    assert same(came, picture)


@settings(max_examples=40)
@given(PICTURES, SURFACES)
def test_what_is_there_does_not_travel_again_and_stays_the_same_object(picture, surface):
    pieces = Pieces()
    first = packed(picture)
    came = unpacked(Picture, first.root, first.parts, pieces)
    again = packed(picture, frozenset(pieces.names))
    assert again.root == first.root
    assert unpacked(Picture, again.root, again.parts, pieces) is came
    assert len(again.parts) == 1, "only the table, and nothing stands in it"
    other = packed(replace(picture, surface=surface, note="other"), frozenset(pieces.names))
    news = unpacked(Picture, other.root, other.parts, pieces)
    assert news.state is came.state
    assert news.raw is came.raw
    assert news.painted is came.painted
    assert same(news.surface, surface)


def test_one_object_in_two_places_is_one_object_again():
    surface = SurfaceImage(3, np.ones((2, 2), np.float32), None, None)
    picture = Picture(Wanted(), surface=surface, doubt=DoubtImage(DoubtAsked("trust"), surface))
    sent = packed(picture)
    came = unpacked(Picture, sent.root, sent.parts, Pieces())
    assert came.doubt.surface is came.surface


def test_a_picture_of_a_store_with_all_its_extras(store):
    store.grow(3)
    columns = frozenset({"side", "pace"})
    asked = Wanted(change=True, doubt=DoubtAsked("height_sd"), relief=ReliefAsked(), columns=columns)
    picture = StoreFrames(store.path).look(asked)
    assert not picture.trouble
    sent = packed(picture)
    assert len(sent.parts) <= MAX_PARTS - 1
    assert same(unpacked(Picture, sent.root, over_the_wire(sent.parts), Pieces()), picture)


def test_many_large_pieces_share_the_parts_of_a_message(monkeypatch):
    monkeypatch.setattr(parcel, "BIN_BYTES", 100)
    images = tuple(np.full((10, 10), k, np.uint8) for k in range(40))
    picture = Picture(Wanted(), painted=Painted(images))
    sent = packed(picture, compress=False)
    assert len(sent.parts) == MAX_PARTS - 1
    assert same(unpacked(Picture, sent.root, over_the_wire(sent.parts), Pieces()), picture)


@given(
    WANTED
    | st.builds(MovieWanted, st.integers(1, 64), st.booleans())
    | st.builds(FrameWanted, st.integers(1, 64), st.booleans(), st.integers(0, 1 << 30))
)
def test_a_question_comes_out_as_it_went_in(question):
    assert read(written(question)) == question


@pytest.mark.parametrize(
    "question",
    [
        Wanted(sequence=-1),
        Wanted(sequence=1 << 50),
        Wanted(stack=0),
        Wanted(stack=65),
        Wanted(detail=Detail(5, 0)),
        Wanted(columns=frozenset({"../../etc/passwd"})),
        Wanted(doubt=DoubtAsked("/etc/passwd")),
        Wanted(doubt=DoubtAsked("trust", (0.0, math.nan))),
        Wanted(relief=ReliefAsked(math.inf)),
        Wanted(relief=ReliefAsked(1.0, "eval")),
        Wanted(scales=Scales(height=(math.nan, 1.0))),
        Wanted(scales=Scales(raw=((0.0, 1.0),) * 33)),
        Wanted(scales=Scales(slope_deg=-1.0)),
        MovieWanted(10**9, aligned_only=True),
        FrameWanted(1, True, -1),
    ],
)
def test_what_no_window_asks_is_refused(question):
    with pytest.raises(WireError):
        read(written(question))


@given(st.binary(max_size=60))
def test_bytes_are_no_question_or_a_sound_one(data):
    try:
        question = read(data)
    except WireError:
        return
    assert read(written(question)) == question


@given(
    st.integers(0, 2),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(1 << 40), 1 << 40)
        | NUMBERS
        | st.text(max_size=3)
        | st.builds(msgspec.msgpack.Ext, st.integers(0, 3), st.binary(max_size=16)),
        lambda inside: st.lists(inside, max_size=9) | st.dictionaries(st.text(max_size=2), inside, max_size=2),
    ),
)
def test_other_values_are_no_question_or_a_sound_one(kind, tree):
    try:
        question = read(msgspec.msgpack.encode([kind, tree]))
    except WireError:
        return
    assert read(written(question)) == question


def sound() -> parcel.Parcel:
    plane = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)
    state = RunState(1, 1, None, False, 0.0, np.zeros(1), np.zeros(1, np.int64), np.ones(1, np.int64))
    return packed(Picture(Wanted(), state, surface=SurfaceImage(0, plane, None, None)))


SOUND = sound()


@given(st.data())
def test_damaged_parcels_are_told(data):
    name = data.draw(st.sampled_from(sorted(SOUND.parts)))
    part = SOUND.parts[name].copy()
    what = data.draw(st.sampled_from(["flip", "cut", "swap"]))
    if what == "flip":
        part[data.draw(st.integers(0, part.size - 1))] ^= data.draw(st.integers(1, 255))
    elif what == "cut":
        part = part[: data.draw(st.integers(0, part.size - 1))]
    else:
        part = np.frombuffer(data.draw(st.binary(max_size=80)), np.uint8)
    try:
        came = unpacked(Picture, SOUND.root, {**SOUND.parts, name: part}, Pieces())
    except WireError:
        return
    assert isinstance(came, Picture)  # some bytes carry only values


def test_an_announced_size_is_not_believed():
    table = msgspec.msgpack.encode({b"r": parcel.Piece(None, "float64", (1 << 20, 1 << 20), 0, 0, 8)})
    parts = {TABLE: np.frombuffer(b"\0" + table, np.uint8), "0": np.zeros(8, np.uint8)}
    with pytest.raises(WireError, match="impossible shape"):
        unpacked(Picture, b"r", parts, Pieces())


@pytest.mark.parametrize("kind", ["object", "O", "V8", "datetime64", "<U4"])
def test_an_array_of_objects_is_refused(kind):
    table = msgspec.msgpack.encode({b"r": parcel.Piece(None, kind, (1,), 0, 0, 8)})
    parts = {TABLE: np.frombuffer(b"\0" + table, np.uint8), "0": np.zeros(8, np.uint8)}
    with pytest.raises(WireError):
        unpacked(Picture, b"r", parts, Pieces())


def test_a_piece_that_holds_itself_is_refused():
    table = msgspec.msgpack.encode({b"r": parcel.Piece([msgspec.msgpack.Ext(1, b"r")] * len(fields(Picture)))})
    with pytest.raises(WireError):
        unpacked(Picture, b"r", {TABLE: np.frombuffer(b"\0" + table, np.uint8)}, Pieces())


def test_pieces_are_bounded_in_number_and_bytes():
    pieces = Pieces(most=4, most_bytes=1000)
    for k in range(9):
        pieces.put(bytes([k]), np.zeros(100, np.uint8))
    pieces.trim()
    assert pieces.names == (b"\5", b"\6", b"\7", b"\x08")
    pieces.get(b"\5")
    pieces.put(b"big", np.zeros(900, np.uint8))
    pieces.trim()
    assert pieces.names == (b"\5", b"big")
    assert pieces.held_bytes == 1000


@given(st.integers(32, 70), st.integers(32, 70), st.integers(1, 4))
def test_a_coarse_map_holds_the_means_of_its_squares(rows, columns, halved):
    plane = np.random.default_rng(rows).normal(size=(rows, columns)).astype(np.float32)
    small = np.zeros((2, 2), np.float32)
    picture = Picture(Wanted(), surface=SurfaceImage(0, plane, small, None))
    sent = packed(picture, halved=halved)
    came = unpacked(Picture, sent.root, over_the_wire(sent.parts), Pieces()).surface
    assert came.height.shape == plane.shape
    assert np.array_equal(came.height_sd, small), "what is small already stays"
    side = 2**halved
    whole = plane[: rows // side * side, : columns // side * side]
    means = whole.reshape(rows // side, side, columns // side, side).mean((1, 3))
    assert np.allclose(came.height[: whole.shape[0] : side, : whole.shape[1] : side], means, atol=1e-5)
    assert packed(picture).root != sent.root


@pytest.mark.parametrize(("halved", "full"), [(1, (99, 99)), (5, (64, 64)), (-1, (2, 2)), (4, (1 << 19, 1 << 19))])
def test_a_map_that_is_stretched_too_far_is_refused(halved, full):
    piece = parcel.Piece(None, "float32", (2, 2), 0, 0, 16, False, halved, full)
    table = msgspec.msgpack.encode({b"r": piece})
    parts = {TABLE: np.frombuffer(b"\0" + table, np.uint8), "0": np.zeros(16, np.uint8)}
    with pytest.raises(WireError):
        unpacked(Picture, b"r", parts, Pieces())
