"""Notes without a screen: what is offered, what becomes of them, and into a store without an owner."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.core.errors import InputError
from eclips4d.core.messages import Note, Noted
from eclips4d.core.note import MOST_LETTERS, cleaned, note_event
from eclips4d.viewer.events import EventMemory
from eclips4d.viewer.notes.archive import ArchiveNotes
from eclips4d.viewer.notes.live import LiveNotes
from eclips4d.viewer.notes.pad import HELD_KEY_S, NO_WAY, OFFERED, PRESETS, SAID_FOR_S, NotePad, offered
from eclips4d.viewer.state_line import Tone


class Clock:
    """Time that a test turns."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class FakeWay:
    """Takes notes when told to, and answers what a test says."""

    patience_s = 3.0

    def __init__(self) -> None:
        self.is_there = True
        self.sent: list[Note] = []
        self.says: list[Noted] = []

    def send(self, note, time_s):
        if self.is_there:
            self.sent.append(note)
        return self.is_there

    def answers(self):
        said, self.says = self.says, []
        return said

    def close(self):
        self.is_there = False


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def way():
    return FakeWay()


@pytest.fixture
def pad(way, clock):
    return NotePad(live=way, clock=clock)


def write(pad, text, frame=31, ended=False):
    pad.begin(frame, 12.5)
    pad.stamp(text, ended=ended)


# -- words -------------------------------------------------------------------------------------------------------------


@given(st.text(max_size=700))
def test_words_are_one_line_that_a_screen_can_show(text):
    words = cleaned(text)
    assert len(words) <= MOST_LETTERS and words.isprintable() and words == words.strip() == cleaned(words)
    if text.isprintable() and len(text) <= MOST_LETTERS:
        assert words.split() == text.split()


@given(st.text(max_size=MOST_LETTERS), st.floats(), st.none() | st.integers())
def test_a_note_is_sound_or_refused(text, age_s, sequence):
    sound = bool(cleaned(text)) and 0 <= age_s <= 86_400
    try:
        note = Note(key="k", text=text, age_s=age_s, sequence=sequence)
    except InputError:
        assert not sound
    else:
        assert sound and note_event(note.text, age_s=note.age_s, sequence=None, time_s=None)["text"] == cleaned(text)


@given(st.lists(st.sampled_from([*"abcdefgh", PRESETS[0]])))
def test_offered_are_the_last_texts_each_once(texts):
    recent: tuple[str, ...] = ()
    for text in texts:
        recent = offered(text, recent, PRESETS)
    newest_first = [t for t in dict.fromkeys(reversed(texts)) if t not in PRESETS]
    assert list(recent) == newest_first[:OFFERED]


# -- the pad -----------------------------------------------------------------------------------------------------------


def test_a_note_carries_the_time_and_frame_of_the_key_press(pad, way, clock):
    pad.begin(31, 12.5)
    clock.now += 8.0
    pad.begin(40, 16.0)  # the key again, while the field is open
    pad.stamp("  O2 leak\n", ended=False)
    (note,) = way.sent
    assert (note.text, note.age_s, note.sequence) == ("O2 leak", 8.0, 31)
    assert pad.writing is None and pad.says[0] == "noting …"
    way.says = [Noted(key=note.key, sequence=31, time_s=12.5)]
    pad.look()
    assert pad.says == ("noted at 12.5 s, frame 31", Tone.GOOD)
    clock.now += SAID_FOR_S + 0.1
    assert pad.says[0] == ""
    assert pad.recent == ("O2 leak",)


def test_without_an_answer_the_words_stay_and_go_again_as_the_same_note(pad, way, clock):
    write(pad, "O2 leak")
    clock.now += way.patience_s + 0.1
    pad.look()
    assert pad.says == ("not noted: no answer from the run's owner", Tone.NOTICE)
    assert pad.draft == "O2 leak"
    clock.now += 60
    assert pad.says[1] is Tone.NOTICE  # as long as the field is open
    pad.stamp(pad.draft, ended=False)
    first, again = way.sent
    assert (again.key, again.sequence) == (first.key, 31)
    assert again.age_s == pytest.approx(first.age_s + way.patience_s + 60.1)


def test_other_words_are_another_note_of_the_same_time(pad, way, clock):
    write(pad, "O2 leek")
    clock.now += way.patience_s + 0.1
    pad.look()
    pad.stamp("O2 leak", ended=False)
    first, again = way.sent
    assert again.key != first.key and again.sequence == first.sequence and again.age_s > first.age_s


def test_a_late_answer_is_an_answer(pad, way, clock):
    write(pad, "O2 leak")
    clock.now += way.patience_s + 0.1
    pad.look()
    way.says = [Noted(key=way.sent[0].key, sequence=31, time_s=12.5)]
    pad.look()
    assert pad.writing is None and pad.says[1] is Tone.GOOD


def test_what_is_refused_says_why_and_keeps_the_words(pad, way):
    write(pad, "O2 leak")
    way.says = [Noted(key=way.sent[0].key, refused="the disk is full")]
    pad.look()
    assert pad.says == ("not noted: the disk is full", Tone.NOTICE) and pad.draft == "O2 leak"
    pad.leave()
    assert pad.writing is None and pad.draft == ""


def test_an_owner_that_comes_back_in_time_is_told(pad, way, clock):
    way.is_there = False
    write(pad, "O2 leak")
    clock.now += 1.0
    way.is_there = True
    pad.look()
    pad.look()
    assert [note.age_s for note in way.sent] == [1.0]


def test_a_failure_does_not_overwrite_what_is_being_written(pad, way):
    write(pad, "first")
    pad.begin(32, 13.0)
    pad.draft = "second"
    way.says = [Noted(key=way.sent[0].key, refused="no")]
    pad.look()
    assert pad.draft == "second" and pad.writing is not None and pad.writing.sequence == 32
    assert "first" in pad.recent


def test_a_key_that_is_held_stamps_once(pad, way, clock):
    for _ in range(50):
        pad.stamp_preset(0, 3, 1.0, ended=False)
        clock.now += 0.03
    assert [note.text for note in way.sent] == ["O2 on"]
    clock.now += HELD_KEY_S
    pad.stamp_preset(0, 3, 1.0, ended=False)
    pad.stamp_preset(9, 3, 1.0, ended=False)
    assert len(way.sent) == 2


def test_empty_words_stamp_nothing(pad, way):
    write(pad, " \t\u202e ")
    assert way.sent == [] and pad.writing is None and pad.says[0] == ""


def test_without_any_way_it_says_so():
    pad = NotePad()
    write(pad, "x")
    assert pad.says == (f"not noted: {NO_WAY}", Tone.NOTICE)
    pad.close()


def test_what_is_remembered_is_cleaned_and_completed(pad):
    pad.recall(["a\nb", "", *"cdefgh"], ["CO on", "", "x\x07y"])
    assert pad.recent == ("a b", "c", "d", "e", "f")
    assert pad.presets == ("CO on", PRESETS[1], "x y", PRESETS[3])


# -- into a store ------------------------------------------------------------------------------------------------------


def answer_of(way, seconds=20.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := way.answers():
            return found[0]
    raise AssertionError("no answer")


def events(store):
    return [msgspec.json.decode(line) for line in (store.path / "events.jsonl").read_bytes().splitlines()]


def test_a_store_without_an_owner_takes_notes(store):
    store.grow(3)
    store.finish()
    store.writer.close()
    (store.path / "events.jsonl").write_bytes(b'{"event": "x"}\n{"torn')
    archive = ArchiveNotes(store.path)
    archive.send(Note(key="k", text="a leak\x1b[2J", age_s=3600.0, sequence=1), 2.0)
    assert answer_of(archive) == Noted(key="k", sequence=1, time_s=2.0)
    archive.close()
    archive.close()
    first, note = events(store)
    assert first == {"event": "x"}
    assert (note["event"], note["text"], note["sequence"], note["time_s"]) == ("note", "a leak [2J", 1, 2.0)
    ago = (datetime.now(UTC) - datetime.fromisoformat(note["time_utc"])).total_seconds()
    assert 3600 <= ago < 3700
    (read,) = [e for e in EventMemory().read(store.path, store_times(store)) if e.kind == "note"]
    assert (read.sequence, read.time_s, read.words) == (1, 2.0, "a leak [2J")


def store_times(store):
    import numpy as np

    return np.arange(store.recorded) * 2.0


def test_a_store_that_is_being_written_takes_none_and_names_its_owner(store):
    store.grow()
    archive = ArchiveNotes(store.path)
    archive.send(Note(key="k", text="x", age_s=0.0), None)
    refused = answer_of(archive).refused
    archive.close()
    assert "is being written by process" in refused
    assert not (store.path / "events.jsonl").exists()
    store.grow()  # and its owner goes on


def test_a_store_that_is_gone_is_no_obstacle(tmp_path):
    archive = ArchiveNotes(tmp_path / "gone.zarr")
    archive.send(Note(key="k", text="x", age_s=0.0), None)
    assert answer_of(archive).refused == "no such store"
    archive.close()


def test_an_address_that_is_none_is_refused():
    with pytest.raises(InputError, match="not an address"):
        LiveNotes("nowhere")


def test_nobody_at_the_other_end(tmp_path):
    live = LiveNotes(f"ipc://{tmp_path}/notes")
    assert not live.send(Note(key="k", text="x", age_s=0.0), None)
    assert live.answers() == []
    live.close()
    live.close()
