"""Events of a run: read as the file grows, placed on its frames, whatever the file holds."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eclips4d.viewer.events import MOST_OF_A_KIND, MOST_WORDS, Event, EventMemory, one_line, placed

START = "2026-01-01T00:00:00+00:00"
TIMES = np.array([0.0, 2.0, 4.0])


def line(event: str, at_s: float = 1.0, **values: object) -> bytes:
    stamp = f"2026-01-01T00:00:{at_s:09.6f}+00:00"
    return json.dumps({"time_utc": stamp, "event": event, **values}).encode() + b"\n"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "events.jsonl"


def read(memory, file, times=TIMES, **how):
    return memory.read(file.parent, times, **how)


def test_no_file_is_no_event(file):
    assert read(EventMemory(), file) == ()


def test_a_note_has_its_words_its_frame_and_its_time(file):
    file.write_bytes(line("note", text="O2 on", sequence=1, time_s=2.5))
    assert read(EventMemory(), file) == (Event(1, 2.5, "O2 on", "note"),)


def test_a_frame_tells_the_time(file):
    file.write_bytes(line("frame quarantined", sequence=2, reason="flat"))
    assert read(EventMemory(), file) == (Event(2, 4.0, "frame quarantined (reason flat)", "frame"),)


def test_the_clock_tells_the_frame_of_a_live_source_only(file):
    file.write_bytes(line("stage lost", 3.0, name="inference-0"))
    assert read(EventMemory(), file, start_utc=START) == (Event(1, 3.0, "stage lost (name inference-0)", "stage"),)
    assert read(EventMemory(), file)[0].sequence is None


def test_an_event_waits_for_the_frame_after_it(file):
    memory = EventMemory()
    file.write_bytes(line("the clock was set", 3.0, seconds=1))
    assert read(memory, file, TIMES[:2], start_utc=START)[0].sequence is None
    assert read(memory, file, TIMES, start_utc=START)[0].sequence == 1


def test_what_comes_after_the_last_frame_belongs_to_it_once_the_run_has_ended(file):
    file.write_bytes(line("run ended", 9.0))
    memory = EventMemory()
    assert read(memory, file, start_utc=START)[0].sequence is None
    assert read(memory, file, start_utc=START, ended=True)[0].sequence == 2


def test_only_what_is_new_is_read_and_the_same_object_comes_back(file):
    memory = EventMemory()
    file.write_bytes(line("note", text="a", sequence=0, time_s=0.0))
    first = read(memory, file)
    assert read(memory, file) is first
    assert read(memory, file, np.arange(9.0)) is first
    with file.open("ab") as more:
        more.write(line("note", text="b", sequence=1, time_s=2.0) + line("note", text="torn")[:9])
    second = read(memory, file)
    assert [event.words for event in second] == ["a", "b"]
    assert second[0] is first[0]
    with file.open("ab") as more:
        more.write(line("note", text="torn")[9:])
    assert [event.words for event in read(memory, file)] == ["a", "b", "torn"]
    assert memory.damaged == 0


def test_another_file_is_read_from_its_beginning(file):
    memory = EventMemory()
    file.write_bytes(line("note", text="a much longer text than the other", sequence=0))
    read(memory, file)
    other = file.with_name("other")
    other.write_bytes(line("note", text="b", sequence=1))
    other.replace(file)
    assert [event.words for event in read(memory, file)] == ["b"]


def test_much_of_one_kind_does_not_push_out_a_note(file):
    lost = line("stage lost", name="inference-0")
    file.write_bytes(line("note", text="O2 on", sequence=0) + lost * (MOST_OF_A_KIND + 50))
    events = read(EventMemory(), file)
    assert len(events) == MOST_OF_A_KIND + 1
    assert events[0].words == "O2 on"


@pytest.mark.parametrize(
    "hostile",
    [
        b"\xff\xfe\n",
        b"[1]\n",
        b"{}\n",
        b'{"event": 3}\n',
        b'{"event": {"event": "note"}}\n',
        b"[" * 60_000 + b"\n",
        b'{"event": "' + b"x" * 70_000 + b'"}\n',
        b'{"event": "torn\n',
    ],
)
def test_hostile_lines_are_counted_and_passed_over(file, hostile):
    memory = EventMemory()
    file.write_bytes(hostile + line("note", text="after", sequence=0))
    assert [event.words for event in read(memory, file)] == ["after"]
    assert memory.damaged == 1


@pytest.mark.parametrize("bad", [-1, 1.5, True, None, "3", 10**12, [1], {}])
def test_numbers_that_are_none_place_nothing(file, bad):
    file.write_bytes(line("note", text="x", sequence=bad, time_s="soon"))
    assert read(EventMemory(), file) == (Event(None, None, "x", "note"),)


@pytest.mark.parametrize("bad", [b"1e999", b"9" * 400, b"true", b'"1"'])
def test_times_that_are_none_place_nothing(file, bad):
    file.write_bytes(b'{"event":"note","text":"x","time_s":' + bad + b"}\n")
    assert all(event.time_s is None for event in read(EventMemory(), file))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(1, 30))
def test_whatever_the_file_holds_in_whatever_pieces_nothing_raises(tmp_path, pieces, cut):
    file = tmp_path / "events.jsonl"
    file.unlink(missing_ok=True)
    text = b"\n".join(pieces) + b"\n" + line("note", text="whole", sequence=1)
    memory, seen = EventMemory(), ()
    with file.open("wb", buffering=0) as growing:
        for start in range(0, len(text), cut):
            growing.write(text[start : start + cut])
            seen = read(memory, file)
    assert seen[-1] == Event(1, 2.0, "whole", "note")


@given(st.lists(st.floats(0, 100), min_size=2, max_size=20), st.floats(-1, 101))
def test_an_event_belongs_to_the_last_frame_that_had_begun(times, at):
    starts = np.sort(np.array(times))
    event = placed(Event(None, at, "x", "run"), starts, ended=True)
    begun = np.flatnonzero(starts <= at)
    assert event.sequence == (begun[-1] if begun.size else 0)


@given(st.text(max_size=400))
def test_words_are_one_readable_line(text):
    words = one_line(text)
    assert words.isprintable()
    assert len(words) <= MOST_WORDS
    assert one_line(words) == words


def test_a_picture_carries_events_also_when_nothing_was_committed(store):
    from eclips4d.viewer.picture import Wanted
    from eclips4d.viewer.store import StoreFrames

    store.grow(2)
    frames = StoreFrames(store.path)
    assert frames.look(Wanted()).events == ()
    store.writer.event({"time_utc": START, "event": "note", "text": "O2 on", "sequence": 1})
    assert frames.look(Wanted()).events == (Event(1, 2.0, "O2 on", "note"),)
