"""Jobs on threads of their own."""

import threading

import pytest

from eclips4d.core.errors import InputError
from eclips4d.viewer.exporting.jobs import MOST_AT_ONCE, SAID_FOR_S, Cancelled, Exports
from eclips4d.viewer.exporting.names import checked, proposal, whole
from eclips4d.viewer.state_line import Tone

WAIT_S = 20.0


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def exports(clock):
    exports = Exports(clock)
    yield exports
    exports.close()


def held(event):
    """A job that says that it goes on until the event is set, or it is cancelled."""

    def job(progress):
        progress.say("half way")
        while not event.wait(0.01):
            if progress.cancelled.is_set():
                raise Cancelled
        return "done"

    return job


def until_idle(exports):
    for thread in threading.enumerate():
        if thread.name.startswith("viewer-"):
            thread.join(WAIT_S)
    assert exports.busy == ""


def test_a_job_tells_how_far_it_is_and_how_it_ended(exports, clock):
    event = threading.Event()
    assert exports.begin("film", held(event))
    assert exports.busy.startswith("film ")
    event.set()
    until_idle(exports)
    assert exports.says == ("done", Tone.GOOD)
    clock.now += SAID_FOR_S
    assert exports.says == ("", Tone.PLAIN)


@pytest.mark.parametrize("error", [InputError("is full", where="disk"), OSError("no room"), ValueError("odd\nshape")])
def test_what_goes_wrong_is_one_line(error, exports):
    def job(progress):
        raise error

    exports.begin("figure", job)
    until_idle(exports)
    words, tone = exports.says
    assert words.startswith("figure: ") and "\n" not in words and tone is Tone.NOTICE


def test_cancelled_jobs_end_and_closing_waits_for_them(exports):
    never = threading.Event()
    exports.begin("film", held(never))
    exports.cancel()
    until_idle(exports)
    assert exports.says[0] == "film: given up"
    exports.begin("film", held(never))
    exports.close()
    assert exports.busy == ""


def test_more_than_a_few_at_once_are_refused(exports):
    event = threading.Event()
    assert all(exports.begin(f"film {k}", held(event)) for k in range(MOST_AT_ONCE))
    assert not exports.begin("one more", held(event))
    assert "one more" in exports.says[0]
    event.set()
    until_idle(exports)


def test_names(tmp_path):
    assert proposal(tmp_path / "RUN.zarr", "height", 12, ".png") == tmp_path / "RUN-height-00012.png"
    assert proposal(tmp_path / "RUN.zarr", "slope", None, ".mp4") == tmp_path / "RUN-slope.mp4"
    assert checked(tmp_path / "a", (".png", ".pdf")) == tmp_path / "a.png"
    assert checked(tmp_path / "a.PDF", (".png", ".pdf")) == tmp_path / "a.PDF"


def test_a_file_is_whole_or_not_there(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("before")
    with pytest.raises(RuntimeError), whole(target) as partial:
        partial.write_text("half")
        raise RuntimeError
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"] and target.read_text() == "before"
    with whole(target) as partial:
        partial.write_text("after")
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"] and target.read_text() == "after"
