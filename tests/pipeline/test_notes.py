"""Notes from a window to the store's owner: written once, with the time of the key press; anything else is dropped."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import zmq
from played_run import PlayedRun
from PySide6.QtCore import Qt

from eclips4d.core.errors import StoreError
from eclips4d.core.messages import Beat, GapOffer, Note, Noted
from eclips4d.core.note import MOST_LETTERS
from eclips4d.core.wire import MAGIC, encode
from eclips4d.pipeline.bench.reliability.hostile.mutants import Mutants
from eclips4d.pipeline.bench.reliability.hostile.sound import Sound
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.note_desk import LARGEST, NOTES_AT_ONCE
from eclips4d.pipeline.security.allowance import Allowances
from eclips4d.pipeline.ways import Ways, ways_to_owner
from eclips4d.storage.folder import lock_path
from eclips4d.storage.lock import announce
from eclips4d.viewer.model import Model
from eclips4d.viewer.notes.archive import ArchiveNotes
from eclips4d.viewer.notes.live import LiveNotes
from eclips4d.viewer.notes.pad import NotePad
from eclips4d.viewer.reader import Reader
from eclips4d.viewer.state_line import Tone
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.window import Window


@pytest.fixture
def run(tmp_path: Path) -> Iterator[PlayedRun]:
    run = PlayedRun(tmp_path, notes=True)
    yield run
    run.close()


@pytest.fixture
def live(run: PlayedRun) -> Iterator[LiveNotes]:
    assert run.config.endpoints.notes is not None
    live = LiveNotes(run.config.endpoints.notes)
    yield live
    live.close()


@pytest.fixture
def stranger(run: PlayedRun) -> Iterator[Any]:
    socket = run.context.socket(zmq.DEALER)
    socket.setsockopt(zmq.LINGER, 0)
    socket.connect(run.config.endpoints.notes)
    yield socket
    socket.close()


def note(key: str = "k", text: str = "O2 on", age_s: float = 0.0, sequence: int | None = 1) -> Note:
    return Note(key=key, text=text, age_s=age_s, sequence=sequence)


def until(run: PlayedRun, done: Callable[[], object], seconds: float = 20.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < deadline
        run.step()
    return found


def tell(run: PlayedRun, live: LiveNotes, said: Note) -> Noted:
    until(run, lambda: live.send(said, None))
    (answer,) = until(run, live.answers)
    return answer  # type: ignore[no-any-return]


def notes(run: PlayedRun) -> list[dict[str, Any]]:
    lines = (run.out / "events.jsonl").read_bytes().splitlines()
    return [told for line in lines if (told := msgspec.json.decode(line))["event"] == "note"]


def refused(run: PlayedRun) -> int:
    assert run.hub.notes is not None
    return run.hub.notes.port.bad_messages


def record(run: PlayedRun, count: int) -> None:
    acquisition = run.acquisition()
    for frame in islice(run.source.frames(), count):
        run.offer(acquisition, frame)
    run.until("recorded", 0, count)


def test_a_note_is_durable_with_the_time_of_the_key_press_and_its_frame(run: PlayedRun, live: LiveNotes) -> None:
    record(run, 3)
    answer = tell(run, live, note(age_s=30.0))
    (told,) = notes(run)
    assert (told["text"], told["sequence"]) == ("O2 on", 1)
    assert answer == Noted(key="k", sequence=1, time_s=told["time_s"])
    assert told["time_s"] == next(islice(run.source.frames(), 1, None)).header.start_s
    ago = (datetime.now(UTC) - datetime.fromisoformat(told["time_utc"])).total_seconds()
    assert 30.0 <= ago < 60.0
    assert refused(run) == 0


def test_a_note_that_is_said_again_is_written_once(run: PlayedRun, live: LiveNotes) -> None:
    record(run, 2)
    first = tell(run, live, note())
    assert tell(run, live, note(age_s=9.0)) == first
    assert tell(run, live, note(key="another")).key == "another"
    assert len(notes(run)) == 2


def test_a_frame_that_is_not_there_becomes_the_newest_and_a_gap_has_no_time(run: PlayedRun, live: LiveNotes) -> None:
    acquisition = run.acquisition()
    assert tell(run, live, note("early")).sequence is None  # nothing is recorded yet
    acquisition.send(GapOffer(sequence=0, frame_id=0, start_s=0.0))
    run.until("the gap", 1, 1)
    assert tell(run, live, note("late", sequence=1 << 40)) == Noted(key="late", sequence=0)
    assert [told.get("sequence") for told in notes(run)] == [None, 0]


def test_before_the_source_has_come_there_is_nothing_to_write_into(run: PlayedRun, live: LiveNotes) -> None:
    assert tell(run, live, note()).refused == "the run has not begun"
    record(run, 1)
    assert tell(run, live, note()).refused == ""


@pytest.mark.parametrize(
    ("event", "why"), [(lambda _: False, "the disk is full"), (None, "the disk is gone")], ids=["full", "broken"]
)
def test_what_the_disk_refuses_is_said(
    run: PlayedRun, live: LiveNotes, monkeypatch: pytest.MonkeyPatch, event: Any, why: str
) -> None:
    def broken(_: object) -> bool:
        raise StoreError("the disk is gone")

    record(run, 1)
    assert run.hub.active is not None
    with monkeypatch.context() as patched:
        patched.setattr(run.hub.active.journal.writer, "event", event or broken)
        assert tell(run, live, note()).refused == why
    assert tell(run, live, note()).refused == ""
    assert len(notes(run)) == 1


def test_words_cannot_break_the_line_or_a_terminal(run: PlayedRun, live: LiveNotes) -> None:
    record(run, 1)
    tell(run, live, note(text='a\n{"event": "run ended"}\x1b[2J\x07\u202egnihton\x00\ud800'[:-1]))
    lines = (run.out / "events.jsonl").read_bytes().splitlines()
    assert [msgspec.json.decode(line)["event"] for line in lines] == ["run started", "note"]
    assert notes(run)[0]["text"] == 'a {"event": "run ended"} [2J gnihton'


def test_the_longest_note_passes_and_a_longer_message_cuts_its_sender_off(
    run: PlayedRun, live: LiveNotes, stranger: Any
) -> None:
    record(run, 1)
    longest = "🜁" * MOST_LETTERS
    assert tell(run, live, note(text=longest)).refused == ""
    stranger.send(b"x" * (LARGEST + 1))
    stranger.send_multipart(encode(Beat(name="x")))
    assert tell(run, live, note("still there")).refused == ""
    longer = msgspec.msgpack.encode(({"type": "Note", "key": "l", "text": "x" * (MOST_LETTERS + 1), "age_s": 0}, []))
    stranger.send(MAGIC + longer)
    until(run, lambda: refused(run) >= 1)
    assert [told["text"] for told in notes(run)] == [longest, "O2 on"]


def test_hostile_bytes_are_counted_and_dropped(run: PlayedRun, live: LiveNotes, stranger: Any) -> None:
    record(run, 1)
    assert run.hub.notes is not None
    run.hub.notes._allowance = Allowances(0.0, 5)
    sound = [Sound(note()), Sound(Noted(key="k")), Sound(Beat(name="x"), {"raw": np.zeros(3, np.uint8)})]
    mutants = [m.parts for m in islice(Mutants(sound, seed=4), 600) if all(len(part) <= LARGEST for part in m.parts)]
    junk: list[Any] = [[b""], [b"", b""], [b"\xff" * 99], [MAGIC], [MAGIC + b"\xc1"], encode(Noted(key="k"))]
    for parts in mutants + junk:
        stranger.send_multipart(parts)
    answered = 0

    def all_dealt_with() -> bool:
        nonlocal answered
        while stranger.poll(0):
            answered += b"too many" not in stranger.recv_multipart()[0]
        return refused(run) + answered == len(mutants) + len(junk)

    until(run, all_dealt_with)
    assert refused(run) > len(mutants) // 2
    run.hub.notes._allowance = Allowances(1.0, 5)
    assert tell(run, live, note("an honest one")).key == "an honest one"
    assert len(notes(run)) <= 6
    assert all(told["text"].isprintable() and len(told["text"]) <= MOST_LETTERS for told in notes(run))
    assert run.hub.port.bad_messages == 0  # stages are not concerned


def test_nobody_fills_the_list_of_events(run: PlayedRun, live: LiveNotes, stranger: Any) -> None:
    record(run, 1)
    assert run.hub.notes is not None
    run.hub.notes._allowance = Allowances(0.0, NOTES_AT_ONCE)
    for k in range(300):
        stranger.send_multipart(encode(note(str(k))))
    until(run, lambda: refused(run) == 300 - NOTES_AT_ONCE)
    assert len(notes(run)) == NOTES_AT_ONCE
    assert tell(run, live, note("one more")).refused == "too many notes at once"
    assert run.hub.bad_messages == 301 - NOTES_AT_ONCE


def test_a_window_finds_the_owner_by_the_store_lock(run: PlayedRun, tmp_path: Path) -> None:
    assert ways_to_owner(tmp_path / "none.zarr") == Ways()
    run.acquisition()
    ends = run.config.endpoints
    assert ways_to_owner(run.out) == (ends.notices, ends.notes)
    lock = lock_path(run.out)
    announce(lock, notices="tcp://elsewhere:1", notes="no address")
    assert ways_to_owner(run.out) == Ways()
    planted = tmp_path / "planted.zarr"
    lock_path(planted).parent.mkdir(parents=True)
    lock_path(planted).write_bytes(lock.read_bytes().replace(b"tcp://elsewhere:1", b"ipc:///tmp/x"))
    assert ways_to_owner(planted) == Ways()  # nobody is at work there


def test_what_a_lock_says_can_only_be_changed_by_its_owner(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_bytes(before := b'{"pid": 1, "host": "elsewhere"}')
    announce(lock, notices="ipc:///x", notes="ipc:///y")
    assert lock.read_bytes() == before


# -- a whole run -------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(300)
def test_a_note_typed_into_the_window_of_a_live_run(
    tmp_path: Path, qtbot: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the key to `eclips4d info`, on the simulated microscope."""
    store = tmp_path / "run.zarr"
    source = "sim://copper-redox?size=64&fps=2&frames=24&seed=3"
    command = [sys.executable, "-m", "eclips4d.pipeline", "run", source, "--out", str(store), "--no-view"]
    process = subprocess.Popen([*command, "--record-only", "--speed", "realtime"], stdout=subprocess.DEVNULL)
    try:
        qtbot.waitUntil(lambda: ways_to_owner(store).notes is not None, timeout=60_000)
        address = ways_to_owner(store).notes
        assert address is not None
        pad = NotePad(LiveNotes(address), ArchiveNotes(store))
        window = Window(Model(), Reader(StoreFrames(store)), title="run", notes=pad)
        qtbot.addWidget(window)
        window.show()
        window.start()
        model = window.model
        qtbot.waitUntil(lambda: model.state is not None and model.state.recorded >= 3, timeout=120_000)
        qtbot.keyClick(window, Qt.Key.Key_M)
        pressed = pad.writing
        qtbot.keyClicks(window.note_bar.field, "O2 leak at the valve")
        seen = model.state.recorded
        qtbot.waitUntil(lambda: model.state.recorded > seen, timeout=60_000)  # thinking takes a frame
        qtbot.keyClick(window.note_bar.field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: pad.says[1] is Tone.GOOD, timeout=20_000)
        assert pressed is not None and pad.says[0] == f"noted {pressed}"
        qtbot.keyClick(window, Qt.Key.Key_F5)
        qtbot.waitUntil(lambda: (store / "events.jsonl").read_text().count('"note"') == 2, timeout=20_000)
        window.close()
        assert process.wait(120) == 0
    finally:
        process.kill()
        process.wait()
    lines = [msgspec.json.decode(line) for line in (store / "events.jsonl").read_bytes().splitlines()]
    leak, preset = (line for line in lines if line["event"] == "note")
    assert (leak["text"], leak["sequence"]) == ("O2 leak at the valve", pressed.sequence)
    assert preset["text"] == "O2 on" and preset["sequence"] > leak["sequence"]
    assert main(["info", str(store)]) == 0
    assert f"O2 leak at the valve (frame {leak['sequence']}" in capsys.readouterr().out
