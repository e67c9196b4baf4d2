"""Notes of windows elsewhere: through the view service to the owner of the store, once; anything else is dropped."""

from __future__ import annotations

import time
from itertools import islice

import msgspec
import numpy as np
import pytest
import zmq
from played_run import PlayedRun
from PySide6.QtCore import Qt
from view_service_helpers import Served

from eclips4d.core.errors import WireError
from eclips4d.core.messages import Note, Noted
from eclips4d.core.wire import MAGIC, decode, encode
from eclips4d.pipeline.bench.reliability.hostile.mutants import Mutants
from eclips4d.pipeline.bench.reliability.hostile.sound import Sound
from eclips4d.pipeline.note_desk import NOTES_AT_ONCE
from eclips4d.pipeline.security.keyring import ServerKey
from eclips4d.pipeline.security.keys import KeyPair
from eclips4d.pipeline.view_service import service as service_module
from eclips4d.pipeline.view_service.notes import MOST_WAYS, NotePost
from eclips4d.pipeline.ways import Ways
from eclips4d.viewer.app import _window
from eclips4d.viewer.notes.live import LiveNotes
from eclips4d.viewer.remote.link import Place
from eclips4d.viewer.state_line import Tone

PATIENCE_S = 20.0


class Stranger:
    """A bare socket."""

    def __init__(self, address):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.connect(address)

    def close(self):
        self.socket.close()
        self.context.term()


def post(shelf):
    return NotePost(shelf.find)


def note(key="k", text="O2 on", age_s=0.0, sequence=1, name=""):
    return Note(key=key, text=text, age_s=age_s, sequence=sequence, name=name)


def until(done, turn=lambda: time.sleep(0.01)):
    end = time.monotonic() + PATIENCE_S
    while not (found := done()):
        assert time.monotonic() < end
        turn()
    return found


def told(way, said, turn=lambda: time.sleep(0.01)):
    until(lambda: way.send(said, None), turn)
    (answer,) = until(way.answers, turn)
    return answer


def notes_in(path):
    file = path / "events.jsonl"
    lines = map(msgspec.json.decode, file.read_bytes().splitlines() if file.exists() else ())
    return [line for line in lines if line["event"] == "note"]


def ended(store):
    store.finish()
    store.writer.close()


@pytest.fixture
def run(tmp_path, closing):
    run = closing(PlayedRun(tmp_path, notes=True))
    acquisition = run.acquisition()
    for frame in islice(run.source.frames(), 3):
        run.offer(acquisition, frame)
    run.until("recorded", 0, 3)
    return run


def test_a_note_comes_to_the_owner_of_a_run_that_goes_on(run, closing):
    served = closing(Served(run.out, notes=post))
    way = closing(LiveNotes(served.address))
    answer = told(way, note(age_s=30.0), run.step)
    (line,) = notes_in(run.out)
    assert (line["text"], line["sequence"]) == ("O2 on", 1)
    assert answer == Noted(key="k", sequence=1, time_s=line["time_s"])
    assert told(way, note(text="said again"), run.step) == answer
    other = closing(LiveNotes(served.address))
    assert told(other, note(text="by another line"), run.step) == answer
    assert len(notes_in(run.out)) == 1
    assert served.service.port.bad_messages == 0
    assert served.service.windows == 0, "whoever notes something need not look"


def test_an_owner_that_says_nothing_is_not_waited_for_and_may_be_asked_again(run, closing, monkeypatch):
    served = closing(Served(run.out, notes=post))
    way = closing(LiveNotes(served.address))
    # Nobody turns the run: its owner hangs.
    assert told(way, note()).refused == "no answer from the run's owner"
    assert told(way, note(), run.step).sequence == 1
    until(lambda: run.hub.step() or len(notes_in(run.out)) == 1)


def test_a_store_that_nobody_writes_takes_it_under_its_lock(store, closing):
    store.grow(3)
    ended(store)
    served = closing(Served(store.path, notes=post))
    way = closing(LiveNotes(served.address))
    answer = told(way, note(sequence=1))
    assert (answer.refused, answer.sequence) == ("", 1)
    assert answer.time_s == notes_in(store.path)[0]["time_s"]
    assert told(way, note(text="said again")) == answer
    assert told(way, note("late", sequence=1 << 40)).sequence == 2
    assert told(way, note("early", sequence=None)).sequence is None
    assert [line["text"] for line in notes_in(store.path)] == ["O2 on"] * 3


def test_a_store_that_somebody_else_writes_says_who(store, closing):
    store.grow(1)  # its writer has told nobody where it takes notes
    served = closing(Served(store.path, notes=post))
    assert "being written" in told(closing(LiveNotes(served.address)), note()).refused
    assert notes_in(store.path) == []


def test_of_several_stores_the_one_that_is_named(make_store, tmp_path, closing):
    stores = [make_store(name) for name in ("a.zarr", "b.zarr")]
    for one in stores:
        one.grow(2)
        ended(one)
    served = closing(Served(tmp_path, notes=post))
    way = closing(LiveNotes(served.address, "b"))
    assert told(way, note()).refused == ""
    assert [len(notes_in(one.path)) for one in stores] == [0, 1]
    nameless = closing(LiveNotes(served.address))
    assert "no such store; there is a.zarr, b.zarr" in told(nameless, note("n")).refused
    assert "no such store" in told(closing(LiveNotes(served.address, "../b")), note("m")).refused


def test_where_none_are_taken_that_is_said(store, closing):
    store.grow(1)
    served = closing(Served(store.path))
    assert told(closing(LiveNotes(served.address)), note()).refused == "no notes are taken here"
    assert served.service.port.bad_messages == 1


# -- whoever else speaks ---------------------------------------------------------------------------------------------


def test_hostile_bytes_are_counted_and_dropped(store, closing):
    store.grow(1)
    ended(store)
    served = closing(Served(store.path, notes=post))
    stranger = closing(Stranger(served.address))
    sound = [Sound(note()), Sound(Noted(key="k")), Sound(note("arrays"), {"raw": np.zeros(3, np.uint8)})]
    largest = service_module.LARGEST
    mutants = [m.parts for m in islice(Mutants(sound, seed=4), 300) if all(len(part) <= largest for part in m.parts)]
    messages = [*mutants, [b""], [b"\xff" * 99], [MAGIC], encode(Noted(key="k"))]
    for k in range(0, len(messages), 50):
        for parts in messages[k : k + 50]:
            stranger.socket.send_multipart(parts)
        time.sleep(1.0)  # more than 60 a second are not even read
    stranger.socket.send_multipart(encode(note("an honest one", text="honest")))

    def is_done():
        while stranger.socket.poll(0):
            answer = decode(stranger.socket.recv_multipart()).body
            if answer.key == "an honest one":
                return True
        return False

    until(is_done)
    assert len(messages) - 30 <= served.service.port.bad_messages <= len(messages)
    lines = notes_in(store.path)
    assert "honest" in [line["text"] for line in lines]
    assert all(line["text"].isprintable() for line in lines)


def test_nobody_fills_the_list_of_events(store, closing):
    store.grow(1)
    ended(store)
    served = closing(Served(store.path, notes=post))
    way = closing(LiveNotes(served.address))
    count = 3 * NOTES_AT_ONCE
    for k in range(count):
        until(lambda k=k: way.send(note(str(k)), None))
    heard = set()

    def all_dealt_with():
        heard.update(answer.refused for answer in way.answers())
        return served.service.port.bad_messages + len(notes_in(store.path)) == count

    until(all_dealt_with)
    assert NOTES_AT_ONCE <= len(notes_in(store.path)) < 2 * NOTES_AT_ONCE
    assert heard <= {"", "too many notes at once"}


def test_ways_are_bounded_in_number(make_store, tmp_path):
    for k in range(MOST_WAYS + 3):
        store = make_store(f"{k}.zarr")
        store.grow(1)
        ended(store)
    office = NotePost(lambda name: tmp_path / name, ways=lambda path: Ways())
    for k in range(MOST_WAYS + 3):
        assert office.take(b"window", note(str(k), name=f"{k}.zarr")) is None
        until(lambda: list(office.answers()))
    assert len(office._ways) == MOST_WAYS
    with pytest.raises(WireError, match="more notes"):
        for k in range(2 * NOTES_AT_ONCE):
            office.take(b"window", note(f"more {k}", name="0.zarr"))
    office.close()


def test_whose_key_is_not_allowed_notes_nothing(store, closing):
    store.grow(1)
    ended(store)
    own, friend, foe = (KeyPair(name, *zmq.curve_keypair()) for name in ("recorder", "office", "foe"))
    served = closing(Served(store.path, keys=(own, lambda: {friend.public: "office"}), notes=post))
    bad = closing(LiveNotes(served.address, put_on=ServerKey(foe, own.public).put_on))
    keyless = closing(LiveNotes(served.address))
    good = closing(LiveNotes(served.address, put_on=ServerKey(friend, own.public).put_on))
    until(lambda: served.gate.refused >= 1 or bad.send(note("foe"), None) or keyless.send(note("nobody"), None))
    assert told(good, note()).refused == ""
    assert [line["text"] for line in notes_in(store.path)] == ["O2 on"]


# -- the window ------------------------------------------------------------------------------------------------------


def test_a_note_typed_into_a_window_elsewhere(run, closing, qtbot):
    served = closing(Served(run.out, notes=post))
    window = closing(_window(run.out, place=Place(served.address)))
    qtbot.addWidget(window)
    window.show()
    window.start()
    pad = window.notes.pad

    def turning(holds):
        until(holds, lambda: (run.step(), qtbot.wait(5)))

    turning(lambda: window.model.state is not None and window.model.state.recorded == 3)
    qtbot.keyClick(window, Qt.Key.Key_M)
    qtbot.keyClicks(window.note_bar.field, "leak at the valve")
    qtbot.keyClick(window.note_bar.field, Qt.Key.Key_Return)
    turning(lambda: pad.says[1] is Tone.GOOD)
    (line,) = notes_in(run.out)
    assert (line["text"], line["sequence"]) == ("leak at the valve", 2)
    assert pad.says[0] == f"noted at {line['time_s']:.1f} s, frame 2"
    turning(lambda: any("leak" in event.words for event in window.model.picture.events))
