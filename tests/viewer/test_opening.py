"""What is dropped onto a window, and what is done with it; without a window."""

import json
import sys
from pathlib import Path

import pytest

from eclips4d.viewer.errands import MOST_FILES, Errands
from eclips4d.viewer.opening import Kind, Processing, command, store_for, what_is
from eclips4d.viewer.state_line import Tone


class DeskSeen:
    """Keeps what it was asked for."""

    def __init__(self):
        self.opened, self.held, self.has_closed = [], [], False

    def open(self, store):
        self.opened.append(store)

    def open_again(self):
        self.opened.append("again")

    def recent(self):
        return ()

    def hold(self, processing):
        self.held.append(processing)

    def closed(self):
        self.has_closed = True


class Ended:
    """A run that has ended with these words."""

    def __init__(self, failure=""):
        self.failure = failure


@pytest.fixture
def recording(tmp_path):
    (tmp_path / "copper.ome.tif").write_bytes(b"II*")
    (tmp_path / "copper.toml").write_text("")
    return tmp_path / "copper.ome.tif"


@pytest.fixture
def started():
    return []


@pytest.fixture
def errands(started):
    def start(words):
        started.append(words)
        return Ended()

    errands = Errands(start=start)
    errands.desk = DeskSeen()
    yield errands
    errands.close()


def choose(errands, text):
    """Press the button with this text."""
    next(choice for choice in errands.says.choices if choice.text == text).do()


def test_a_store_is_one_by_its_metadata(store, tmp_path):
    assert what_is(store.path).kind is Kind.STORE
    assert what_is(store.path / "zarr.json").path == store.path
    other = tmp_path / "other.zarr"
    other.mkdir()
    assert "no zarr.json" in what_is(other).why
    (other / "zarr.json").write_text(json.dumps({"attributes": {}}))
    assert "not a run's store" in what_is(other).why
    (other / "zarr.json").write_text("{")
    assert what_is(other).kind is Kind.STORE, "what is damaged is told by the reader"


def test_a_recording_needs_its_instrument_file(recording, tmp_path):
    assert what_is(recording).kind is what_is(tmp_path / "copper.toml").kind is Kind.RECORDING
    (tmp_path / "copper.toml").unlink()
    found = what_is(recording)
    assert found.kind is Kind.NEITHER and "copper.toml" in found.why


def test_a_folder_of_segments_is_a_recording(tmp_path):
    folder = tmp_path / "facets"
    folder.mkdir()
    assert what_is(folder).kind is Kind.NEITHER
    (folder / "A.tif").write_bytes(b"II*")
    assert "instrument.toml" in what_is(folder).why
    (folder / "instrument.toml").write_text("")
    assert what_is(folder).kind is what_is(folder / "instrument.toml").kind is Kind.RECORDING
    assert store_for(folder) == tmp_path / "facets.zarr"


@pytest.mark.parametrize("name", ["nothing.zarr", "notes.txt", "picture.tif"])
def test_anything_else_is_one_clear_line(name, tmp_path, errands):
    if not name.startswith("nothing"):
        (tmp_path / name).write_text("x")
    errands.take([tmp_path / name])
    assert errands.says.words.startswith(f"{name}: ") and errands.says.tone is Tone.NOTICE
    assert not errands.desk.opened and not errands.says.choices


def test_stores_are_opened_a_few_at_once(store, errands):
    errands.take([store.path] * (MOST_FILES + 3))
    assert errands.desk.opened == [store.path] * MOST_FILES


def test_a_recording_is_processed_when_one_says_so(recording, errands, started, tmp_path):
    errands.take([recording])
    assert errands.says.words == "Process copper.ome.tif into copper.zarr?"
    choose(errands, "No")
    assert not errands.says.words and not started
    errands.take([recording])
    choose(errands, "Process")
    out = tmp_path / "copper.zarr"
    assert started == [command(recording, out)] and errands.desk.opened == [out] and len(errands.desk.held) == 1
    assert started[0][1:4] == ["-m", "eclips4d.pipeline", "run"] and "--no-view" in started[0]


def test_a_store_that_is_there_is_not_written_into_unasked(recording, errands, started, tmp_path):
    (tmp_path / "copper.zarr").mkdir()
    errands.take([recording])
    assert "there already" in errands.says.words
    choose(errands, "Show it")
    assert errands.desk.opened == [tmp_path / "copper.zarr"] and not started
    errands.take([recording])
    choose(errands, "Process into copper-2.zarr")
    assert started[0][-2] == str(tmp_path / "copper-2.zarr")


def test_what_cannot_be_started_is_said(recording):
    def start(words):
        raise OSError("no such program")

    errands = Errands(start=start)
    errands.desk = DeskSeen()
    errands.take([recording])
    choose(errands, "Process")
    assert errands.says.words == "cannot be started: no such program" and not errands.desk.opened
    errands.close()
    assert errands.desk.has_closed


def test_a_run_that_fails_is_told_until_one_has_seen_it(errands):
    errands.watch(Ended())
    errands.look()
    assert not errands.says.words
    errands.watch(Ended("copper.toml: unknown key beem"))
    errands.look()
    assert errands.says.words == "processing ended: copper.toml: unknown key beem"
    assert errands.says.tone is Tone.ALARM
    choose(errands, "Close")
    assert not errands.says.words


def test_the_last_line_of_a_process_tells_why_it_failed():
    bad = Processing([sys.executable, "-c", "import sys; print('begins'); sys.exit('the disk is full')"])
    good = Processing([sys.executable, "-c", "print('done')"])
    assert bad.wait(30.0) == 1 and good.wait(30.0) == 0
    assert (bad.failure, good.failure) == ("the disk is full", "")
    assert bad.failure == "the disk is full", "asked again"


def test_a_window_without_a_desk_opens_nothing(store):
    errands = Errands()
    errands.take([store.path])
    assert "opens nothing else" in errands.says.words
    errands.close()


def test_the_command_is_the_one_of_the_contract():
    words = command(Path("a.ome.tif"), Path("a.zarr"))
    assert words == [sys.executable, "-m", "eclips4d.pipeline", "run", "a.ome.tif", "--out", "a.zarr", "--no-view"]
