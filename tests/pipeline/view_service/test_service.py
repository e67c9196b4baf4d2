"""Windows that ask over a socket: they see what a window beside the store sees, and nothing else can be had."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
import zmq
from hypothesis import given, settings
from hypothesis import strategies as st
from opened_messages import SOUND
from view_service_helpers import Served, shows, until

from eclips4d.core.errors import InputError, MissingInputError, StoreError
from eclips4d.core.messages import Look, Seen
from eclips4d.core.wire import MAGIC, MAX_PARTS, decode, encode
from eclips4d.pipeline.security.keyring import ServerKey
from eclips4d.pipeline.security.keys import KeyPair
from eclips4d.pipeline.view_service import client as client_module
from eclips4d.pipeline.view_service import service as service_module
from eclips4d.pipeline.view_service.service import ViewService
from eclips4d.pipeline.view_service.shelf import Shelf
from eclips4d.viewer.frame_memory import FrameMemory
from eclips4d.viewer.picture import DoubtAsked, ReliefAsked, Wanted
from eclips4d.viewer.remote.frames import RemoteFrames
from eclips4d.viewer.remote.link import Place
from eclips4d.viewer.remote.movies import RemoteMovies
from eclips4d.viewer.remote.pace import Pace
from eclips4d.viewer.remote.parcel import Parcel
from eclips4d.viewer.remote.questions import written
from eclips4d.viewer.store import StoreFrames

ONE = np.zeros(1, np.uint8)


def test_a_window_sees_what_one_beside_the_store_sees(store, closing):
    store.grow(3)
    served = closing(Served(store.path))
    frames = closing(RemoteFrames(Place(served.address)))
    for wanted in (
        Wanted(),
        Wanted(1),
        Wanted(2, doubt=DoubtAsked("height_sd"), relief=ReliefAsked()),
        Wanted(stack=2),
    ):
        there = until(frames, wanted, shows(wanted))
        here = StoreFrames(store.path).look(wanted)
        assert np.array_equal(there.surface.height, here.surface.height, equal_nan=True)
        assert np.array_equal(there.raw.data, here.raw.data)
        assert np.array_equal(there.painted.height, here.painted.height)
        assert there.scales == here.scales
        assert there.grid == here.grid
        assert there.events == here.events
        assert there.state.run_id == "run"
        assert abs(there.state.changed_s - here.state.changed_s) < 5.0


def test_what_grows_is_shown_and_what_does_not_is_the_same_object(store, closing):
    store.grow(1)
    served = closing(Served(store.path))
    frames = closing(RemoteFrames(Place(served.address)))
    first = until(frames, Wanted(), shows(Wanted()))
    for _ in range(5):
        assert frames.look(Wanted()) is first
    store.record(1)
    later = until(frames, Wanted(), lambda p: p.state.recorded == 2)
    assert later.surface is first.surface, "the height is still the same one"
    assert later.raw.sequence == 1
    store.settle(1)
    newest = until(frames, Wanted(), lambda p: p.surface is not first.surface)
    assert newest.surface.sequence == 1
    store.finish()
    until(frames, Wanted(), lambda p: p.state.ended)


def test_two_windows_look_at_different_frames(store, closing):
    store.grow(4)
    served = closing(Served(store.path))
    one, other = (closing(RemoteFrames(Place(served.address))) for _ in range(2))
    for k in range(3):
        assert until(one, Wanted(k), shows(Wanted(k))).surface.sequence == k
        assert until(other, Wanted(3 - k), shows(Wanted(3 - k))).surface.sequence == 3 - k
    assert served.service.windows == 2


def test_a_store_that_is_not_there_yet_is_waited_for(make_store, tmp_path, closing):
    served = closing(Served(tmp_path / "run.zarr"))
    frames = closing(RemoteFrames(Place(served.address)))
    until(frames, Wanted(), lambda p: p.note == f"waiting for {tmp_path / 'run.zarr'}")
    make_store().grow(1)
    assert until(frames, Wanted(), lambda p: p.surface is not None).surface.sequence == 0


def test_surfaces_are_measured_over_the_network(store, closing):
    from eclips4d.viewer.measuring.movies import StoredMovies

    keeping = store
    keeping.grow(2)
    served = closing(Served(store.path))
    movies = closing(RemoteMovies(Place(served.address)))
    with pytest.raises(StoreError, match="the run keeps no slope_sd"):
        movies.look()
    with pytest.raises(InputError, match="the run keeps no slope_sd"):
        StoredMovies(store.path).look()


def test_a_movie_over_the_network_is_the_movie_of_the_store(make_store, closing):
    from eclips4d.viewer.measuring.movies import StoredMovies

    store = make_store(keep=("height", "height_sd", "slope", "slope_sd", "trust"))
    store.grow(3)
    served = closing(Served(store.path))
    movies = closing(RemoteMovies(Place(served.address)))
    there, here = movies.look(), StoredMovies(store.path).look()
    assert there.grid == here.grid
    assert (there.frames, there.shape) == (here.frames, here.shape)
    for one, other in zip(there, here, strict=True):
        assert np.array_equal(one.height, other.height)
        assert np.array_equal(one.slope_sd, other.slope_sd)
        assert one.drift == other.drift
        assert one.row_time_s.tolist() == other.row_time_s.tolist()
    assert movies.look() is there, "nothing was committed"
    store.grow(1)
    assert movies.look().frames == (0, 1, 2, 3)


def test_who_leaves_waits_no_longer(closing):
    movies = closing(RemoteMovies(Place("tcp://127.0.0.1:1")))
    movies.leave()
    with pytest.raises(StoreError, match="no answer"):
        movies.look()


def test_over_a_slow_line_the_newest_comes_coarse_then_whole_and_stays_so(store, closing, monkeypatch):
    monkeypatch.setattr(Pace, "level", 2)
    store.grow(1)
    served = closing(Served(store.path))
    frames = closing(RemoteFrames(Place(served.address)))
    for k in range(3):
        until(frames, Wanted(), lambda p: p.coarse == 2)
        whole = until(frames, Wanted(), lambda p, k=k: p.surface.sequence == k and not p.coarse)
        assert np.array_equal(whole.surface.height, StoreFrames(store.path).look(Wanted(k)).surface.height)
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            assert frames.look(Wanted()) is whole
        store.grow(1)


# -- which stores ----------------------------------------------------------------------------------------------------


def test_several_stores_are_told_apart_by_name(make_store, tmp_path, closing):
    make_store("a.zarr").grow(1)
    make_store("b.zarr").grow(2)
    served = closing(Served(tmp_path))
    for name, recorded in (("a", 1), ("b.zarr", 2)):
        frames = closing(RemoteFrames(Place(served.address, name)))
        assert until(frames, Wanted(), shows(Wanted())).state.recorded == recorded
    nameless = closing(RemoteFrames(Place(served.address)))
    assert until(nameless, Wanted(), lambda p: bool(p.trouble)).trouble == "no such store; there is a.zarr, b.zarr"
    assert nameless.look(Wanted()) is nameless.look(Wanted())


@pytest.mark.parametrize("name", ["../run", "..", "/etc", ".", "run.zarr/", "run\0", "*", "link", "file"])
def test_a_name_only_chooses_among_the_stores_there_are(make_store, tmp_path, name):
    inside = tmp_path / "folder"
    inside.mkdir()
    outside = make_store()
    (inside / "link.zarr").symlink_to(outside.path)
    (inside / "file.zarr").write_text("")
    (inside / "good.zarr").mkdir()
    shelf = Shelf(inside)
    assert shelf.names() == ["good.zarr"]
    with pytest.raises(StoreError, match=r"no such store; there is good\.zarr"):
        shelf.find(name)


def test_what_is_neither_store_nor_folder_is_not_served(tmp_path):
    (tmp_path / "file.zarr").write_text("")
    with pytest.raises(InputError, match="no store"):
        Shelf(tmp_path / "file.zarr")
    with pytest.raises(MissingInputError, match="no such store or folder"):
        Shelf(tmp_path / "nothing")
    with pytest.raises(MissingInputError, match="no such folder"):
        Shelf(tmp_path / "nowhere" / "run.zarr")


# -- whoever else speaks ---------------------------------------------------------------------------------------------


class Stranger:
    """A bare socket."""

    def __init__(self, address: str, largest_answer: int = 1 << 30) -> None:
        self.context: zmq.Context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVHWM, 1)
        self.socket.connect(address)

    def say(self, *parts: bytes) -> None:
        self.socket.send_multipart(list(parts))

    def hears(self, timeout_ms: int = 20_000) -> Seen:
        while self.socket.poll(timeout_ms):
            body = decode(self.socket.recv_multipart()).body
            if isinstance(body, Seen):  # a note is refused in words of its own
                return body
        raise AssertionError("no answer")

    def close(self) -> None:
        self.socket.close()
        self.context.term()


def sound_look(number: int = 1, **changed: object) -> list[bytes]:
    return encode(Look(**{"number": number, "wanted": written(Wanted()), **changed}))


def hostile() -> list[list[bytes]]:
    others = [list(map(bytes, encode(one.body, one.arrays))) for one in SOUND if not isinstance(one.body, Look)]
    small = [parts for parts in others if all(len(part) < service_module.LARGEST for part in parts)]
    return [
        [b""],
        [b"x" * 100],
        [MAGIC + b"\xff" * 50],
        sound_look(wanted=b""),
        sound_look(wanted=b"\xc1"),
        sound_look(wanted=msgspec.msgpack.encode([0, [None] * 8])),
        sound_look(wanted=msgspec.msgpack.encode([7, []])),
        sound_look(wanted=b"\x91" * 10_000),
        encode(Look(number=1, wanted=written(Wanted())), {"raw": np.zeros(3, np.uint8)}),
        *small,
    ]


def test_hostile_bytes_are_counted_and_others_are_served(store, closing):
    store.grow(1)
    served = closing(Served(store.path))
    frames = closing(RemoteFrames(Place(served.address)))
    stranger = closing(Stranger(served.address))
    messages = hostile()
    for parts in messages:
        stranger.say(*parts)
    stranger.say(*sound_look(number=5))
    assert stranger.hears().number == 5
    assert served.service.port.bad_messages == len(messages)
    assert until(frames, Wanted(), shows(Wanted())).surface is not None


def test_more_questions_than_anybody_has_are_dropped(store, closing):
    store.grow(1)
    served = closing(Served(store.path))
    stranger = closing(Stranger(served.address))
    asked = 5 * service_module.QUESTIONS_AT_ONCE
    for k in range(asked):
        stranger.say(*sound_look(number=k))
    frames = closing(RemoteFrames(Place(served.address)))
    until(frames, Wanted(), shows(Wanted()))
    end = time.monotonic() + 20
    while not served.service.port.bad_messages and time.monotonic() < end:
        time.sleep(0.02)
    assert 0 < served.service.port.bad_messages < asked
    assert served.service.windows == 2


def test_who_reads_nothing_holds_nobody_up(store, closing, monkeypatch):
    monkeypatch.setattr(service_module, "QUESTIONS_PER_S", 1e6)
    store.grow(3)
    served = closing(Served(store.path))
    deaf = closing(Stranger(served.address))
    for k in range(200):
        deaf.say(*sound_look(number=k, wanted=written(Wanted(k % 3))))
    frames = closing(RemoteFrames(Place(served.address)))
    for k in range(3):
        until(frames, Wanted(k), shows(Wanted(k)))


def test_windows_are_bounded_in_number(store, closing, monkeypatch):
    monkeypatch.setattr(service_module, "MOST_CLIENTS", 2)
    store.grow(1)
    served = closing(Served(store.path))
    for k in range(5):
        stranger = closing(Stranger(served.address))
        stranger.say(*sound_look(number=k))
        assert stranger.hears().number == k
    assert served.service.windows <= 2


@settings(max_examples=30, deadline=None)
@given(parts=st.lists(st.binary(max_size=200), min_size=1, max_size=4))
def test_a_window_survives_what_a_false_service_says(parts):
    context: zmq.Context = zmq.Context()
    liar = context.socket(zmq.ROUTER)
    port = liar.bind_to_random_port("tcp://127.0.0.1")
    frames = RemoteFrames(Place(f"tcp://127.0.0.1:{port}"))
    try:
        while not liar.poll(10):
            frames.look(Wanted())
        name, *question = liar.recv_multipart()
        number = decode(question).body.number
        liar.send_multipart([name, *parts])
        table = {"table": np.frombuffer(parts[0], np.uint8)}
        liar.send_multipart([name, *encode(Seen(number=number, now_s=0.0, root=b"r" * 16), table)])
        end = time.monotonic() + 20
        while frames.damaged < 2 and time.monotonic() < end:
            frames.look(Wanted())
        assert frames.damaged >= 2
        assert frames.look(Wanted()).state is None
    finally:
        frames.close()
        liar.close(linger=0)
        context.term()


def test_an_answer_that_no_message_holds_is_refused_and_the_service_goes_on(store, closing, monkeypatch):
    store.grow(2)
    served = closing(Served(store.path))
    whole = client_module.packed

    def too_much(value, *how, **more):
        parcel = whole(value, *how, **more)
        return parcel if value.wanted.sequence != 1 else Parcel(parcel.root, {str(k): ONE for k in range(MAX_PARTS)})

    monkeypatch.setattr(client_module, "packed", too_much)
    frames = closing(RemoteFrames(Place(served.address)))
    until(frames, Wanted(1), lambda p: p.trouble == f"it cannot be sent: {MAX_PARTS} arrays in one message")
    until(frames, Wanted(0), shows(Wanted(0)))


# -- keys ------------------------------------------------------------------------------------------------------------


def pair(name: str) -> KeyPair:
    return KeyPair(name, *zmq.curve_keypair())


def test_whose_key_is_allowed_comes_in_and_nobody_else(store, closing):
    store.grow(1)
    own, friend, foe = pair("recorder"), pair("office"), pair("foe")
    served = closing(Served(store.path, keys=(own, lambda: {friend.public: "office"})))
    good = closing(RemoteFrames(Place(served.address, prepare=ServerKey(friend, own.public).put_on)))
    wrong_key = closing(RemoteFrames(Place(served.address, prepare=ServerKey(foe, own.public).put_on)))
    wrong_host = closing(RemoteFrames(Place(served.address, prepare=ServerKey(friend, foe.public).put_on)))
    keyless = closing(RemoteFrames(Place(served.address)))
    assert until(good, Wanted(), shows(Wanted())).surface is not None
    end = time.monotonic() + 20
    while served.gate.refused < 1 and time.monotonic() < end:
        for stranger in (wrong_key, wrong_host, keyless):
            assert stranger.look(Wanted()).state is None
    assert served.gate.refused >= 1
    assert served.gate.wrong_keys.total >= 1


def test_an_address_of_others_needs_keys(store):
    with zmq.Context() as context, pytest.raises(InputError, match="others can reach this address"):
        ViewService(Shelf(store.path), context, "tcp://0.0.0.0:*")


def test_memory_for_one_window_is_its_own():
    memory = FrameMemory(10)
    assert not memory
    assert StoreFrames(Path("nothing.zarr"), memory)._memory is memory
